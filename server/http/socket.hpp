// A socket that closes itself, and the few things this project does with sockets.
#pragma once

#include <chrono>
#include <string>
#include <string_view>
#include <utility>

#include "base/clock.hpp"
#include "base/error.hpp"

namespace msdemo::http {

/// Owns a file descriptor.
class FileDescriptor {
 public:
  FileDescriptor() = default;
  explicit FileDescriptor(int fd) : fd_(fd) {}
  FileDescriptor(FileDescriptor&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
  FileDescriptor& operator=(FileDescriptor&& other) noexcept;
  ~FileDescriptor() { reset(); }

  int get() const { return fd_; }
  bool open() const { return fd_ >= 0; }
  void reset();

 private:
  int fd_ = -1;
};

/// Listens on `address`:`port` (0: any free one), non-blocking, with SO_REUSEADDR and TCP_NODELAY
/// (accepted sockets inherit it). SO_REUSEPORT stays off: two servers must not share a port
/// unawares. Fails with lab_failed, naming the address.
Result<FileDescriptor> listen_on(const std::string& address, int port, int backlog);

/// The port a bound socket has.
int local_port(int fd);

/// Connects to `host`:`port` by `deadline`; the socket is non-blocking with TCP_NODELAY. Fails with
/// unreachable.
Result<FileDescriptor> connect_to(const std::string& host, int port, SteadyTime deadline);

/// Waits until `fd` is ready for `events` (POLLIN, POLLOUT); false when `deadline` passed first, or
/// `interrupt_fd` (if it is one) became readable.
bool wait_for(int fd, short events, SteadyTime deadline, int interrupt_fd = -1);

/// Sends all of `bytes` by `deadline`; false if the peer is gone or too slow.
bool send_all(int fd, std::string_view bytes, SteadyTime deadline);

/// Has the other side closed the connection, or is it broken? Reads nothing; received bytes that
/// nobody has read yet keep it open.
bool closed_by_peer(int fd);

}  // namespace msdemo::http
