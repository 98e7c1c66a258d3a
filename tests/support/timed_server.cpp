#include "support/timed_server.hpp"

#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/prctl.h>
#include <sys/socket.h>

#include <array>
#include <map>
#include <utility>

#include "support/must.hpp"

namespace msdemo::test {

namespace {

using std::chrono::nanoseconds;

struct Answer {
  int fd;
  std::string bytes;
  bool close;
};

/// How many requests without a body, or with one that a Content-Length tells, `text` begins with;
/// takes them away.
std::size_t take_requests(std::string& text) {
  constexpr std::string_view kEnd = "\r\n\r\n";
  constexpr std::string_view kLength = "Content-Length: ";
  std::size_t count = 0;
  for (auto end = text.find(kEnd); end != std::string::npos; end = text.find(kEnd)) {
    const auto length_at = text.find(kLength);
    const std::size_t body =
        length_at < end ? std::stoul(text.substr(length_at + kLength.size())) : 0;
    if (text.size() < end + kEnd.size() + body) break;
    text.erase(0, end + kEnd.size() + body);
    ++count;
  }
  return count;
}

void watch(const http::FileDescriptor& epoll, int fd) {
  epoll_event interest{};
  interest.events = EPOLLIN;
  interest.data.fd = fd;
  ::epoll_ctl(epoll.get(), EPOLL_CTL_ADD, fd, &interest);
}

/// What the server's thread works on.
class Loop {
 public:
  Loop(const TimedServer::React& react, int listener, int stop)
      : react_(react), listener_(listener), stop_(stop) {
    watch(epoll_, listener);
    watch(epoll_, stop);
  }

  /// Accepts, reads and answers; returns when it is to stop.
  void run(std::atomic<std::size_t>& accepted) {
    std::array<epoll_event, 64> events{};
    for (;;) {
      const timespec wait = until_next();
      const int count = ::epoll_pwait2(epoll_.get(), events.data(), static_cast<int>(events.size()),
                                       &wait, nullptr);
      for (int i = 0; i < count; ++i) {
        const int fd = events.at(static_cast<std::size_t>(i)).data.fd;
        if (fd == stop_) return;
        fd == listener_ ? accept(accepted) : read(fd);
      }
      answer_due();
    }
  }

 private:
  struct Peer {
    http::FileDescriptor socket;
    std::string received{};
  };

  timespec until_next() const {
    timespec wait{1, 0};
    if (due_.empty()) return wait;
    const nanoseconds left = due_.begin()->first - real_clock().steady_now();
    const auto count = std::max<std::int64_t>(left.count(), 0);
    wait.tv_sec = count / 1'000'000'000;
    wait.tv_nsec = count % 1'000'000'000;
    return wait;
  }

  void accept(std::atomic<std::size_t>& accepted) {
    http::FileDescriptor socket(
        ::accept4(listener_, nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC));
    if (!socket.open()) return;
    ++accepted;
    const int fd = socket.get();
    watch(epoll_, fd);
    peers_.insert_or_assign(fd, Peer{std::move(socket)});
  }

  void read(int fd) {
    Peer& peer = peers_.at(fd);
    std::array<char, 4096> buffer{};
    const ssize_t count = ::recv(fd, buffer.data(), buffer.size(), 0);
    if (count <= 0) {
      drop(fd);
      return;
    }
    peer.received.append(buffer.data(), static_cast<std::size_t>(count));
    const SteadyTime now = real_clock().steady_now();
    for (std::size_t requests = take_requests(peer.received); requests > 0; --requests) {
      Reaction reaction = react_(number_++, now - began_);
      if (reaction.answer.empty() && !reaction.close) continue;
      due_.emplace(now + reaction.after, Answer{fd, std::move(reaction.answer), reaction.close});
    }
  }

  void answer_due() {
    while (!due_.empty() && due_.begin()->first <= real_clock().steady_now()) {
      const Answer answer = std::move(due_.begin()->second);
      due_.erase(due_.begin());
      ::send(answer.fd, answer.bytes.data(), answer.bytes.size(), MSG_NOSIGNAL);
      if (answer.close) drop(answer.fd);
    }
  }

  void drop(int fd) {
    std::erase_if(due_, [fd](const auto& entry) { return entry.second.fd == fd; });
    peers_.erase(fd);
  }

  const TimedServer::React& react_;
  const int listener_;
  const int stop_;
  const SteadyTime began_ = real_clock().steady_now();
  http::FileDescriptor epoll_{::epoll_create1(EPOLL_CLOEXEC)};
  std::map<int, Peer> peers_;
  std::multimap<SteadyTime, Answer> due_;
  std::size_t number_ = 0;
};

}  // namespace

TimedServer::TimedServer(React react) : react_(std::move(react)), stop_(::eventfd(0, EFD_CLOEXEC)) {
  http::FileDescriptor listener = must(http::listen_on("127.0.0.1", 0, 1024));
  port_ = http::local_port(listener.get());
  thread_ = std::thread([this, listener = std::move(listener)] { run(listener); });
}

void TimedServer::run(const http::FileDescriptor& listener) {
  ::prctl(PR_SET_TIMERSLACK, 1000UL, 0, 0, 0);
  Loop(react_, listener.get(), stop_.get()).run(accepted_);
}

void TimedServer::stop() {
  if (!thread_.joinable()) return;
  ::eventfd_write(stop_.get(), 1);
  thread_.join();
}

}  // namespace msdemo::test
