#include "http/connection_front.hpp"

#include <spdlog/spdlog.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>

#include "base/limits.hpp"

namespace msdemo::http {

namespace {

using std::chrono::milliseconds;
using std::chrono::steady_clock;

constexpr milliseconds kCheckInterval{1000};  ///< deadlines are looked at this often at least
constexpr milliseconds kDrainInterval{10};
constexpr milliseconds kAcceptPause{100};  ///< after running out of descriptors
constexpr std::string_view kContinue = "HTTP/1.1 100 Continue\r\n\r\n";

}  // namespace

/// Belongs to the front's thread, except while it is `working`: then to one worker.
struct ConnectionFront::Connection {
  explicit Connection(FileDescriptor fd) : socket(std::move(fd)) {}

  FileDescriptor socket;
  std::string received;
  std::size_t request_bytes = 0;
  std::size_t drained_bytes = 0;
  bool continued = false;
  std::atomic<SteadyTime> deadline{};
  std::atomic<State> state{State::reading};
};

ConnectionFront::ConnectionFront(FileDescriptor listener, Protocol& protocol,
                                 const FrontOptions& options)
    : listener_(std::move(listener)),
      epoll_(::epoll_create1(EPOLL_CLOEXEC)),
      wake_(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)),
      protocol_(protocol),
      options_(options),
      workers_(std::make_unique<WorkerPool>(options.threads, limits::kServerQueue)) {
  for (const int fd : {listener_.get(), wake_.get()}) {
    epoll_event event{};
    event.events = EPOLLIN;
    event.data.fd = fd;
    ::epoll_ctl(epoll_.get(), EPOLL_CTL_ADD, fd, &event);
  }
  thread_ = std::thread([this] { run(); });
}

ConnectionFront::~ConnectionFront() {
  stop();
  workers_.reset();  // joined before the connections they work on go
}

void ConnectionFront::stop() {
  if (!thread_.joinable()) return;
  stop_by_ = steady_clock::now() + limits::kServerDrain;
  stopping_ = true;
  const std::uint64_t one = 1;
  if (::write(wake_.get(), &one, sizeof one) < 0) spdlog::warn("cannot wake the HTTP front");
  thread_.join();
}

void ConnectionFront::run() {
  std::array<epoll_event, 64> events{};
  const auto done = [this] {
    return stopping_ && (connections_.empty() || steady_clock::now() >= stop_by_);
  };
  while (!done()) {
    const int count = ::epoll_wait(epoll_.get(), events.data(), events.size(), poll_timeout());
    for (int i = 0; i < count; ++i) {
      const int fd = events[static_cast<std::size_t>(i)].data.fd;
      if (fd == wake_.get()) {
        listener_.reset();
        ::epoll_ctl(epoll_.get(), EPOLL_CTL_DEL, wake_.get(), nullptr);
      } else if (fd == listener_.get()) {
        accept_all();
      } else if (const auto found = connections_.find(fd); found != connections_.end()) {
        ready(*found->second);
      }
    }
    expire();
  }
}

void ConnectionFront::ready(Connection& connection) {
  switch (connection.state) {
    case State::reading:
      return receive(connection);
    case State::draining:
      return drain(connection);
    case State::working:
      return;  // the worker will watch it again
  }
}

int ConnectionFront::poll_timeout() const {
  if (stopping_) return static_cast<int>(kDrainInterval.count());
  if (connections_.empty() && !accept_paused_) return -1;
  const auto left = std::chrono::ceil<milliseconds>(check_at_ - steady_clock::now());
  return static_cast<int>(std::clamp<long long>(left.count(), 0, kCheckInterval.count()));
}

void ConnectionFront::pause_accepting(bool pause) {
  accept_paused_ = pause;
  epoll_event event{};
  event.events = pause ? 0U : EPOLLIN;
  event.data.fd = listener_.get();
  ::epoll_ctl(epoll_.get(), EPOLL_CTL_MOD, listener_.get(), &event);
  if (pause) check_at_ = std::min(check_at_, steady_clock::now() + kAcceptPause);
}

