// A wire that a test can cut: between a client and a server, both real, neither of which knows.
#pragma once

#include <atomic>
#include <condition_variable>
#include <list>
#include <mutex>
#include <string>
#include <thread>

namespace msdemo::test {

/// Listens on a free port of 127.0.0.1 from construction to destruction, and passes on what it gets
/// to `port` there, and back. Thread-safe.
class TcpProxy {
 public:
  explicit TcpProxy(int port);
  TcpProxy(const TcpProxy&) = delete;
  TcpProxy& operator=(const TcpProxy&) = delete;
  ~TcpProxy();

  int port() const { return listening_; }

  /// Both sides of every connection see it closed when this returns. New ones are welcome.
  void cut();

  /// From now on the clients hear nothing of the server, until cut(); with `all` neither does it of
  /// them, as if one side were paused.
  enum class Hold { nothing, answers, all };
  void hold(Hold what);

  /// How much the clients have sent so far.
  std::size_t bytes_sent() const { return sent_; }

 private:
  struct Wire {
    int client;
    int server;
    std::thread there;
    std::thread back;
  };

  void accept_all();
  void pass_on(int from, int to, Hold held_by);

  const int target_;
  int listening_ = 0;
  int listener_ = -1;
  std::atomic<std::size_t> sent_ = 0;
  std::mutex mutex_;  ///< guards holding_ and wires_
  std::condition_variable released_;
  Hold holding_ = Hold::nothing;
  std::list<Wire> wires_;
  std::thread acceptor_;
};

}  // namespace msdemo::test
