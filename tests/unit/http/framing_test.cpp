#include "http/framing.hpp"

#include <string>

#include "support/catch.hpp"

using namespace msdemo;
using namespace msdemo::http;

namespace {

const FramingLimits kLimits{};

std::string request(const std::string& line, const std::string& headers = "") {
  return line + "\r\nHost: localhost\r\n" + headers + "\r\n";
}

Code refusal(const std::string& bytes) {
  const auto frame = read_frame(bytes, kLimits);
  REQUIRE_FALSE(frame);
  return frame.error().code;
}

Frame accepted(const std::string& bytes) {
  const auto frame = read_frame(bytes, kLimits);
  REQUIRE(frame);
  REQUIRE(frame->has_value());
  return **frame;
}

}  // namespace

TEST_CASE("a request is incomplete at every byte before its head ends", "[framing]") {
  const std::string whole = request("POST /users HTTP/1.1", "Content-Length: 2\r\n");
  for (std::size_t size = 0; size < whole.size(); ++size) {
    const auto frame = read_frame(std::string_view(whole).substr(0, size), kLimits);
    REQUIRE(frame);
    CHECK_FALSE(frame->has_value());
  }
  const Frame frame = accepted(whole + "{}GET / HTTP/1.1");
  CHECK(frame.head_bytes == whole.size());
  CHECK(frame.body_bytes == 2);
}

TEST_CASE("the head's parts are found, names in any case", "[framing]") {
  const std::string bytes =
      request("GET /users?limit=2 HTTP/1.1", "ORIGIN:http://localhost\r\ntraceparent: \t00-x \r\n");
  const Frame frame = accepted(bytes);
  CHECK(frame.method == "GET");
  CHECK(frame.target == "/users?limit=2");
  CHECK(frame.path() == "/users");
  CHECK(frame.host == "localhost");
  CHECK(frame.origin == "http://localhost");
  CHECK(frame.traceparent == "00-x");
  CHECK(frame.keep_alive);
}

TEST_CASE("a connection is kept unless the client says otherwise or speaks 1.0", "[framing]") {
  CHECK_FALSE(accepted(request("GET / HTTP/1.1", "Connection: Close\r\n")).keep_alive);
  CHECK_FALSE(accepted(request("GET / HTTP/1.1", "Connection: foo, close\r\n")).keep_alive);
  CHECK(accepted(request("GET / HTTP/1.1", "Connection: keep-alive\r\n")).keep_alive);
  CHECK_FALSE(accepted(request("GET / HTTP/1.0")).keep_alive);
}

TEST_CASE("broken heads are refused", "[framing]") {
  for (const std::string& bytes :
       {std::string("GET /\r\n\r\n"),
        std::string("GET / HTTP/2.0\r\nHost: a\r\n\r\n"),
        std::string("G@T / HTTP/1.1\r\nHost: a\r\n\r\n"),
        std::string("GET users HTTP/1.1\r\nHost: a\r\n\r\n"),
        std::string("GET /a b HTTP/1.1\r\nHost: a\r\n\r\n"),
        std::string("GET /\x01 HTTP/1.1\r\nHost: a\r\n\r\n"),
        std::string("GET / HTTP/1.1\r\n\r\n"),
        std::string("GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n"),
        request("GET / HTTP/1.1", "no colon\r\n"),
        request("GET / HTTP/1.1", "name : value\r\n"),
        request("GET / HTTP/1.1", " folded\r\n"),
        request("GET / HTTP/1.1", "a: b\nc: d\r\n"),
        request("GET / HTTP/1.1", std::string("a: b\0c\r\n", 8)),
        request("POST / HTTP/1.1", "Content-Length: x\r\n"),
        request("POST / HTTP/1.1", "Content-Length: -1\r\n"),
        request("POST / HTTP/1.1", "Content-Length: +1\r\n"),
        request("POST / HTTP/1.1", "Content-Length:\r\n"),
        request("POST / HTTP/1.1", "Content-Length: 2\r\nContent-Length: 2\r\n"),
        request("POST / HTTP/1.1", "Content-Length: 2, 3\r\n"),
        request("POST / HTTP/1.1", "Content-Length: 2\r\nTransfer-Encoding: chunked\r\n")}) {
    INFO(bytes);
    CHECK(refusal(bytes) == Code::bad_request);
  }
}

TEST_CASE("a body needs a length and may not be chunked", "[framing]") {
  CHECK(refusal(request("POST / HTTP/1.1")) == Code::length_required);
  CHECK(refusal(request("POST / HTTP/1.1", "Transfer-Encoding: chunked\r\n")) ==
        Code::length_required);
  CHECK(refusal(request("GET / HTTP/1.1", "transfer-encoding: gzip\r\n")) == Code::length_required);
}

TEST_CASE("everything has a limit, exactly", "[framing]") {
  const auto sized = [](std::size_t bytes) {
    return request("POST / HTTP/1.1", "Content-Length: " + std::to_string(bytes) + "\r\n");
  };
  CHECK(accepted(sized(kLimits.body_bytes)).body_bytes == kLimits.body_bytes);
  CHECK(refusal(sized(kLimits.body_bytes + 1)) == Code::body_too_large);
  CHECK(refusal(request("POST / HTTP/1.1", "Content-Length: 99999999999999999999999\r\n")) ==
        Code::body_too_large);

  const auto path = [](std::size_t bytes) { return "/" + std::string(bytes - 1, 'a'); };
  CHECK(accepted(request("GET " + path(kLimits.uri_bytes) + " HTTP/1.1")).method == "GET");
  CHECK(refusal(request("GET " + path(kLimits.uri_bytes + 1) + " HTTP/1.1")) == Code::uri_too_long);
  CHECK(refusal("GET /" + std::string(5000, 'a')) == Code::uri_too_long);

  const std::string huge = "a: " + std::string(100'000, 'b') + "\r\n";
  CHECK(refusal(request("GET / HTTP/1.1", huge)) == Code::headers_too_large);
  CHECK(refusal("GET / HTTP/1.1\r\n" + huge) == Code::headers_too_large);
}

TEST_CASE("headers are found by name, without a value and several times", "[framing]") {
  const std::string head =
      request("GET / HTTP/1.1", "Key-More: a\r\nKEY:\r\nTwice: b\r\ntwice: c\r\n");
  CHECK(find_header(head, "key") == "");
  CHECK(find_header(head, "Twice") == "b, c");
  CHECK(find_header(head, "Key-More") == "a");
  CHECK(find_header(head, "host") == "localhost");
  CHECK_FALSE(find_header(head, "ke").has_value());
  CHECK_FALSE(find_header(head, "GET / HTTP/1.1").has_value());
}

TEST_CASE("a client that waits for permission to send its body is noticed", "[framing]") {
  CHECK(accepted(request("POST / HTTP/1.1", "Content-Length: 2\r\nExpect: 100-Continue\r\n"))
            .wants_continue);
}
