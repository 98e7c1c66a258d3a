// The bytes of an answer.
#include "http/response_writer.hpp"

#include "support/catch.hpp"

using namespace msdemo::http;

namespace {

constexpr auto at(std::time_t seconds) {
  return std::chrono::system_clock::time_point(std::chrono::seconds(seconds));
}

}  // namespace

TEST_CASE("an answer has a status line, a date, its length and its headers", "[response]") {
  Response response{201, R"({"id":1})"};
  response.headers.emplace_back("Location", "/orders/1");
  // RFC 9110's own example of a date.
  CHECK(write_response(response, {.date = at(784111777)}) ==
        "HTTP/1.1 201 Created\r\nDate: Sun, 06 Nov 1994 08:49:37 GMT\r\n"
        "Content-Type: application/json\r\nContent-Length: 8\r\nLocation: /orders/1\r\n\r\n"
        R"({"id":1})");
}

TEST_CASE("the last answer of a connection says so, and HEAD gets no body", "[response]") {
  const Response response{299, "body", "text/plain"};
  const std::string bytes = write_response(response, {.keep_alive = false, .head_only = true});
  CHECK(bytes ==
        "HTTP/1.1 299 \r\nDate: Thu, 01 Jan 1970 00:00:00 GMT\r\n"
        "Content-Type: text/plain\r\nContent-Length: 4\r\nConnection: close\r\n\r\n");
}
