// The order trail: cli/commands/order.cpp -> [server/http/client.cpp] -> server/order/routes.cpp
#include "http/client.hpp"

#include <fmt/format.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <cerrno>
#include <iterator>
#include <mutex>

#include "base/text.hpp"
#include "http/framing.hpp"
#include "http/response_reader.hpp"
#include "http/socket.hpp"
#include "trace/traceparent.hpp"

namespace msdemo::http {

namespace {

using std::chrono::milliseconds;

bool is_safe(std::string_view method) {
  return method == "GET" || method == "HEAD";
}

/// A request as it is sent. Fails with usage if a header would be more than one line.
Result<std::string> to_text(const ClientRequest& request, std::string_view authority,
                            const std::string& traceparent) {
  std::string text = fmt::format(
      "{} {} HTTP/1.1\r\nHost: {}\r\nUser-Agent: msdemo\r\nAccept-Encoding: identity\r\n",
      request.method, request.target, authority);
  const auto add = [&text](std::string_view name, std::string_view value) {
    fmt::format_to(std::back_inserter(text), "{}: {}\r\n", name, value);
  };
  if (!traceparent.empty()) add("traceparent", traceparent);
  for (const auto& [name, value] : request.headers) {
    if (value.find_first_of("\r\n") != value.npos) {
      return fail(Code::usage, fmt::format("the header {} must be one line", name));
    }
    add(name, value);
  }
  if (!request.body.empty()) add("Content-Type", request.content_type);
  if (!request.body.empty() || !is_safe(request.method)) {
    fmt::format_to(std::back_inserter(text), "Content-Length: {}\r\n", request.body.size());
  }
  text += "\r\n";
  text += request.body;
  return text;
}

/// One kept connection. Belongs to one exchange at a time.
class Connection {
 public:
  explicit Connection(FileDescriptor socket) : socket_(std::move(socket)) {}

  struct Outcome {
    Result<ClientResponse> response;
    bool may_repeat = false;  ///< the connection was closed before anything came back
  };

  Outcome exchange(std::string_view request, bool head_request, int interrupt_fd,
                   SteadyTime deadline) {
    ClientResponse response;
    reader_.begin(head_request, &response.headers);
    const bool answered =
        send_all(socket_.get(), request, deadline) && receive(interrupt_fd, deadline);
    if (!answered) {
      socket_.reset();
      const bool late = std::chrono::steady_clock::now() >= deadline;
      return {failure(late), reader_.received() == 0 && !late};
    }
    response.status = reader_.status();
    response.body = reader_.body();
    if (!reader_.keep_alive()) socket_.reset();
    idle_since_ = std::chrono::steady_clock::now();
    return {std::move(response)};
  }

  /// Whether another exchange can be tried on it: a closed one is readable.
  bool usable() const {
    if (std::chrono::steady_clock::now() - idle_since_ > limits::kPooledIdle) return false;
    char byte = 0;
    return ::recv(socket_.get(), &byte, 1, MSG_PEEK | MSG_DONTWAIT) < 0 && errno == EAGAIN;
  }

  bool open() const { return socket_.open(); }

 private:
  /// False when the deadline passed, or there will be no whole answer.
  bool receive(int interrupt_fd, SteadyTime deadline) {
    static thread_local std::array<char, 16 * 1024> buffer;
    for (;;) {
      if (!wait_for(socket_.get(), POLLIN, deadline, interrupt_fd)) return false;
      const ssize_t count = ::recv(socket_.get(), buffer.data(), buffer.size(), 0);
      if (count < 0 && (errno == EAGAIN || errno == EINTR)) continue;
      if (count <= 0) return count == 0 && reader_.closed() == ResponseReader::State::complete;
      const auto state = reader_.read({buffer.data(), static_cast<std::size_t>(count)});
      if (state != ResponseReader::State::incomplete) {
        return state == ResponseReader::State::complete;
      }
    }
  }

  tl::unexpected<Error> failure(bool late) const {
    if (late) return fail(Code::timeout, "no answer came in time");
    if (reader_.received() > limits::kReplyBytes) {
      return fail(Code::invalid_reply, "the answer is too large");
    }
    if (reader_.received() == 0) {
      return fail(Code::connection_lost, "the connection broke before an answer came");
    }
    return fail(Code::invalid_reply, "the answer broke off or is not HTTP");
  }

  FileDescriptor socket_;
  ResponseReader reader_;
  SteadyTime idle_since_{};
};

}  // namespace

/// The pool: the connection used last is used next, so that the others can grow old and go.
class Client::Connections {
 public:
  Connections(const std::string& url, std::string peer) : url_(url), peer_(std::move(peer)) {
    constexpr std::string_view kScheme = "http://";
    std::string_view rest = url_;
    if (rest.substr(0, kScheme.size()) == kScheme) rest.remove_prefix(kScheme.size());
    rest = rest.substr(0, rest.find('/'));
    authority_ = rest;
    const auto colon = rest.rfind(':');
    host_ = rest.substr(0, colon);
    if (host_.size() > 2 && host_.front() == '[') host_ = host_.substr(1, host_.size() - 2);
    const auto port = colon == rest.npos ? std::nullopt : parse_integer(rest.substr(colon + 1));
    port_ = static_cast<int>(port.value_or(80));
  }

  Result<ClientResponse> send(const ClientRequest& request, const std::string& traceparent,
                              SteadyTime deadline) {
    const auto text = to_text(request, authority_, traceparent);
    if (!text) return fail(text.error());
    for (;;) {
      if (interrupted_) return fail(Code::unreachable, "this client has been interrupted");
      std::unique_ptr<Connection> connection = take();
      const bool kept = connection != nullptr;
      if (!kept) {
        auto socket = connect_to(host_, port_, deadline);
        if (!socket) return fail(std::move(socket.error()));
        connection = std::make_unique<Connection>(std::move(*socket));
      }
      auto outcome =
          connection->exchange(*text, request.method == "HEAD", interrupt_.get(), deadline);
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
  std::string authority_;  ///< `host:port`
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
