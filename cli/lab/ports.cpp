#include "lab/ports.hpp"

#include <arpa/inet.h>
#include <fmt/format.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <cerrno>
#include <cstring>

#include "base/text.hpp"
#include "lab/service_names.hpp"

namespace msdemo::lab {

namespace {

constexpr int kHighestPort = 65535;

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
  FileDescriptor socket(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  if (!socket) return not_reserved(port, errno);
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

Result<std::map<std::string, int>> parse_fixed_ports(std::span<const std::string> values) {
  std::map<std::string, int> ports;
  std::map<std::int64_t, std::string> owners;
  for (const std::string& value : values) {
    const auto equals = value.find('=');
    const auto port = equals == std::string::npos
                          ? std::nullopt
                          : parse_integer(std::string_view(value).substr(equals + 1));
    if (!port || *port < 1 || *port > kHighestPort) {
      return fail(Code::usage,
                  fmt::format("--port {} is not SERVICE=NUMBER with a number from 1 to {}",
                              escape_control(value), kHighestPort),
                  "for example: msdemo up --port order=8001");
    }
    const std::string service = value.substr(0, equals);
    if (auto known = check_service(service); !known) return fail(std::move(known.error()));
    if (!ports.emplace(service, static_cast<int>(*port)).second) {
      return fail(Code::usage, fmt::format("--port names the service '{}' twice", service));
    }
    if (const auto [owner, fresh] = owners.emplace(*port, service); !fresh) {
      return fail(Code::usage, fmt::format("--port gives {} to both '{}' and '{}'", *port,
                                           owner->second, service));
    }
  }
  return ports;
}

}  // namespace msdemo::lab
