// Where a request begins and ends, decided strictly before any other code sees it. Pure.
// Two parsers that disagree about this are how requests get smuggled (RFC 9112, section 11.2).
#pragma once

#include <cstddef>
#include <optional>
#include <string_view>

#include "base/error.hpp"
#include "base/limits.hpp"

namespace msdemo::http {

struct FramingLimits {
  std::size_t uri_bytes = limits::kUriBytes;
  std::size_t header_bytes = limits::kHeaderBytes;
  std::size_t body_bytes = limits::kBodyBytes;
};

/// The head of a request. All views point into the buffer it was read from; a header that is absent
/// is empty.
struct Frame {
  std::size_t head_bytes = 0;  ///< up to and including the empty line
  std::size_t body_bytes = 0;
  bool keep_alive = true;
  bool wants_continue = false;  ///< the client waits for `100 Continue` before it sends the body
  std::string_view method;
  std::string_view target;
  std::string_view host;
  std::string_view origin;
  std::string_view sec_fetch_site;
  std::string_view content_type;
  std::string_view content_encoding;
  std::string_view authorization;
  std::string_view traceparent;
  std::string_view deadline_ms;  ///< `X-Deadline-Ms`

  std::size_t total_bytes() const { return head_bytes + body_bytes; }
  /// The target without its query.
  std::string_view path() const { return target.substr(0, target.find('?')); }
};

/// Reads the head at the start of `received`. Nothing while it is incomplete; an error when it can
/// never become a request this server takes (bad_request, length_required, body_too_large,
/// uri_too_long, headers_too_large): the connection is of no use then.
Result<std::optional<Frame>> read_frame(std::string_view received, const FramingLimits& limits);

/// The value of the header named `name` in a head that read_frame() has accepted; nothing if it is
/// absent. Of several, all with commas in between (RFC 9110, section 5.3). An empty value is a
/// value.
std::optional<std::string> find_header(std::string_view head, std::string_view name);

/// ASCII case-insensitive equality, as HTTP compares names.
bool equal_names(std::string_view a, std::string_view b);

/// Without the blanks and tabs around it.
std::string_view trim(std::string_view text);

/// Whether the comma-separated `list` names `token`.
bool has_token(std::string_view list, std::string_view token);

}  // namespace msdemo::http
