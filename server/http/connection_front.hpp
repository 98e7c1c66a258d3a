// Who waits for connections: one thread with epoll, so that an idle one costs a descriptor only.
#pragma once

#include <sys/epoll.h>

#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <thread>
#include <unordered_map>
#include <vector>

#include "base/clock.hpp"
#include "http/framing.hpp"
#include "http/socket.hpp"
#include "http/worker_pool.hpp"

namespace msdemo::http {

/// What is to be done with the bytes a connection has received so far.
struct Inspection {
  enum class Verdict {
    incomplete,  ///< wait for more
    complete,    ///< `frame` is the head of a request that is all there
    refused,     ///< send `answer`, then close
  };
  Verdict verdict = Verdict::incomplete;
  Frame frame{};               ///< unless nothing can be said yet; it points into the bytes
  bool send_continue = false;  ///< tell the client to go on with the body
  std::string answer{};
};

/// The protocol that a front serves. Thread-safe.
class Protocol {
 public:
  virtual ~Protocol() = default;

  /// Looks at everything received and not yet answered. Must not block.
  virtual Inspection inspect(std::string_view received) = 0;

  struct Answer {
    std::string bytes;
    bool keep_alive;
  };

  /// A complete request, and what is known about how it came.
  struct Received {
    const Frame& frame;
    std::string_view request;         ///< head and body
    SteadyTime at;                    ///< when it was complete
    std::chrono::nanoseconds queued;  ///< how long it waited for a thread
    const std::atomic<bool>& last;    ///< the connection closes afterwards: may come true any time
    int socket;                       ///< the connection's, only to be looked at
  };

  /// May block. An answer of no bytes only closes the connection.
  virtual Answer answer(const Received& received) = 0;

  /// What is sent to a request that was not complete in time, and when there is too much to do.
  virtual std::string slow_answer() = 0;
  virtual std::string overloaded_answer() = 0;
};

struct FrontOptions {
  std::size_t threads;
  std::size_t connections;
  std::chrono::milliseconds request_complete;
  std::chrono::milliseconds idle_connection;
};

/// Accepts from `listener` until stop(). One thread watches all connections and reads complete
/// requests into bounded buffers; workers answer them with one send each.
class ConnectionFront {
 public:
  /// `protocol` must outlive the front.
  ConnectionFront(FileDescriptor listener, Protocol& protocol, const FrontOptions& options);
  ConnectionFront(const ConnectionFront&) = delete;
  ConnectionFront& operator=(const ConnectionFront&) = delete;
  ~ConnectionFront();

  /// See Server::drain() and Server::stop(). Both are idempotent.
  void drain();
  void stop();

  /// How many requests are worked on at once.
  void limit(std::size_t requests) { workers_->limit(requests); }
  WorkerPool::Load load() const { return workers_->load(); }

 private:
  enum class State { reading, working, interrupted, draining };
  enum class Until { short_read, end };
  struct Connection;

  // On the front's thread.
  void run();
  int poll_timeout() const;
  void accept_all();
  void take_no_newcomers();
  void close_listener();
  void watch(int fd) const;
  void pause_accepting(bool pause);
  void set_deadline(Connection& connection, std::chrono::milliseconds from_now);
  void ready(Connection& connection, std::uint32_t events);
  void receive(Connection& connection, Until until);
  void look(Connection& connection);
  void read_away(Connection& connection);
  bool is_over(const Connection& connection, SteadyTime now) const;
  void expire();
  void forget(int fd);

  // On a worker.
  void work(Connection& connection, std::chrono::nanoseconds queued);
  bool answer_one(Connection& connection, std::chrono::nanoseconds queued);
  bool find_next(Connection& connection);

  // On whichever has the connection.
  void pull(Connection& connection, Until until);
  void refuse(Connection& connection, const std::string& answer);
  void close_after_draining(Connection& connection);

  FileDescriptor listener_;
  FileDescriptor epoll_;
  FileDescriptor wake_;
  Protocol& protocol_;
  const FrontOptions options_;
  std::atomic<bool> stopping_ = false;
  std::atomic<bool> leaving_ = false;  ///< stopping, and nobody can connect any more
  std::atomic<SteadyTime> stop_by_{SteadyTime::max()};
  SteadyTime close_listener_at_ = SteadyTime::max();
  SteadyTime check_at_{};  ///< when a deadline may have passed
  bool accept_paused_ = false;
  std::unordered_map<int, std::unique_ptr<Connection>> connections_;  ///< by descriptor
  std::unique_ptr<WorkerPool> workers_;
  std::thread thread_;
};

}  // namespace msdemo::http
