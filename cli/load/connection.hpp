// One kept connection of the load generator: never waits, and costs one send and one recv for a
// request whose answer comes whole.
#pragma once

#include <cstddef>
#include <cstdint>
#include <list>
#include <span>
#include <string_view>

#include "base/clock.hpp"
#include "http/arrival.hpp"
#include "http/response_reader.hpp"
#include "http/socket.hpp"

namespace msdemo::load {

/// One thing to be asked of the server.
struct Start {
  std::size_t number = 0;
  bool measured = false;
  SteadyTime intended{};
};

class Connection {
 public:
  enum class State { connecting, idle, busy, closed };

  /// What an event or a send came to.
  enum class News {
    nothing,
    connected,
    refused,   ///< it never became a connection
    answered,  ///< see status() and body(), which is valid until anything is received
    lost,      ///< it broke before any of an answer came
    invalid,   ///< what came is no answer, or broke off
  };

  explicit Connection(http::FileDescriptor socket) : socket_(std::move(socket)) {}

  /// Sends a request as far as the socket takes it; the rest follows in handle(). `request` lives
  /// until the answer.
  News send(std::string_view request, bool head_request);

  /// Takes what epoll tells of this connection (edge-triggered). `buffer` may be anybody's.
  News handle(std::uint32_t events, std::span<char> buffer);

  int fd() const { return socket_.get(); }
  int status() const { return reader_.status(); }
  std::string_view body() const { return reader_.body(); }
  bool reusable() const { return open_ && reader_.keep_alive() && unsent_.empty(); }
  void close() { socket_.reset(); }

  /// After `lost`: whether the other side had closed it before the request came there.
  bool never_arrived() const { return http::closed_before_arrival(fd(), sent_bytes_); }

  State state = State::connecting;
  std::size_t target = 0;  ///< which of the pool's addresses it goes to
  Start start{};           ///< while busy: what it works for
  SteadyTime since{};      ///< of the state it is in
  std::list<Connection>::iterator self{};

 private:
  News flush();
  News receive(bool ended, std::span<char> buffer);

  http::FileDescriptor socket_;
  http::ResponseReader reader_;
  std::string_view unsent_;
  std::uint64_t request_bytes_ = 0;  ///< of the request under way
  std::uint64_t sent_bytes_ = 0;     ///< of those that were answered
  bool open_ = true;                 ///< as far as is known, the other side has not closed it
};

}  // namespace msdemo::load
