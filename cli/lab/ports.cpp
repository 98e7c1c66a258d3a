#include "lab/ports.hpp"

#include <arpa/inet.h>
#include <fmt/format.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <cerrno>
#include <cstdint>
#include <cstring>

namespace msdemo::lab {

namespace {

tl::unexpected<Error> not_reserved(int port, int reason) {
  if (reason == EADDRINUSE) {
    return fail(
        Code::lab_failed, fmt::format("port {} is taken by another program", port),
        fmt::format("see which with `ss -ltnp 'sport = :{}'`, or choose another --port", port));
  }
  return fail(Code::lab_failed,
              fmt::format("port {} cannot be reserved: {}", port, std::strerror(reason)),
              reason == EACCES ? "ports below 1024 need privileges; choose a higher one" : "");
}

}  // namespace

Result<ReservedPort> ReservedPort::reserve(int port) {
  http::FileDescriptor socket(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  if (!socket.open()) return not_reserved(port, errno);
  const int on = 1;
  ::setsockopt(socket.get(), SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);

  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(static_cast<std::uint16_t>(port));
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t length = sizeof address;
  auto* generic = reinterpret_cast<sockaddr*>(&address);
  if (::bind(socket.get(), generic, length) != 0) return not_reserved(port, errno);
  if (::getsockname(socket.get(), generic, &length) != 0) return not_reserved(port, errno);
  return ReservedPort(std::move(socket), ntohs(address.sin_port));
}

std::string ReservedPort::url() const {
  return fmt::format("http://127.0.0.1:{}", number_);
}

}  // namespace msdemo::lab