void ConnectionFront::accept_all() {
  for (;;) {
    FileDescriptor socket(
        ::accept4(listener_.get(), nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC));
    if (!socket.open()) {
      if (errno == EMFILE || errno == ENFILE) {
        spdlog::warn("out of file descriptors: new connections wait");
        pause_accepting(true);
      }
      return;
    }
    if (connections_.size() >= options_.connections) {
      const std::string answer = protocol_.overloaded_answer();
      ::send(socket.get(), answer.data(), answer.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
      continue;
    }
    const int fd = socket.get();
    auto connection = std::make_unique<Connection>(std::move(socket));
    set_deadline(*connection, options_.idle_connection);
    watch(fd, EPOLL_CTL_ADD);
    connections_.emplace(fd, std::move(connection));
  }
}

void ConnectionFront::set_deadline(Connection& connection, milliseconds from_now) {
  const SteadyTime deadline = steady_clock::now() + from_now;
  connection.deadline = deadline;
  check_at_ = std::min(check_at_, deadline);
}

void ConnectionFront::watch(int fd, int operation) const {
  epoll_event event{};
  event.events = EPOLLIN | EPOLLRDHUP | EPOLLONESHOT;
  event.data.fd = fd;
  ::epoll_ctl(epoll_.get(), operation, fd, &event);
}

void ConnectionFront::receive(Connection& connection) {
  static thread_local std::array<char, 64 * 1024> chunk;
  const ssize_t count = ::recv(connection.socket.get(), chunk.data(), chunk.size(), 0);
  if (count < 0 && (errno == EAGAIN || errno == EINTR)) return watch(connection.socket.get());
  if (count <= 0) return forget(connection.socket.get());
  if (connection.received.empty()) set_deadline(connection, options_.request_complete);
  connection.received.append(chunk.data(), static_cast<std::size_t>(count));
  look(connection);
}

void ConnectionFront::look(Connection& connection) {
  const Inspection inspection = protocol_.inspect(connection.received);
  switch (inspection.verdict) {
    case Inspection::Verdict::incomplete:
      connection.received.reserve(inspection.request_bytes);
      if (inspection.send_continue && !std::exchange(connection.continued, true)) {
        ::send(connection.socket.get(), kContinue.data(), kContinue.size(), MSG_NOSIGNAL);
      }
      watch(connection.socket.get());
      break;
    case Inspection::Verdict::complete:
      connection.request_bytes = inspection.request_bytes;
      connection.state = State::working;
      if (!workers_->submit([this, &connection] { work(connection); })) {
        refuse(connection, protocol_.overloaded_answer());
      }
      break;
    case Inspection::Verdict::refused:
      refuse(connection, inspection.answer);
      break;
  }
}

void ConnectionFront::work(Connection& connection) {
  const int fd = connection.socket.get();
  for (;;) {
    const std::string_view request =
        std::string_view(connection.received).substr(0, connection.request_bytes);
    const Protocol::Answer answer = protocol_.answer(request, stopping_);
    const bool sent = send_all(fd, answer.bytes, steady_clock::now() + limits::kAnswerTaken);
    connection.received.erase(0, connection.request_bytes);
    connection.continued = false;
    if (!sent || !answer.keep_alive) return close_after_draining(connection);
    if (connection.received.empty()) break;

    // The client has sent more without waiting for the answer (pipelining).
    const Inspection next = protocol_.inspect(connection.received);
    if (next.verdict == Inspection::Verdict::refused) return refuse(connection, next.answer);
    if (next.verdict == Inspection::Verdict::incomplete) break;
    connection.request_bytes = next.request_bytes;
  }
  connection.deadline =
      steady_clock::now() +
      (connection.received.empty() ? options_.idle_connection : options_.request_complete);
  give_back(connection, State::reading);
}

void ConnectionFront::refuse(Connection& connection, const std::string& answer) {
  ::send(connection.socket.get(), answer.data(), answer.size(), MSG_NOSIGNAL);
  close_after_draining(connection);
}

/// Closing with unread bytes would reset the connection and could destroy the answer on its way
/// (RFC 9112, section 9.6): half-close, read on for a moment, then close.
void ConnectionFront::close_after_draining(Connection& connection) {
  ::shutdown(connection.socket.get(), SHUT_WR);
  connection.deadline = steady_clock::now() + limits::kRefusalDrain;
  give_back(connection, State::draining);
}

/// Once the state is set, the front's thread may forget the connection: what follows must not touch
/// it any more. At worst the descriptor is another connection's by then, which ignores the event.
void ConnectionFront::give_back(Connection& connection, State state) const {
  const int fd = connection.socket.get();
  connection.state = state;
  watch(fd);
}

void ConnectionFront::drain(Connection& connection) {
  static thread_local std::array<char, 64 * 1024> chunk;
  const ssize_t count = ::recv(connection.socket.get(), chunk.data(), chunk.size(), 0);
  if (count > 0) connection.drained_bytes += static_cast<std::size_t>(count);
  const bool more = count > 0 || (count < 0 && (errno == EAGAIN || errno == EINTR));
  if (!more || connection.drained_bytes > limits::kRefusalDrainBytes) {
    return forget(connection.socket.get());
  }
  watch(connection.socket.get());
}

void ConnectionFront::forget(int fd) {
  connections_.erase(fd);
}

void ConnectionFront::expire() {
  const SteadyTime now = steady_clock::now();
  if (now < check_at_ && !stopping_) return;
  if (accept_paused_) pause_accepting(false);
  check_at_ = now + kCheckInterval;
  std::vector<int> over;
  for (const auto& [fd, connection] : connections_) {
    const auto state = connection->state.load();
    if (state == State::working) continue;
    const bool reading = state == State::reading;
    const bool idle = reading && connection->received.empty();
    const SteadyTime deadline = connection->deadline;
    if (deadline > now && !(stopping_ && idle)) {
      check_at_ = std::min(check_at_, deadline);
    } else if (reading && !idle) {
      refuse(*connection, protocol_.slow_answer());
    } else {
      over.push_back(fd);
    }
  }
  for (const int fd : over) forget(fd);
}

}  // namespace msdemo::http
