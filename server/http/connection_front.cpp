#include "http/connection_front.hpp"

#include <spdlog/spdlog.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>

#include "base/limits.hpp"
#include "http/packet_filter.hpp"

namespace msdemo::http {

namespace {

using std::chrono::milliseconds;
using std::chrono::steady_clock;

constexpr milliseconds kCheckInterval{1000};  ///< deadlines are looked at this often at least
constexpr milliseconds kDrainInterval{10};
constexpr milliseconds kHandshake{2};      ///< how long those that have begun get in a drain
constexpr milliseconds kAcceptPause{100};  ///< after running out of descriptors
/// Far more than a request may have: a flood is read on only after what is here was looked at.
constexpr std::size_t kReceivedMax = limits::kExportBytes * 2;
constexpr std::string_view kContinue = "HTTP/1.1 100 Continue\r\n\r\n";

}  // namespace

/// Belongs to the front's thread, except while a worker has it. Events come once for each change
/// (EPOLLET), so that nothing has to be armed again: what comes while a worker has the connection
/// is only noted, and the worker looks itself before it hands the connection back. After that
/// store to `state` the worker must not touch it, for the front may forget it.
struct ConnectionFront::Connection {
  explicit Connection(FileDescriptor fd) : socket(std::move(fd)) {}

  FileDescriptor socket;
  std::string received;
  Frame frame{};  ///< of what is worked on, as long as `received` stays as it is
  std::size_t drained_bytes = 0;
  SteadyTime complete_at{};
  bool continued = false;
  bool more = false;   ///< not everything was read, and no event will tell
  bool ended = false;  ///< the peer sends no more
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

void ConnectionFront::drain() {
  if (stopping_.exchange(true)) return;
  const std::uint64_t one = 1;
  if (::write(wake_.get(), &one, sizeof one) < 0) spdlog::warn("cannot wake the HTTP front");
}

void ConnectionFront::stop() {
  if (!thread_.joinable()) return;
  stop_by_ = steady_clock::now() + limits::kServerDrain;
  drain();
  thread_.join();
}

void ConnectionFront::run() {
  std::array<epoll_event, 64> events{};
  const auto done = [this] {
    const SteadyTime stop_by = stop_by_;
    // Whoever waits in the listener counts, too.
    if (listener_.open() || stop_by == SteadyTime::max()) return false;
    return connections_.empty() || steady_clock::now() >= stop_by;
  };
  while (!done()) {
    const int count = ::epoll_wait(epoll_.get(), events.data(), events.size(), poll_timeout());
    for (int i = 0; i < count; ++i) {
      const int fd = events[static_cast<std::size_t>(i)].data.fd;
      if (fd == wake_.get()) {
        take_no_newcomers();
      } else if (fd == listener_.get()) {
        accept_all();
      } else if (const auto found = connections_.find(fd); found != connections_.end()) {
        ready(*found->second, events[static_cast<std::size_t>(i)].events);
      }
    }
    close_listener();
    expire();
    workers_->relieve();
  }
}

void ConnectionFront::ready(Connection& connection, std::uint32_t events) {
  State state = State::working;
  if (connection.state.compare_exchange_strong(state, State::interrupted)) return;
  if (state == State::interrupted) return;
  if (state == State::draining) return read_away(connection);
  const bool last = (events & (EPOLLRDHUP | EPOLLHUP | EPOLLERR)) != 0;
  receive(connection, last ? Until::end : Until::short_read);
}

int ConnectionFront::poll_timeout() const {
  if (stopping_) {
    return static_cast<int>((listener_.open() ? kHandshake : kDrainInterval).count());
  }
  if (connections_.empty() && !accept_paused_) return -1;
  const milliseconds most = workers_->pending() ? limits::kHotStall : kCheckInterval;
  const auto left = std::chrono::ceil<milliseconds>(check_at_ - steady_clock::now());
  return static_cast<int>(std::clamp<long long>(left.count(), 0, most.count()));
}

void ConnectionFront::pause_accepting(bool pause) {
  accept_paused_ = pause;
  epoll_event event{};
  event.events = pause ? 0U : EPOLLIN;
  event.data.fd = listener_.get();
  ::epoll_ctl(epoll_.get(), EPOLL_CTL_MOD, listener_.get(), &event);
  if (pause) check_at_ = std::min(check_at_, steady_clock::now() + kAcceptPause);
}

/// Whoever has connected is served: closing a listener resets the connections that wait in it, and
/// those whose handshake is not over. So first no further handshake may begin, then those that have
/// begun get a moment, and only then it closes.
void ConnectionFront::take_no_newcomers() {
  ::epoll_ctl(epoll_.get(), EPOLL_CTL_DEL, wake_.get(), nullptr);
  close_listener_at_ = steady_clock::now() + kHandshake;
  refuse_handshakes(listener_.get());
}

void ConnectionFront::close_listener() {
  if (!listener_.open() || steady_clock::now() < close_listener_at_) return;
  accept_all();
  accept_paused_ = false;
  listener_.reset();
  // Only now: whoever is told to close connects anew, and is not to meet the filter.
  leaving_ = true;
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
    watch(fd);
    connections_.emplace(fd, std::move(connection));
  }
}

void ConnectionFront::set_deadline(Connection& connection, milliseconds from_now) {
  const SteadyTime deadline = steady_clock::now() + from_now;
  connection.deadline = deadline;
  check_at_ = std::min(check_at_, deadline);
}

void ConnectionFront::watch(int fd) const {
  epoll_event event{};
  event.events = EPOLLIN | EPOLLRDHUP | EPOLLET;
  event.data.fd = fd;
  ::epoll_ctl(epoll_.get(), EPOLL_CTL_ADD, fd, &event);
}

void ConnectionFront::pull(Connection& connection, Until until) {
  static thread_local std::array<char, 64 * 1024> chunk;
  while (!connection.ended) {
    const ssize_t count = ::recv(connection.socket.get(), chunk.data(), chunk.size(), 0);
    if (count < 0 && errno == EINTR) continue;
    if (count < 0 && errno == EAGAIN) return;
    connection.ended = count <= 0;
    if (count > 0) connection.received.append(chunk.data(), static_cast<std::size_t>(count));
    // A stream socket that gives less than was asked for is empty (epoll(7)).
    const bool empty = static_cast<std::size_t>(count) < chunk.size();
    if (until == Until::short_read && empty) return;
    connection.more = connection.received.size() > kReceivedMax;
    if (connection.more) return;
  }
}

void ConnectionFront::receive(Connection& connection, Until until) {
  const bool first = connection.received.empty();
  pull(connection, until);
  if (connection.received.empty()) {
    if (connection.ended) forget(connection.socket.get());
    return;
  }
  if (first) set_deadline(connection, options_.request_complete);
  look(connection);
}

void ConnectionFront::look(Connection& connection) {
  const Inspection inspection = protocol_.inspect(connection.received);
  switch (inspection.verdict) {
    case Inspection::Verdict::incomplete:
      if (connection.ended) return forget(connection.socket.get());
      connection.received.reserve(inspection.frame.total_bytes());
      if (inspection.send_continue && !std::exchange(connection.continued, true)) {
        ::send(connection.socket.get(), kContinue.data(), kContinue.size(), MSG_NOSIGNAL);
      }
      break;
    case Inspection::Verdict::complete:
      connection.frame = inspection.frame;
      connection.complete_at = steady_clock::now();
      connection.state = State::working;
      if (!workers_->submit([this, &connection](auto queued) { work(connection, queued); })) {
        refuse(connection, protocol_.overloaded_answer());
      }
      break;
    case Inspection::Verdict::refused:
      refuse(connection, inspection.answer);
      break;
  }
}

void ConnectionFront::work(Connection& connection, std::chrono::nanoseconds queued) {
  while (answer_one(connection, queued)) {
    if (!find_next(connection)) return;
    queued = {};  // the next one finds its thread here
  }
  close_after_draining(connection);
}

/// False when the connection has to close.
bool ConnectionFront::answer_one(Connection& connection, std::chrono::nanoseconds queued) {
  const std::size_t size = connection.frame.total_bytes();
  const std::string_view request = std::string_view(connection.received).substr(0, size);
  const Protocol::Answer answer = protocol_.answer({.frame = connection.frame,
                                                    .request = request,
                                                    .at = connection.complete_at,
                                                    .queued = queued,
                                                    .last = leaving_,
                                                    .socket = connection.socket.get()});
  const SteadyTime taken_by = steady_clock::now() + limits::kAnswerTaken;
  const bool sent = send_all(connection.socket.get(), answer.bytes, taken_by);
  connection.received.erase(0, size);
  connection.continued = false;
  return sent && answer.keep_alive;
}

/// Whether another request is complete already (pipelining). If not, the connection is no longer
/// the worker's when this returns.
bool ConnectionFront::find_next(Connection& connection) {
  for (;;) {
    if (!connection.received.empty()) {
      const Inspection next = protocol_.inspect(connection.received);
      if (next.verdict == Inspection::Verdict::refused) {
        refuse(connection, next.answer);
        return false;
      }
      connection.frame = next.frame;
      if (next.verdict == Inspection::Verdict::complete) {
        connection.complete_at = steady_clock::now();
        return true;
      }
    }
    if (connection.ended) {
      close_after_draining(connection);
      return false;
    }
    connection.deadline =
        steady_clock::now() +
        (connection.received.empty() ? options_.idle_connection : options_.request_complete);
    State state = State::working;
    const bool all_read = !connection.more;
    if (all_read && connection.state.compare_exchange_strong(state, State::reading)) return false;
    connection.state = State::working;
    pull(connection, Until::end);
  }
}

void ConnectionFront::refuse(Connection& connection, const std::string& answer) {
  ::send(connection.socket.get(), answer.data(), answer.size(), MSG_NOSIGNAL);
  close_after_draining(connection);
}

/// Closing with unread bytes would reset the connection and could destroy the answer on its way
/// (RFC 9112, section 9.6): half-close, read on for a moment, then close.
void ConnectionFront::close_after_draining(Connection& connection) {
  ::shutdown(connection.socket.get(), SHUT_WR);
  for (;;) {
    connection.received.clear();
    pull(connection, Until::end);
    const milliseconds wait = connection.ended ? milliseconds(0) : limits::kRefusalDrain;
    connection.deadline = steady_clock::now() + wait;
    State state = connection.state;
    if (state != State::interrupted &&
        connection.state.compare_exchange_strong(state, State::draining)) {
      return;
    }
    connection.state = State::working;  // something came meanwhile: look again
  }
}

void ConnectionFront::read_away(Connection& connection) {
  connection.received.clear();
  pull(connection, Until::end);
  connection.drained_bytes += connection.received.size();
  if (connection.ended || connection.drained_bytes > limits::kRefusalDrainBytes) {
    forget(connection.socket.get());
  }
}

void ConnectionFront::forget(int fd) {
  connections_.erase(fd);
}

/// Whether a connection that no worker has must go. HTTP/1.1 has no way to end a kept connection
/// that its client may be using this very moment; one that was not used for a while most likely is
/// not, and one that is in use gets `Connection: close` with its next answer.
bool ConnectionFront::is_over(const Connection& connection, SteadyTime now) const {
  const SteadyTime deadline = connection.deadline;
  if (deadline <= now) return true;
  const bool idle = connection.state == State::reading && connection.received.empty();
  if (!leaving_ || !idle) return false;
  const SteadyTime idle_since = deadline - options_.idle_connection;
  if (now - idle_since < limits::kDrainIdle) return false;
  refuse_data(connection.socket.get());
  char byte = 0;
  if (::recv(connection.socket.get(), &byte, 1, MSG_PEEK | MSG_DONTWAIT) <= 0) return true;
  // A request has come after all, and perhaps not the whole of it: so it is taken again.
  accept_data(connection.socket.get());
  return false;
}

void ConnectionFront::expire() {
  const SteadyTime now = steady_clock::now();
  if (now < check_at_ && !stopping_) return;
  if (accept_paused_) pause_accepting(false);
  check_at_ = now + kCheckInterval;
  std::vector<int> over;
  for (const auto& [fd, connection] : connections_) {
    const auto state = connection->state.load();
    if (state == State::working || state == State::interrupted) continue;
    const bool reading = state == State::reading;
    const bool idle = reading && connection->received.empty();
    if (!is_over(*connection, now)) {
      check_at_ = std::min(check_at_, connection->deadline.load());
    } else if (reading && !idle) {
      refuse(*connection, protocol_.slow_answer());
    } else {
      over.push_back(fd);
    }
  }
  for (const int fd : over) forget(fd);
}

}  // namespace msdemo::http
