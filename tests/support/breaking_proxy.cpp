#include "support/breaking_proxy.hpp"

#include <poll.h>
#include <sys/socket.h>
#include <sys/types.h>

#include <array>
#include <chrono>

#include "support/must.hpp"

namespace msdemo::test {

namespace {

constexpr int kLookedAfterMs = 10;  ///< for the end of the test

SteadyTime soon() {
  return std::chrono::steady_clock::now() + std::chrono::seconds(20);
}

/// What has arrived; empty at the end of the connection.
std::string receive(int fd) {
  std::array<char, 16 * 1024> chunk{};
  const ssize_t count = ::recv(fd, chunk.data(), chunk.size(), 0);
  return {chunk.data(), static_cast<std::size_t>(count > 0 ? count : 0)};
}

bool readable(int fd, int timeout_ms) {
  pollfd wait{fd, POLLIN, 0};
  return ::poll(&wait, 1, timeout_ms) > 0;
}

}  // namespace

BreakingProxy::BreakingProxy(std::string server_host, int server_port)
    : server_host_(std::move(server_host)), server_port_(server_port) {
  up();
}

void BreakingProxy::cut_at(std::string bytes, Cut when, Then then) {
  const std::lock_guard lock(mutex_);
  bytes_ = std::move(bytes);
  when_ = when;
  then_ = then;
  has_cut_ = false;
}

void BreakingProxy::up() {
  auto listener = must(http::listen_on("127.0.0.1", port_, 16));
  port_ = http::local_port(listener.get());
  stopping_ = false;
  refusing_ = false;
  acceptor_ = std::thread([this, listening = std::move(listener)] { accept_all(listening); });
}

void BreakingProxy::down() {
  stopping_ = true;
  if (acceptor_.joinable()) acceptor_.join();
  for (std::thread& connection : connections_) connection.join();
  connections_.clear();
}

void BreakingProxy::accept_all(const http::FileDescriptor& listener) {
  while (!stopping_) {
    if (!readable(listener.get(), kLookedAfterMs)) continue;
    http::FileDescriptor client(::accept4(listener.get(), nullptr, nullptr, SOCK_CLOEXEC));
    if (!client.open()) continue;
    const std::lock_guard lock(mutex_);
    connections_.emplace_back(
        [this, accepted = std::move(client)]() mutable { pass_on(std::move(accepted)); });
  }
}

void BreakingProxy::pass_on(http::FileDescriptor client) {
  const auto server = http::connect_to(server_host_, server_port_, soon());
  if (!server) return;
  while (!stopping_ && !refusing_) {
    std::array<pollfd, 2> waits = {pollfd{client.get(), POLLIN, 0},
                                   pollfd{server->get(), POLLIN, 0}};
    if (::poll(waits.data(), waits.size(), kLookedAfterMs) <= 0) continue;
    if (waits[1].revents != 0) {
      const std::string bytes = receive(server->get());
      if (bytes.empty() || !http::send_all(client.get(), bytes, soon())) return;
    }
    if (waits[0].revents != 0) {
      const std::string bytes = receive(client.get());
      if (bytes.empty() || cuts(server->get(), bytes)) return;
      if (!http::send_all(server->get(), bytes, soon())) return;
    }
  }
}

bool BreakingProxy::cuts(int server, std::string_view bytes) {
  const std::lock_guard lock(mutex_);
  if (bytes_.empty() || bytes.find(bytes_) == bytes.npos) return false;
  bytes_.clear();
  if (when_ == Cut::after) {
    http::send_all(server, bytes, soon());
    readable(server, 20'000);
  }
  if (then_ == Then::refuse) refusing_ = true;
  has_cut_ = true;
  return true;
}

}  // namespace msdemo::test
