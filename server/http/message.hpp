// Requests and responses as the services see them: no type of the HTTP library gets past http/.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/clock.hpp"
#include "base/json.hpp"
#include "trace/tracer.hpp"

namespace msdemo::http {

/// A complete request, already checked for framing, Host, Origin, media type and route. Views live
/// as long as the handler runs.
class Request {
 public:
  virtual ~Request() = default;

  virtual std::string_view body() const = 0;

  /// The text that `{…}` of the route stands for; empty if the route has none.
  virtual std::string_view path_parameter() const = 0;

  /// A query parameter, percent-decoded; nothing if it is absent. Of several, the first.
  virtual std::optional<std::string> query(const std::string& name) const = 0;

  /// A header, by its case-insensitive name; nothing if it is absent. Of several, all with commas
  /// in between.
  virtual std::optional<std::string> header(const std::string& name) const = 0;

  /// Until when the caller waits for the answer, if it said so in `X-Deadline-Ms` (how many
  /// milliseconds it still had). Work for it after that is for nobody.
  virtual std::optional<SteadyTime> deadline() const = 0;

  /// Has the caller closed the connection? Whoever waited long should ask before giving something
  /// away that nobody would receive.
  virtual bool abandoned() const = 0;

  /// The span of this request; its children are what the handler does.
  virtual trace::Span& span() const = 0;
};

struct Response {
  int status = 200;
  std::string body;
  std::string content_type = "application/json";
  std::vector<std::pair<std::string, std::string>> headers{};
  bool drop = false;  ///< say nothing of the above, close the connection: for faults
};

inline Response json_response(int status, const Json& body) {
  return {status, dump_json(body)};
}

}  // namespace msdemo::http
