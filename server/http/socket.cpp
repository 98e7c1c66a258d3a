#include "http/socket.hpp"

#include <arpa/inet.h>
#include <fmt/format.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <memory>

#include "base/waiting.hpp"

namespace msdemo::http {

namespace {

using AddressList = std::unique_ptr<addrinfo, decltype(&::freeaddrinfo)>;

AddressList resolve(const std::string& host, int port, int flags) {
  addrinfo hints{};
  hints.ai_family = AF_UNSPEC;
  hints.ai_socktype = SOCK_STREAM;
  hints.ai_flags = flags | AI_NUMERICSERV;
  addrinfo* found = nullptr;
  ::getaddrinfo(host.c_str(), std::to_string(port).c_str(), &hints, &found);
  return {found, &::freeaddrinfo};
}

void set_flag(int fd, int level, int option) {
  const int on = 1;
  ::setsockopt(fd, level, option, &on, sizeof on);
}

FileDescriptor new_socket(const addrinfo& address) {
  return FileDescriptor(
      ::socket(address.ai_family, address.ai_socktype | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
}

}  // namespace

FileDescriptor& FileDescriptor::operator=(FileDescriptor&& other) noexcept {
  if (this != &other) {
    reset();
    fd_ = std::exchange(other.fd_, -1);
  }
  return *this;
}

void FileDescriptor::reset() {
  if (fd_ >= 0) ::close(std::exchange(fd_, -1));
}

Result<FileDescriptor> listen_on(const std::string& address, int port, int backlog) {
  const AddressList found = resolve(address, port, AI_PASSIVE);
  int reason = found ? 0 : EADDRNOTAVAIL;
  for (const addrinfo* each = found.get(); each != nullptr; each = each->ai_next) {
    FileDescriptor socket = new_socket(*each);
    set_flag(socket.get(), SOL_SOCKET, SO_REUSEADDR);
    set_flag(socket.get(), IPPROTO_TCP, TCP_NODELAY);
    if (::bind(socket.get(), each->ai_addr, each->ai_addrlen) == 0 &&
        ::listen(socket.get(), backlog) == 0) {
      return socket;
    }
    reason = errno;
  }
  return fail(Code::lab_failed,
              fmt::format("cannot listen on {}:{}: {}", address, port, std::strerror(reason)),
              "choose another port, or end what uses this one");
}

int local_port(int fd) {
  sockaddr_storage address{};
  socklen_t length = sizeof address;
  ::getsockname(fd, reinterpret_cast<sockaddr*>(&address), &length);
  return address.ss_family == AF_INET6
             ? ntohs(reinterpret_cast<const sockaddr_in6&>(address).sin6_port)
             : ntohs(reinterpret_cast<const sockaddr_in&>(address).sin_port);
}

Result<FileDescriptor> connect_to(const std::string& host, int port, SteadyTime deadline) {
  const AddressList found = resolve(host, port, 0);
  std::string reason = found ? "no answer in time" : "the name is unknown";
  for (const addrinfo* each = found.get(); each != nullptr; each = each->ai_next) {
    FileDescriptor socket = new_socket(*each);
    set_flag(socket.get(), IPPROTO_TCP, TCP_NODELAY);
    int error = ::connect(socket.get(), each->ai_addr, each->ai_addrlen) == 0 ? 0 : errno;
    if (error == EINPROGRESS) {
      if (!wait_for(socket.get(), POLLOUT, deadline)) continue;
      socklen_t length = sizeof error;
      ::getsockopt(socket.get(), SOL_SOCKET, SO_ERROR, &error, &length);
    }
    if (error == 0) return socket;
    reason = std::strerror(error);
  }
  return fail(Code::unreachable, fmt::format("cannot reach {}:{}: {}", host, port, reason));
}

bool wait_for(int fd, short events, SteadyTime deadline, int interrupt_fd) {
  using namespace std::chrono;
  for (;;) {
    const auto left = ceil<milliseconds>(deadline - steady_clock::now()).count();
    if (left <= 0) return false;
    const Waiting waiting;
    std::array<pollfd, 2> entries{{{fd, events, 0}, {interrupt_fd, POLLIN, 0}}};
    const int ready =
        ::poll(entries.data(), entries.size(), static_cast<int>(std::min<long long>(left, 60'000)));
    if (ready > 0) return entries[1].revents == 0;
    if (ready < 0 && errno != EINTR) return false;
  }
}

bool send_all(int fd, std::string_view bytes, SteadyTime deadline) {
  while (!bytes.empty()) {
    const ssize_t sent = ::send(fd, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (sent >= 0) {
      bytes.remove_prefix(static_cast<std::size_t>(sent));
    } else if (errno == EAGAIN) {
      if (!wait_for(fd, POLLOUT, deadline)) return false;
    } else if (errno != EINTR) {
      return false;
    }
  }
  return true;
}

bool closed_by_peer(int fd) {
  char byte = 0;
  const ssize_t count = ::recv(fd, &byte, 1, MSG_PEEK | MSG_DONTWAIT);
  return count == 0 || (count < 0 && errno != EAGAIN && errno != EINTR);
}

}  // namespace msdemo::http
