// An HTTP/1.1 client that always comes back in time, and says whether the request can have
// happened.
#pragma once

#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/error.hpp"
#include "base/limits.hpp"
#include "trace/tracer.hpp"

namespace msdemo::http {

struct ClientRequest {
  std::string method = "GET";
  std::string target = "/";  ///< path and query, percent-encoded
  std::string body{};
  std::string content_type = "application/json";  ///< sent when there is a body
  std::vector<std::pair<std::string, std::string>> headers{};
  bool once = false;  ///< sent once at most, even if a kept connection turns out to be closed
};

struct ClientResponse {
  int status = 0;
  std::string body;
  std::vector<std::pair<std::string, std::string>> headers{};

  /// By its case-insensitive name; nothing if it is absent.
  std::optional<std::string> header(std::string_view name) const;
};

/// `text` as a segment of a path or a value in a query (RFC 3986, section 2.3: all but unreserved
/// characters are encoded).
std::string percent_encode(std::string_view text);

/// Talks to one service, which may be at several addresses: its replicas. They are asked in turn;
/// one that takes no connection, or not within limits::kReplicaConnect, is passed over for the next
/// one within the same deadline, and asked last for limits::kRefusedAddress. Keeps up to
/// limits::kPooledConnections idle connections to each, of which each serves one exchange at a
/// time. Thread-safe.
class Client {
 public:
  /// `url` is `http://host:port`, without a path; `peer` is the service there, named in spans.
  /// Nothing is connected yet.
  explicit Client(const std::string& url, std::string peer = {});

  /// The same for a service at any of `urls`, which are not empty.
  explicit Client(const std::vector<std::string>& urls, std::string peer = {});
  Client(const Client&) = delete;
  Client& operator=(const Client&) = delete;
  ~Client();

  /// Sends one request and waits for the whole answer, whatever its status. The exchange (connect,
  /// send, wait, receive) ends within `deadline`, or limits::kExchangeCeiling if that is shorter.
  ///
  /// Errors: `unreachable` (definite: no byte was sent, to none of the addresses), `timeout`,
  /// `connection_lost` and `invalid_reply` (indefinite: the request may have happened). A kept
  /// connection that was closed before the request came there is replaced. One that breaks without
  /// an answer is replaced only if the request may happen twice (GET, HEAD, or with an
  /// Idempotency-Key) and is not meant to be sent once.
  ///
  /// The exchange is a client span under `parent` when that is recording, named
  /// `<method> <route>`, and carries its `traceparent`.
  Result<ClientResponse> send(const ClientRequest& request, std::chrono::milliseconds deadline,
                              const trace::Span* parent = nullptr, std::string_view route = {});

  /// Breaks every exchange that is under way, and each later one before it begins: they end with
  /// connection_lost or unreachable. For whoever must leave while another thread waits.
  void interrupt();

  /// `http://host:port` each, as given.
  const std::vector<std::string>& urls() const;

 private:
  class Addresses;
  std::unique_ptr<Addresses> addresses_;
};

}  // namespace msdemo::http
