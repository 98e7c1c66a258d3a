// The order trail: cli/commands/order.cpp -> [server/http/client.cpp] -> server/order/routes.cpp
#include "http/client.hpp"

#include <fmt/format.h>
#include <httplib.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <cerrno>
#include <mutex>

#include "base/text.hpp"
#include "http/framing.hpp"
#include "http/socket.hpp"
#include "trace/traceparent.hpp"

namespace msdemo::http {

namespace {

using std::chrono::milliseconds;

/// A socket as httplib sees it: everything written leaves in one send before the first read, and
/// every wait ends at one deadline.
class DeadlineStream final : public httplib::Stream {
 public:
  DeadlineStream(int fd, int interrupt_fd, SteadyTime deadline)
      : fd_(fd), interrupt_fd_(interrupt_fd), deadline_(deadline) {}

  bool is_readable() const override { return true; }
  bool is_writable() const override { return true; }
  void get_remote_ip_and_port(std::string&, int&) const override {}
  void get_local_ip_and_port(std::string&, int&) const override {}
  socket_t socket() const override { return fd_; }

  ssize_t write(const char* from, size_t size) override {
    unsent_.append(from, size);
    return static_cast<ssize_t>(size);
  }

  ssize_t read(char* to, size_t size) override {
    if (!flush() || (position_ == end_ && !receive())) return -1;
    const std::size_t count = std::min(size, end_ - position_);
    std::copy_n(buffer_.data() + position_, count, to);
    position_ += count;
    return static_cast<ssize_t>(count);
  }

  bool timed_out() const { return timed_out_; }
  bool too_large() const { return received_ > limits::kReplyBytes; }
  bool received_nothing() const { return received_ == 0; }
  bool has_leftover() const { return position_ != end_; }

 private:
  bool flush() {
    if (unsent_.empty()) return true;
    const bool sent = send_all(fd_, unsent_, deadline_);
    unsent_.clear();
    if (!sent) timed_out_ = std::chrono::steady_clock::now() >= deadline_;
    return sent;
  }

  bool receive() {
    for (;;) {
      if (!wait_for(fd_, POLLIN, deadline_, interrupt_fd_)) {
        timed_out_ = std::chrono::steady_clock::now() >= deadline_;
        return false;
      }
      const ssize_t count = ::recv(fd_, buffer_.data(), buffer_.size(), 0);
      if (count > 0) {
        position_ = 0;
        end_ = static_cast<std::size_t>(count);
        received_ += end_;
        return !too_large();
      }
      if (count == 0 || (errno != EAGAIN && errno != EINTR)) return false;
    }
  }

  const int fd_;
  const int interrupt_fd_;
  const SteadyTime deadline_;
  std::string unsent_;
  std::array<char, 8 * 1024> buffer_;
  std::size_t position_ = 0;
  std::size_t end_ = 0;
  std::size_t received_ = 0;
  bool timed_out_ = false;
};

httplib::Request to_httplib(const ClientRequest& request, const std::string& traceparent) {
  httplib::Request out;
  out.method = request.method;
  out.path = request.target;
  out.body = request.body;
  if (!request.body.empty()) out.set_header("Content-Type", request.content_type);
  out.set_header("User-Agent", "msdemo");
  out.set_header("Accept-Encoding", "identity");
  if (!traceparent.empty()) out.set_header("traceparent", traceparent);
  for (const auto& [name, value] : request.headers) out.set_header(name, value);
  return out;
}

/// One kept connection, and httplib's request writer and response parser for it.
class Connection final : private httplib::ClientImpl {
 public:
  Connection(const std::string& host, int port, FileDescriptor socket)
      : httplib::ClientImpl(host, port), socket_(std::move(socket)) {
    set_url_encode(false);
    set_decompress(false);
  }

  struct Outcome {
    Result<ClientResponse> response;
    bool may_repeat = false;  ///< the connection was closed before anything came back
  };

  Outcome exchange(httplib::Request request, int interrupt_fd, SteadyTime deadline) {
    DeadlineStream stream(socket_.get(), interrupt_fd, deadline);
    httplib::Response response;
    httplib::Error error = httplib::Error::Success;
    if (!process_request(stream, request, response, false, error)) {
      socket_.reset();
      return {failure(stream), stream.received_nothing() && !stream.timed_out()};
    }
    if (equal_names(response.get_header_value("Connection"), "close") ||
        response.version != "HTTP/1.1" || stream.has_leftover()) {
      socket_.reset();
    }
    idle_since_ = std::chrono::steady_clock::now();
    ClientResponse out{response.status, std::move(response.body)};
    out.headers.assign(response.headers.begin(), response.headers.end());
    return {std::move(out)};
  }

  /// Whether another exchange can be tried on it: a closed one is readable.
  bool usable() const {
    if (!socket_.open()) return false;
    if (std::chrono::steady_clock::now() - idle_since_ > limits::kPooledIdle) return false;
    char byte = 0;
    return ::recv(socket_.get(), &byte, 1, MSG_PEEK | MSG_DONTWAIT) < 0 && errno == EAGAIN;
  }

  bool open() const { return socket_.open(); }

 private:
  static tl::unexpected<Error> failure(const DeadlineStream& stream) {
    if (stream.timed_out()) return fail(Code::timeout, "no answer came in time");
    if (stream.too_large()) return fail(Code::invalid_reply, "the answer is too large");
    if (stream.received_nothing()) {
      return fail(Code::connection_lost, "the connection broke before an answer came");
    }
    return fail(Code::invalid_reply, "the answer broke off or is not HTTP");
  }

