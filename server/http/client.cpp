// The order trail: cli/commands/order.cpp -> [server/http/client.cpp] -> server/order/routes.cpp
#include "http/client.hpp"

#include <fmt/format.h>
#include <sys/eventfd.h>

#include <algorithm>
#include <atomic>
#include <iterator>

#include "base/limits.hpp"
#include "http/client_pool.hpp"
#include "http/framing.hpp"
#include "http/socket.hpp"
#include "trace/traceparent.hpp"

namespace msdemo::http {

namespace {

using std::chrono::milliseconds;

bool is_safe(std::string_view method) {
  return method == "GET" || method == "HEAD";
}

/// Whether nothing changes if it is done twice (RFC 9110, section 9.2.2), or the service sees to
/// it.
bool may_happen_twice(const ClientRequest& request) {
  return is_safe(request.method) ||
         std::any_of(request.headers.begin(), request.headers.end(), [](const auto& header) {
           return equal_names(header.first, "Idempotency-Key");
         });
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

}  // namespace

/// All addresses of the service, and whose turn it is.
class Client::Addresses {
 public:
  Addresses(const std::vector<std::string>& urls, std::string peer)
      : urls_(urls), peer_(std::move(peer)) {
    for (const std::string& url : urls) pools_.push_back(std::make_unique<ClientPool>(url));
  }

  /// What came of a request, and where.
  struct Outcome {
    Result<ClientResponse> response;
    const ClientPool* asked;
    std::vector<const ClientPool*> refused{};  ///< before that one
  };

  /// The next address is asked only when this one took no connection; when none did, all are asked
  /// once more: of replicas that are restarted one after another, one may be back by now.
  Outcome send(const ClientRequest& request, const std::string& traceparent, SteadyTime deadline) {
    Outcome outcome{fail(Code::unreachable, "this client has been interrupted"), nullptr};
    const std::vector<ClientPool*> pools = in_turn();
    for (ClientPool* pool : pools) {
      if (outcome.asked != nullptr) outcome.refused.push_back(outcome.asked);
      outcome.asked = pool;
      if (interrupted_) break;
      const bool last = outcome.refused.size() + 1 == pools.size();
      const SteadyTime now = std::chrono::steady_clock::now();
      const auto text = to_text(request, pool->authority(), traceparent);
      outcome.response =
          text ? pool->send({.text = *text,
                             .head_request = request.method == "HEAD",
                             .may_repeat = !request.once && may_happen_twice(request),
                             .connect_by = last ? deadline
                                                : std::min(deadline, now + limits::kReplicaConnect),
                             .deadline = deadline,
                             .interrupt_fd = interrupt_.get()})
               : fail(text.error());
      if (outcome.response || outcome.response.error().code != Code::unreachable) break;
    }
    return outcome;
  }

  void interrupt() {
    interrupted_ = true;
    ::eventfd_write(interrupt_.get(), 1);
  }

  const std::vector<std::string>& urls() const { return urls_; }
  const std::string& peer() const { return peer_; }

 private:
  /// From the next one on, those that refused lately last: they may be back.
  std::vector<ClientPool*> in_turn() {
    const std::size_t count = pools_.size();
    const std::size_t first = count == 1 ? 0 : next_++ % count;
    std::vector<ClientPool*> order;
    for (std::size_t i = 0; i < count; ++i) order.push_back(pools_[(first + i) % count].get());
    if (count == 1) return order;
    const SteadyTime now = std::chrono::steady_clock::now();
    std::stable_partition(order.begin(), order.end(),
                          [&](const ClientPool* pool) { return !pool->resting(now); });
    for (std::size_t i = 0; i < count; ++i) order.push_back(order[i]);
    return order;
  }

  const std::vector<std::string> urls_;
  const std::string peer_;
  std::vector<std::unique_ptr<ClientPool>> pools_;  ///< of each URL
  std::atomic<std::size_t> next_ = 0;
  FileDescriptor interrupt_{::eventfd(0, EFD_CLOEXEC)};  ///< readable once interrupted
  std::atomic<bool> interrupted_ = false;
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
    : Client(std::vector{url}, std::move(peer)) {}

Client::Client(const std::vector<std::string>& urls, std::string peer)
    : addresses_(std::make_unique<Addresses>(urls, std::move(peer))) {}

Client::~Client() = default;

void Client::interrupt() {
  addresses_->interrupt();
}

const std::vector<std::string>& Client::urls() const {
  return addresses_->urls();
}

Result<ClientResponse> Client::send(const ClientRequest& request, milliseconds deadline,
                                    const trace::Span* parent, std::string_view route) {
  const SteadyTime end =
      std::chrono::steady_clock::now() + std::min<milliseconds>(deadline, limits::kExchangeCeiling);
  if (parent == nullptr) return addresses_->send(request, {}, end).response;

  trace::Span span =
      parent->recording()
          ? parent->child(fmt::format("{} {}", request.method, route), trace::SpanKind::client)
          : parent->child({});
  auto outcome = addresses_->send(request, trace::format_traceparent(span.context()), end);
  Result<ClientResponse>& response = outcome.response;
  if (!span.recording()) return std::move(response);

  span.set("http.request.method", request.method);
  span.set("url.path", request.target);
  span.set("msdemo.deadline_ms", std::int64_t{deadline.count()});
  span.set("server.address", outcome.asked->host());
  span.set("server.port", std::int64_t{outcome.asked->port()});
  if (!addresses_->peer().empty()) span.set("peer.service", addresses_->peer());
  for (const ClientPool* refused : outcome.refused) {
    span.decide("policy.next_address",
                refused->authority() + " takes no connection: the next replica is asked");
  }
  if (response) {
    span.set("http.response.status_code", std::int64_t{response->status});
    if (response->status >= 400) span.fail(fmt::format("answered {}", response->status));
  } else {
    span.set("error.type", std::string(response.error().name()));
    span.fail(response.error().message);
  }
  return std::move(response);
}

}  // namespace msdemo::http
