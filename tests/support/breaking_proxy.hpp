// Stands between a client and a server, and fails as networks do: on purpose, at a known byte.
#pragma once

#include <atomic>
#include <list>
#include <mutex>
#include <string>
#include <string_view>
#include <thread>
#include <utility>

#include "http/socket.hpp"

namespace msdemo::test {

/// Passes bytes on in both directions, on 127.0.0.1. Thread-safe.
class BreakingProxy {
 public:
  BreakingProxy(std::string server_host, int server_port);
  BreakingProxy(const BreakingProxy&) = delete;
  BreakingProxy& operator=(const BreakingProxy&) = delete;
  ~BreakingProxy() { down(); }

  int port() const { return port_; }

  /// Whether the server gets the bytes at which its connection is cut.
  enum class Cut {
    before,  ///< no
    after,   ///< yes, and it has answered them, but the client does not hear it
  };

  enum class Then {
    go_on,   ///< other connections, and new ones
    refuse,  ///< whatever is connected or connects is cut, until up()
  };

  /// The next connection whose client sends `bytes` is cut there, once.
  void cut_at(std::string bytes, Cut when, Then then = Then::go_on);

  /// Whether a connection has been cut since the last cut_at().
  bool has_cut() const { return has_cut_; }

  /// As a server that is gone: cuts all connections and refuses new ones.
  void down();
  void up();

 private:
  void accept_all(const http::FileDescriptor& listener);
  void pass_on(http::FileDescriptor client);
  bool cuts(int server, std::string_view bytes);

  const std::string server_host_;
  const int server_port_;
  int port_ = 0;
  std::atomic<bool> has_cut_{false};
  std::atomic<bool> stopping_{false};
  std::atomic<bool> refusing_{false};
  std::mutex mutex_;  ///< guards everything below
  std::string bytes_;
  Cut when_ = Cut::before;
  Then then_ = Then::go_on;
  std::list<std::thread> connections_;
  std::thread acceptor_;
};

}  // namespace msdemo::test
