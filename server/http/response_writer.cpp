#include "http/response_writer.hpp"

#include <fmt/chrono.h>
#include <fmt/format.h>

#include <array>
#include <iterator>
#include <string_view>

namespace msdemo::http {

namespace {

struct Reason {
  int status;
  std::string_view phrase;
};

/// RFC 9110, section 15. A status that is not here has an empty reason, which is allowed.
constexpr std::array<Reason, 24> kReasons{{{200, "OK"},
                                           {201, "Created"},
                                           {202, "Accepted"},
                                           {204, "No Content"},
                                           {400, "Bad Request"},
                                           {401, "Unauthorized"},
                                           {403, "Forbidden"},
                                           {404, "Not Found"},
                                           {405, "Method Not Allowed"},
                                           {408, "Request Timeout"},
                                           {409, "Conflict"},
                                           {411, "Length Required"},
                                           {413, "Content Too Large"},
                                           {414, "URI Too Long"},
                                           {415, "Unsupported Media Type"},
                                           {421, "Misdirected Request"},
                                           {422, "Unprocessable Content"},
                                           {429, "Too Many Requests"},
                                           {431, "Request Header Fields Too Large"},
                                           {500, "Internal Server Error"},
                                           {502, "Bad Gateway"},
                                           {503, "Service Unavailable"},
                                           {504, "Gateway Timeout"},
                                           {507, "Insufficient Storage"}}};

std::string_view reason_of(int status) {
  for (const Reason& reason : kReasons) {
    if (reason.status == status) return reason.phrase;
  }
  return {};
}

/// IMF-fixdate (RFC 9110, section 5.6.7), made once a second on each thread.
const std::string& http_date(std::chrono::system_clock::time_point time) {
  static thread_local std::time_t second = -1;
  static thread_local std::string text;
  const std::time_t now = std::chrono::system_clock::to_time_t(time);
  if (now != second) {
    second = now;
    text = fmt::format("{:%a, %d %b %Y %H:%M:%S GMT}", fmt::gmtime(now));
  }
  return text;
}

}  // namespace

std::string write_response(const Response& response, const Delivery& delivery) {
  std::string bytes;
  constexpr std::size_t kUsualHead = 256;
  bytes.reserve(kUsualHead + response.body.size());
  const auto out = std::back_inserter(bytes);
  fmt::format_to(out, "HTTP/1.1 {} {}\r\nDate: {}\r\nContent-Type: {}\r\nContent-Length: {}\r\n",
                 response.status, reason_of(response.status), http_date(delivery.date),
                 response.content_type, response.body.size());
  for (const auto& [name, value] : response.headers) {
    bytes.append(name).append(": ").append(value).append("\r\n");
  }
  if (!delivery.keep_alive) bytes += "Connection: close\r\n";
  bytes += "\r\n";
  if (!delivery.head_only) bytes += response.body;
  return bytes;
}

}  // namespace msdemo::http
