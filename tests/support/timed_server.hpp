// An HTTP server whose answers come when a test says, from one thread with one event loop: what a
// load generator must find is known beforehand.
#pragma once

#include <atomic>
#include <chrono>
#include <cstddef>
#include <functional>
#include <string>
#include <thread>

#include "base/clock.hpp"
#include "http/socket.hpp"

namespace msdemo::test {

inline constexpr const char* kOk = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";

/// What to do with one request.
struct Reaction {
  std::chrono::nanoseconds after{};  ///< it came
  std::string answer = kOk;          ///< empty: none
  bool close = false;                ///< the connection, then
};

class TimedServer {
 public:
  /// `react` is asked for each request, in the order in which they come, on the server's thread;
  /// `now` is how long the server has been there.
  using React = std::function<Reaction(std::size_t number, std::chrono::nanoseconds now)>;

  explicit TimedServer(React react);
  TimedServer(const TimedServer&) = delete;
  TimedServer& operator=(const TimedServer&) = delete;
  ~TimedServer() { stop(); }

  int port() const { return port_; }
  std::size_t accepted() const { return accepted_; }  ///< connections

  /// Closes everything, as a process that dies does.
  void stop();

 private:
  void run(const http::FileDescriptor& listener);

  const React react_;
  http::FileDescriptor stop_;
  int port_ = 0;
  std::atomic<std::size_t> accepted_ = 0;
  std::thread thread_;
};

}  // namespace msdemo::test
