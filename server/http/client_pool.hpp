// What a client keeps of one address of a service: its connections, and whether it takes any.
#pragma once

#include <atomic>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.hpp"
#include "base/error.hpp"
#include "http/client.hpp"

namespace msdemo::http {

/// The pool: the connection used last is used next, so that the others can grow old and go.
/// Thread-safe.
class ClientPool {
 public:
  /// `url` is `http://host:port`.
  explicit ClientPool(const std::string& url);
  ClientPool(const ClientPool&) = delete;
  ClientPool& operator=(const ClientPool&) = delete;
  ~ClientPool();

  /// One exchange as it is to be made.
  struct Exchange {
    std::string_view text;      ///< the request as it is sent
    bool head_request = false;  ///< its answer has no body
    bool may_repeat = false;    ///< send it again if a kept connection breaks without an answer
    SteadyTime connect_by{};    ///< later, another address is better than this one
    SteadyTime deadline{};
    int interrupt_fd = -1;  ///< readable: come back at once
  };

  /// Errors as Client::send().
  Result<ClientResponse> send(const Exchange& exchange);

  /// Whether it refused a connection within the last limits::kRefusedAddress.
  bool resting(SteadyTime now) const { return now < rests_until_.load(); }

  const std::string& url() const { return url_; }
  const std::string& authority() const { return authority_; }  ///< `host:port`
  const std::string& host() const { return host_; }
  int port() const { return port_; }

 private:
  class Connection;

  std::unique_ptr<Connection> take();
  void give_back(std::unique_ptr<Connection> connection);

  const std::string url_;
  std::string authority_;
  std::string host_;
  int port_ = 0;
  std::atomic<SteadyTime> rests_until_{SteadyTime{}};
  std::mutex mutex_;  ///< guards idle_
  std::vector<std::unique_ptr<Connection>> idle_;
};

}  // namespace msdemo::http
