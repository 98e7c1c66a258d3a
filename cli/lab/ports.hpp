// The ports of the services, reserved by the supervisor so that a restarted service comes back at
// the same URL and a dead one refuses connections.
#pragma once

#include <string>

#include "base/error.hpp"
#include "http/socket.hpp"

namespace msdemo::lab {

/// A TCP port of 127.0.0.1 that is kept as long as this lives. It is bound with SO_REUSEADDR and
/// never listens: a process that binds it with SO_REUSEADDR too may listen on it, again and again,
/// and the kernel gives it to nobody who asks for just any port.
class ReservedPort {
 public:
  /// `port` 0 takes any free one. Fails with lab_failed, naming the port, when it is taken.
  static Result<ReservedPort> reserve(int port);

  int number() const { return number_; }

  /// `http://127.0.0.1:8001`
  std::string url() const;

 private:
  ReservedPort(http::FileDescriptor socket, int number)
      : socket_(std::move(socket)), number_(number) {}

  http::FileDescriptor socket_;
  int number_;
};

}  // namespace msdemo::lab
