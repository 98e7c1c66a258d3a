#include "load/connection_pool.hpp"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/prctl.h>
#include <sys/resource.h>

#include <algorithm>
#include <cerrno>
#include <ctime>

#include "base/limits.hpp"

namespace msdemo::load {

namespace {

using State = Connection::State;
using std::chrono::nanoseconds;

/// `host`:`port` if that needs no looking up.
bool numeric(const std::string& host, int port, Address& address) {
  auto& ipv4 = reinterpret_cast<sockaddr_in&>(address.storage);
  ipv4.sin_family = AF_INET;
  ipv4.sin_port = htons(static_cast<std::uint16_t>(port));
  address.length = sizeof ipv4;
  return ::inet_pton(AF_INET, host.c_str(), &ipv4.sin_addr) == 1;
}

void allow_descriptors(std::size_t count) {
  constexpr rlim_t kOthers = 64;
  rlimit files{};
  if (::getrlimit(RLIMIT_NOFILE, &files) != 0 || files.rlim_cur >= count + kOthers) return;
  files.rlim_cur = std::min(files.rlim_max, count + kOthers);
  ::setrlimit(RLIMIT_NOFILE, &files);
}

timespec to_timespec(nanoseconds time) {
  constexpr std::int64_t kSecond = 1'000'000'000;
  const std::int64_t count = std::max<std::int64_t>(time.count(), 0);
  timespec out{};
  out.tv_sec = count / kSecond;
  out.tv_nsec = count % kSecond;
  return out;
}

}  // namespace

PreciseTimers::PreciseTimers() : before_(::prctl(PR_GET_TIMERSLACK, 0, 0, 0, 0)) {
  constexpr unsigned long kSlackNs = 1000;
  ::prctl(PR_SET_TIMERSLACK, kSlackNs, 0, 0, 0);
}

PreciseTimers::~PreciseTimers() {
  if (before_ > 0) ::prctl(PR_SET_TIMERSLACK, static_cast<unsigned long>(before_), 0, 0, 0);
}

ConnectionPool::ConnectionPool(std::size_t most)
    : epoll_(::epoll_create1(EPOLL_CLOEXEC)), buffer_(kBufferBytes) {
  allow_descriptors(most);
}

Result<void> ConnectionPool::reach(const std::string& host, int port, SteadyTime deadline,
                                   bool may_come) {
  auto socket = http::connect_to(host, port, deadline);
  Address address;
  if (!socket) {
    if (!may_come || !numeric(host, port, address)) return fail(std::move(socket.error()));
    addresses_.push_back(address);
    return {};
  }
  // Of the addresses that a name may have, the one that answered.
  address.length = sizeof address.storage;
  ::getpeername(socket->get(), reinterpret_cast<sockaddr*>(&address.storage), &address.length);
  addresses_.push_back(address);
  add(std::move(*socket), addresses_.size() - 1, State::idle, real_clock().steady_now());
  return {};
}

int ConnectionPool::open(SteadyTime now) {
  const std::size_t count = addresses_.size();
  std::size_t target = next_open_;  // if all of them rest, it may be back
  for (std::size_t i = 0; i < count; ++i) {
    const std::size_t candidate = (next_open_ + i) % count;
    if (addresses_[candidate].rests_until > now) continue;
    target = candidate;
    break;
  }
  next_open_ = (target + 1) % count;
  return open(target, now);
}

Connection* ConnectionPool::idle(SteadyTime now) {
  auto& all = of(State::idle);
  const std::size_t count = addresses_.size();
  if (count == 1) return all.empty() ? nullptr : &all.front();
  const std::size_t turn = next_use_++ % count;
  if (addresses_[turn].connections == 0 && addresses_[turn].rests_until <= now) {
    static_cast<void>(open(turn, now));
  }
  for (std::size_t i = 0; i < count; ++i) {
    const std::size_t target = (turn + i) % count;
    const auto found = std::find_if(all.begin(), all.end(), [&](const Connection& connection) {
      return connection.target == target;
    });
    if (found != all.end()) return &*found;
  }
  return nullptr;
}

void ConnectionPool::refused(const Connection& connection, SteadyTime now) {
  addresses_[connection.target].rests_until = now + limits::kRefusedAddress;
}

int ConnectionPool::open(std::size_t target, SteadyTime now) {
  Address& address = addresses_[target];
  http::FileDescriptor socket(
      ::socket(address.storage.ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
  if (!socket.open()) return errno;
  const int on = 1;
  ::setsockopt(socket.get(), IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  const auto* to = reinterpret_cast<const sockaddr*>(&address.storage);
  if (::connect(socket.get(), to, address.length) != 0 && errno != EINPROGRESS) {
    address.rests_until = now + limits::kRefusedAddress;
    return errno;
  }
  return add(std::move(socket), target, State::connecting, now);
}

int ConnectionPool::add(http::FileDescriptor socket, std::size_t target, State state,
                        SteadyTime now) {
  Connection& connection = of(state).emplace_back(std::move(socket));
  connection.self = std::prev(of(state).end());
  connection.state = state;
  connection.since = now;
  connection.target = target;
  epoll_event interest{};
  interest.events = EPOLLIN | EPOLLOUT | EPOLLRDHUP | EPOLLET;
  interest.data.ptr = &connection;
  if (::epoll_ctl(epoll_.get(), EPOLL_CTL_ADD, connection.fd(), &interest) == 0) {
    ++addresses_[target].connections;
    return 0;
  }
  const int reason = errno;
  of(state).erase(connection.self);
  return reason;
}

void ConnectionPool::wait(nanoseconds time) {
  const timespec timeout = to_timespec(time);
  const int count = ::epoll_pwait2(epoll_.get(), events_.data(), kEvents, &timeout, nullptr);
  happened_ = static_cast<std::size_t>(std::max(count, 0));
}

void ConnectionPool::tell_news(const std::function<void(Connection&, Connection::News)>& tell) {
  for (std::size_t i = 0; i < happened_; ++i) {
    const epoll_event& event = events_.at(i);
    auto& connection = *static_cast<Connection*>(event.data.ptr);
    const auto news = connection.handle(event.events, buffer_);
    if (news != Connection::News::nothing) tell(connection, news);
  }
  happened_ = 0;
}

void ConnectionPool::move(Connection& connection, State to, SteadyTime now) {
  std::list<Connection>& from = of(connection.state);
  std::list<Connection>& into = of(to);
  into.splice(to == State::idle ? into.begin() : into.end(), from, connection.self);
  if (to == State::closed && connection.state != State::closed) {
    connection.close();
    --addresses_[connection.target].connections;
  }
  connection.state = to;
  connection.since = now;
}

}  // namespace msdemo::load
