// The load generator's connections to one server or its replicas: opened when they are needed, used
// last used first, all waited for at once.
#pragma once

#include <sys/epoll.h>
#include <sys/socket.h>

#include <array>
#include <chrono>
#include <cstddef>
#include <functional>
#include <list>
#include <string>
#include <vector>

#include "base/clock.hpp"
#include "base/error.hpp"
#include "load/connection.hpp"

namespace msdemo::load {

/// Where a server is, ready for connect(2).
struct Address {
  sockaddr_storage storage{};
  socklen_t length = 0;
  std::size_t connections = 0;  ///< that are open or on their way
  SteadyTime rests_until{};     ///< it refused one: the others come first until then
};

/// While it lives, this thread wakes when it asked to, and not up to 50 µs later.
class PreciseTimers {
 public:
  PreciseTimers();
  PreciseTimers(const PreciseTimers&) = delete;
  PreciseTimers& operator=(const PreciseTimers&) = delete;
  ~PreciseTimers();

 private:
  const int before_;
};

/// Belongs to one thread. A connection stays where it is until settle().
class ConnectionPool {
 public:
  /// Of up to `most` connections.
  explicit ConnectionPool(std::size_t most);

  /// Connects to one more server for the first time, by `deadline`; fails with unreachable. A
  /// server that `may_come` later is taken for reached if `host` is an IPv4 address.
  Result<void> reach(const std::string& host, int port, SteadyTime deadline, bool may_come);

  /// Begins to open one more, to the next server. 0, or why not.
  int open(SteadyTime now);

  /// An idle connection to the next server that has one, else null. Of several servers, one that
  /// has lost all its connections gets a new one beside.
  Connection* idle(SteadyTime now);

  /// The server of `connection` refused it.
  void refused(const Connection& connection, SteadyTime now);

  /// How many servers there are.
  std::size_t targets() const { return addresses_.size(); }

  /// Waits until something happens, or until `time` has passed; not at all if that is not positive.
  void wait(std::chrono::nanoseconds time);

  /// What has happened by then.
  void tell_news(const std::function<void(Connection&, Connection::News)>& tell);

  /// Forgets the connections that were closed.
  void settle() { of(Connection::State::closed).clear(); }

  void move(Connection& connection, Connection::State to, SteadyTime now);

  /// The connections in `state`: of the idle the last used first, of others the oldest first.
  std::list<Connection>& of(Connection::State state) {
    return lists_.at(static_cast<std::size_t>(state));
  }
  std::size_t open_count() {
    return of(Connection::State::connecting).size() + of(Connection::State::idle).size() +
           of(Connection::State::busy).size();
  }

 private:
  static constexpr std::size_t kStates = 4;
  static constexpr std::size_t kEvents = 256;  ///< taken at once
  static constexpr std::size_t kBufferBytes = std::size_t{64} * 1024;

  int open(std::size_t target, SteadyTime now);
  int add(http::FileDescriptor socket, std::size_t target, Connection::State state, SteadyTime now);

  const PreciseTimers precise_;
  http::FileDescriptor epoll_;
  std::vector<Address> addresses_;
  std::size_t next_open_ = 0;  ///< whose turn it is to get a connection
  std::size_t next_use_ = 0;   ///< whose connection is used next
  std::array<std::list<Connection>, kStates> lists_;
  std::array<epoll_event, kEvents> events_{};
  std::size_t happened_ = 0;  ///< of events_
  std::vector<char> buffer_;
};

}  // namespace msdemo::load