  FileDescriptor socket_;
  SteadyTime idle_since_{};
};

bool is_safe(std::string_view method) {
  return method == "GET" || method == "HEAD";
}

}  // namespace

/// The pool: the connection used last is used next, so that the others can grow old and go.
class Client::Connections {
 public:
  Connections(const std::string& url, std::string peer) : url_(url), peer_(std::move(peer)) {
    constexpr std::string_view kScheme = "http://";
    std::string_view rest = url_;
    if (rest.substr(0, kScheme.size()) == kScheme) rest.remove_prefix(kScheme.size());
    rest = rest.substr(0, rest.find('/'));
    const auto colon = rest.rfind(':');
    host_ = rest.substr(0, colon);
    if (host_.size() > 2 && host_.front() == '[') host_ = host_.substr(1, host_.size() - 2);
    const auto port = colon == rest.npos ? std::nullopt : parse_integer(rest.substr(colon + 1));
    port_ = static_cast<int>(port.value_or(80));
  }

  Result<ClientResponse> send(const ClientRequest& request, const std::string& traceparent,
                              SteadyTime deadline) {
    for (;;) {
      if (interrupted_) return fail(Code::unreachable, "this client has been interrupted");
      std::unique_ptr<Connection> connection = take();
      const bool kept = connection != nullptr;
      if (!kept) {
        auto socket = connect_to(host_, port_, deadline);
        if (!socket) return fail(std::move(socket.error()));
        connection = std::make_unique<Connection>(host_, port_, std::move(*socket));
      }
      auto outcome =
          connection->exchange(to_httplib(request, traceparent), interrupt_.get(), deadline);
      if (connection->open()) give_back(std::move(connection));
      const bool repeat = !outcome.response && outcome.may_repeat && kept &&
                          is_safe(request.method) && !request.once;
      if (!repeat) return std::move(outcome.response);
    }
  }

  void interrupt() {
    interrupted_ = true;
    ::eventfd_write(interrupt_.get(), 1);
  }

  const std::string& url() const { return url_; }
  const std::string& peer() const { return peer_; }
  const std::string& host() const { return host_; }
  int port() const { return port_; }

 private:
  std::unique_ptr<Connection> take() {
    for (;;) {
      std::unique_lock lock(mutex_);
      if (idle_.empty()) return nullptr;
      std::unique_ptr<Connection> connection = std::move(idle_.back());
      idle_.pop_back();
      lock.unlock();
      if (connection->usable()) return connection;
    }
  }

  void give_back(std::unique_ptr<Connection> connection) {
    const std::lock_guard lock(mutex_);
    if (idle_.size() < limits::kPooledConnections) idle_.push_back(std::move(connection));
  }

  const std::string url_;
  const std::string peer_;
  std::string host_;
  int port_ = 0;
  FileDescriptor interrupt_{::eventfd(0, EFD_CLOEXEC)};  ///< readable once interrupted
  std::atomic<bool> interrupted_ = false;
  std::mutex mutex_;  ///< guards idle_
  std::vector<std::unique_ptr<Connection>> idle_;
};

std::optional<std::string> ClientResponse::header(std::string_view name) const {
  for (const auto& [key, value] : headers) {
    if (equal_names(key, name)) return value;
  }
  return std::nullopt;
}

std::string percent_encode(std::string_view text) {
  constexpr std::string_view kMarks = "-._~";
  std::string out;
  for (const char c : text) {
    const bool alphanumeric =
        (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
    if (alphanumeric || kMarks.find(c) != kMarks.npos) {
      out += c;
    } else {
      out += fmt::format("%{:02X}", static_cast<unsigned char>(c));
    }
  }
  return out;
}

Client::Client(const std::string& url, std::string peer)
    : connections_(std::make_unique<Connections>(url, std::move(peer))) {}

Client::~Client() = default;

void Client::interrupt() {
  connections_->interrupt();
}

const std::string& Client::url() const {
  return connections_->url();
}

Result<ClientResponse> Client::send(const ClientRequest& request, milliseconds deadline,
                                    const trace::Span* parent, std::string_view route) {
  const SteadyTime end =
      std::chrono::steady_clock::now() + std::min<milliseconds>(deadline, limits::kExchangeCeiling);
  if (parent == nullptr) return connections_->send(request, {}, end);

  trace::Span span =
      parent->recording()
          ? parent->child(fmt::format("{} {}", request.method, route), trace::SpanKind::client)
          : parent->child({});
  auto response = connections_->send(request, trace::format_traceparent(span.context()), end);
  if (!span.recording()) return response;

  span.set("http.request.method", request.method);
  span.set("url.path", request.target);
  span.set("msdemo.deadline_ms", std::int64_t{deadline.count()});
  span.set("server.address", connections_->host());
  span.set("server.port", std::int64_t{connections_->port()});
  if (!connections_->peer().empty()) span.set("peer.service", connections_->peer());
  if (response) {
    span.set("http.response.status_code", std::int64_t{response->status});
    if (response->status >= 400) span.fail(fmt::format("answered {}", response->status));
  } else {
    span.set("error.type", std::string(response.error().name()));
    span.fail(response.error().message);
  }
  return response;
}

}  // namespace msdemo::http
