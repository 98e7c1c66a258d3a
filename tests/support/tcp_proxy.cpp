#include "support/tcp_proxy.hpp"

#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <stdexcept>

namespace msdemo::test {

namespace {

sockaddr_in loopback(int port) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  address.sin_port = htons(static_cast<std::uint16_t>(port));
  return address;
}

sockaddr* generic(sockaddr_in& address) {
  return reinterpret_cast<sockaddr*>(&address);
}

int tcp_socket() {
  return ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
}

}  // namespace

TcpProxy::TcpProxy(int port) : target_(port), listener_(tcp_socket()) {
  sockaddr_in address = loopback(0);
  socklen_t size = sizeof(address);
  if (::bind(listener_, generic(address), size) != 0 || ::listen(listener_, SOMAXCONN) != 0 ||
      ::getsockname(listener_, generic(address), &size) != 0) {
    throw std::runtime_error("the proxy cannot listen");
  }
  listening_ = ntohs(address.sin_port);
  acceptor_ = std::thread([this] { accept_all(); });
}

TcpProxy::~TcpProxy() {
  ::shutdown(listener_, SHUT_RDWR);
  acceptor_.join();
  ::close(listener_);
  cut();
}

void TcpProxy::accept_all() {
  for (;;) {
    const int client = ::accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC);
    if (client < 0) return;
    const int server = tcp_socket();
    sockaddr_in address = loopback(target_);
    if (::connect(server, generic(address), sizeof(address)) != 0) {
      ::close(server);
      ::close(client);
      continue;
    }
    const std::lock_guard lock(mutex_);
    Wire& wire = wires_.emplace_back();
    wire.client = client;
    wire.server = server;
    wire.there = std::thread([this, client, server] { pass_on(client, server, Hold::all); });
    wire.back = std::thread([this, client, server] { pass_on(server, client, Hold::answers); });
  }
}

void TcpProxy::pass_on(int from, int to, Hold held_by) {
  std::array<char, 65536> bytes;
  for (;;) {
    const ssize_t got = ::recv(from, bytes.data(), bytes.size(), 0);
    if (got <= 0) break;
    if (held_by == Hold::all) sent_ += static_cast<std::size_t>(got);
    {
      std::unique_lock lock(mutex_);
      released_.wait(lock, [&] { return holding_ < held_by; });
    }
    ssize_t passed = 0;
    while (passed < got) {
      const ssize_t more =
          ::send(to, bytes.data() + passed, static_cast<std::size_t>(got - passed), MSG_NOSIGNAL);
      if (more <= 0) break;
      passed += more;
    }
    if (passed < got) break;
  }
  ::shutdown(from, SHUT_RDWR);
  ::shutdown(to, SHUT_RDWR);
}

void TcpProxy::hold(Hold what) {
  {
    const std::lock_guard lock(mutex_);
    holding_ = what;
  }
  released_.notify_all();
}

void TcpProxy::cut() {
  std::list<Wire> cut_ones;
  {
    const std::lock_guard lock(mutex_);
    cut_ones.swap(wires_);
    for (const Wire& wire : cut_ones) {
      ::shutdown(wire.client, SHUT_RDWR);
      ::shutdown(wire.server, SHUT_RDWR);
    }
    holding_ = Hold::nothing;
  }
  released_.notify_all();
  for (Wire& wire : cut_ones) {
    wire.there.join();
    wire.back.join();
    ::close(wire.client);
    ::close(wire.server);
  }
}

}  // namespace msdemo::test
