#include "http/framing.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <string>

#include "base/text.hpp"

namespace msdemo::http {

namespace {

constexpr std::string_view kLineEnd = "\r\n";
constexpr std::size_t kRequestLineExtra = 32;  ///< method, version and blanks around the target

char lower(char c) {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}

/// RFC 9110, section 5.6.2.
bool is_token(std::string_view text) {
  constexpr std::string_view kMarks = "!#$%&'*+-.^_`|~";
  return !text.empty() && std::all_of(text.begin(), text.end(), [&](char c) {
    const char l = lower(c);
    return (l >= 'a' && l <= 'z') || (c >= '0' && c <= '9') || kMarks.find(c) != kMarks.npos;
  });
}

bool is_visible(std::string_view text) {
  return !text.empty() &&
         std::all_of(text.begin(), text.end(), [](char c) { return c > ' ' && c < 0x7f; });
}

/// Field values may hold anything but controls; a tab is no control here.
bool is_field_value(std::string_view text) {
  return std::all_of(text.begin(), text.end(), [](char c) {
    const auto byte = static_cast<unsigned char>(c);
    return c == '\t' || (byte >= 0x20 && byte != 0x7f);
  });
}

tl::unexpected<Error> bad(std::string message) {
  return fail(Code::bad_request, std::move(message));
}

tl::unexpected<Error> uri_too_long(const FramingLimits& limits) {
  return fail(Code::uri_too_long,
              fmt::format("path and query may have {} bytes together", limits.uri_bytes));
}

Result<void> read_request_line(std::string_view line, const FramingLimits& limits, Frame& frame) {
  const auto first = line.find(' ');
  const auto last = line.rfind(' ');
  if (first == std::string_view::npos || first == last) {
    return bad("the request line must be `method target HTTP/1.1`");
  }
  frame.method = line.substr(0, first);
  frame.target = line.substr(first + 1, last - first - 1);
  const std::string_view version = line.substr(last + 1);
  if (!is_token(frame.method)) return bad("the method is not a token");
  if (version != "HTTP/1.1" && version != "HTTP/1.0") {
    return bad("only HTTP/1.1 and HTTP/1.0 are spoken here");
  }
  if (frame.target.size() > limits.uri_bytes) return uri_too_long(limits);
  if (frame.target.empty() || frame.target.front() != '/' || !is_visible(frame.target)) {
    return bad("the target must be a path that begins with / and holds visible ASCII only");
  }
  frame.keep_alive = version == "HTTP/1.1";
  return {};
}

/// What the header lines say together, beyond the values kept in the frame.
struct HeaderFacts {
  int hosts = 0;
  std::optional<std::size_t> content_length;
  bool two_lengths = false;
  bool transfer_encoding = false;
};

Result<void> read_content_length(std::string_view value, HeaderFacts& facts) {
  const bool digits = !value.empty() && std::all_of(value.begin(), value.end(),
                                                    [](char c) { return c >= '0' && c <= '9'; });
  const auto length = digits ? parse_integer(value) : std::nullopt;
  if (!digits) return bad("Content-Length must be a whole number");
  facts.two_lengths = facts.two_lengths || facts.content_length.has_value();
  // A number too large for an integer is too large for a body all the same.
  facts.content_length = static_cast<std::size_t>(length.value_or(INT64_MAX));
  return {};
}

Result<void> read_header(std::string_view name, std::string_view value, Frame& frame,
                         HeaderFacts& facts) {
  struct Kept {
    std::string_view name;
    std::string_view Frame::*member;
  };
  static constexpr Kept kKept[] = {{"origin", &Frame::origin},
                                   {"sec-fetch-site", &Frame::sec_fetch_site},
                                   {"content-type", &Frame::content_type},
                                   {"content-encoding", &Frame::content_encoding},
                                   {"authorization", &Frame::authorization},
                                   {"traceparent", &Frame::traceparent},
                                   {"x-deadline-ms", &Frame::deadline_ms}};
  for (const Kept& kept : kKept) {
    if (equal_names(name, kept.name)) frame.*kept.member = value;
  }
  if (equal_names(name, "host")) {
    ++facts.hosts;
    frame.host = value;
  } else if (equal_names(name, "content-length")) {
    return read_content_length(value, facts);
  } else if (equal_names(name, "transfer-encoding")) {
    facts.transfer_encoding = true;
  } else if (equal_names(name, "connection")) {
    if (has_token(value, "close")) frame.keep_alive = false;
  } else if (equal_names(name, "expect")) {
    frame.wants_continue = equal_names(value, "100-continue");
  }
  return {};
}

Result<void> read_headers(std::string_view lines, Frame& frame, HeaderFacts& facts) {
  while (!lines.empty()) {
    const auto end = lines.find(kLineEnd);
    const std::string_view line = lines.substr(0, end);
    lines.remove_prefix(end + kLineEnd.size());
    const auto colon = line.find(':');
    if (colon == std::string_view::npos || !is_token(line.substr(0, colon))) {
      return bad("a header line must be `name: value`, without blanks before the colon");
    }
    const std::string_view value = trim(line.substr(colon + 1));
    if (!is_field_value(value)) return bad("a header value holds a control character");
    if (auto read = read_header(line.substr(0, colon), value, frame, facts); !read) return read;
  }
  return {};
}

Result<void> check_length(const HeaderFacts& facts, const FramingLimits& limits, Frame& frame) {
  if (facts.two_lengths || (facts.transfer_encoding && facts.content_length)) {
    return bad("the request tells its length twice");
  }
  const bool takes_body =
      frame.method == "POST" || frame.method == "PUT" || frame.method == "PATCH";
  if (facts.transfer_encoding || (takes_body && !facts.content_length)) {
    return fail(Code::length_required, "send the body with a Content-Length, not chunked");
  }
  frame.body_bytes = facts.content_length.value_or(0);
  if (frame.body_bytes > limits.body_bytes) {
    return fail(Code::body_too_large, fmt::format("a body may have {} bytes", limits.body_bytes));
  }
  return {};
}

}  // namespace

std::optional<std::string> find_header(std::string_view head, std::string_view name) {
  std::optional<std::string> found;
  for (auto at = head.find(kLineEnd); at != head.npos; at = head.find(kLineEnd, at + 1)) {
    const std::string_view line = head.substr(at + kLineEnd.size());
    if (line.size() > name.size() && line[name.size()] == ':' &&
        equal_names(line.substr(0, name.size()), name)) {
      const std::string_view rest = line.substr(name.size() + 1);
      const std::string_view value = trim(rest.substr(0, rest.find(kLineEnd)));
      found = found ? *found + ", " + std::string(value) : std::string(value);
    }
  }
  return found;
}

bool equal_names(std::string_view a, std::string_view b) {
  return a.size() == b.size() && std::equal(a.begin(), a.end(), b.begin(),
                                            [](char x, char y) { return lower(x) == lower(y); });
}

std::string_view trim(std::string_view text) {
  const auto begin = text.find_first_not_of(" \t");
  if (begin == std::string_view::npos) return {};
  return text.substr(begin, text.find_last_not_of(" \t") - begin + 1);
}

bool has_token(std::string_view list, std::string_view token) {
  while (!list.empty()) {
    const auto comma = list.find(',');
    if (equal_names(trim(list.substr(0, comma)), token)) return true;
    if (comma == std::string_view::npos) break;
    list.remove_prefix(comma + 1);
  }
  return false;
}

Result<std::optional<Frame>> read_frame(std::string_view received, const FramingLimits& limits) {
  const std::string_view head =
      received.substr(0, std::min(received.size(), limits.header_bytes + 4));
  const auto end = head.find("\r\n\r\n");
  const auto line_end = head.find(kLineEnd);
  if (line_end == std::string_view::npos && head.size() > limits.uri_bytes + kRequestLineExtra) {
    return uri_too_long(limits);
  }
  if (end == std::string_view::npos) {
    if (received.size() > limits.header_bytes) {
      return fail(Code::headers_too_large,
                  fmt::format("request line and headers may have {} bytes", limits.header_bytes));
    }
    return std::nullopt;
  }

  Frame frame;
  frame.head_bytes = end + 4;
  if (auto line = read_request_line(head.substr(0, line_end), limits, frame); !line) {
    return fail(std::move(line.error()));
  }
  HeaderFacts facts;
  const std::size_t headers_at = line_end + kLineEnd.size();
  const std::size_t headers_size = end + kLineEnd.size() - headers_at;
  if (auto headers = read_headers(head.substr(headers_at, headers_size), frame, facts); !headers) {
    return fail(std::move(headers.error()));
  }
  if (facts.hosts != 1 || frame.host.empty()) return bad("exactly one Host header is needed");
  if (auto length = check_length(facts, limits, frame); !length) {
    return fail(std::move(length.error()));
  }
  return frame;
}

}  // namespace msdemo::http
