#include "http/client_pool.hpp"

#include <poll.h>
#include <sys/socket.h>

#include <array>
#include <cerrno>

#include "base/limits.hpp"
#include "base/text.hpp"
#include "http/arrival.hpp"
#include "http/response_reader.hpp"
#include "http/socket.hpp"

namespace msdemo::http {

/// One kept connection. Belongs to one exchange at a time.
class ClientPool::Connection {
 public:
  explicit Connection(FileDescriptor socket) : socket_(std::move(socket)) {}

  struct Outcome {
    Result<ClientResponse> response;
    bool may_repeat = false;     ///< the connection was closed before anything came back
    bool never_arrived = false;  ///< and certainly before the request came there
  };

  Outcome exchange(std::string_view request, bool head_request, int interrupt_fd,
                   SteadyTime deadline) {
    ClientResponse response;
    reader_.begin(head_request, &response.headers);
    const bool answered =
        send_all(socket_.get(), request, deadline) && receive(interrupt_fd, deadline);
    if (!answered) {
      const bool never_arrived = closed_before_arrival(socket_.get(), sent_bytes_);
      socket_.reset();
      const bool late = std::chrono::steady_clock::now() >= deadline;
      const bool silent = reader_.received() == 0 && !late;
      return {failure(late), silent, silent && never_arrived};
    }
    sent_bytes_ += request.size();
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
  std::uint64_t sent_bytes_ = 0;  ///< of requests that were answered
  SteadyTime idle_since_{};
};

ClientPool::ClientPool(const std::string& url) : url_(url) {
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

ClientPool::~ClientPool() = default;

Result<ClientResponse> ClientPool::send(const Exchange& exchange) {
  for (;;) {
    std::unique_ptr<Connection> connection = take();
    const bool kept = connection != nullptr;
    if (!kept) {
      auto socket = connect_to(host_, port_, exchange.connect_by);
      const SteadyTime now = std::chrono::steady_clock::now();
      rests_until_ = socket ? SteadyTime{} : now + limits::kRefusedAddress;
      if (!socket) return fail(std::move(socket.error()));
      connection = std::make_unique<Connection>(std::move(*socket));
    }
    auto outcome = connection->exchange(exchange.text, exchange.head_request, exchange.interrupt_fd,
                                        exchange.deadline);
    if (connection->open()) give_back(std::move(connection));
    const bool repeat = outcome.never_arrived || (outcome.may_repeat && exchange.may_repeat);
    if (!kept || !repeat) return std::move(outcome.response);
  }
}

std::unique_ptr<ClientPool::Connection> ClientPool::take() {
  for (;;) {
    std::unique_lock lock(mutex_);
    if (idle_.empty()) return nullptr;
    std::unique_ptr<Connection> connection = std::move(idle_.back());
    idle_.pop_back();
    lock.unlock();
    if (connection->usable()) return connection;
  }
}

void ClientPool::give_back(std::unique_ptr<Connection> connection) {
  const std::lock_guard lock(mutex_);
  if (idle_.size() < limits::kPooledConnections) idle_.push_back(std::move(connection));
}

}  // namespace msdemo::http
