// Where an answer ends, however it comes in.
#include "http/response_reader.hpp"

#include "base/limits.hpp"
#include "support/catch.hpp"

namespace msdemo::http {

namespace {

using State = ResponseReader::State;

struct Sample {
  std::string bytes;
  int status;
  std::string body;
  bool keep_alive;
};

const Sample kSamples[] = {
    {"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello", 200, "hello", true},
    {"HTTP/1.1 200 OK\r\ncontent-length:0\r\nX: Content-Length: 9\r\n\r\n", 200, "", true},
    {"HTTP/1.1 200 OK\r\nConnection: Close\r\nContent-Length: 1\r\n\r\nx", 200, "x", false},
    {"HTTP/1.0 200 OK\r\nContent-Length: 1\r\n\r\nx", 200, "x", false},
    {"HTTP/1.1 204 No Content\r\n\r\n", 204, "", true},
    {"HTTP/1.1 304 Not Modified\r\nContent-Length: 70\r\n\r\n", 304, "", true},
    {"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 503 Busy\r\nContent-Length: 2\r\n\r\nno", 503, "no",
     true},
    {"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\nA;n=v\r\n, world..!\r\n"
     "0\r\nTrailer: t\r\n\r\n",
     200, "hello, world..!", true},
    {"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 200, "", true},
};

}  // namespace

TEST_CASE("an answer is the same in one piece and in any two, or byte by byte", "[load]") {
  ResponseReader reader;
  const auto check = [&](const Sample& sample) {
    CHECK(reader.status() == sample.status);
    CHECK(reader.body() == sample.body);
    CHECK(reader.keep_alive() == sample.keep_alive);
  };
  for (const Sample& sample : kSamples) {
    CAPTURE(sample.bytes);
    const std::string_view bytes = sample.bytes;
    reader.begin(false);
    CHECK(reader.received() == 0);
    REQUIRE(reader.read(bytes) == State::complete);
    check(sample);
    for (std::size_t at = 1; at < bytes.size(); ++at) {
      reader.begin(false);
      REQUIRE(reader.read(bytes.substr(0, at)) == State::incomplete);
      REQUIRE(reader.read(bytes.substr(at)) == State::complete);
      check(sample);
    }
    reader.begin(false);
    for (std::size_t at = 0; at + 1 < bytes.size(); ++at) {
      REQUIRE(reader.read(bytes.substr(at, 1)) == State::incomplete);
    }
    REQUIRE(reader.read(bytes.substr(bytes.size() - 1)) == State::complete);
    check(sample);
  }
}

TEST_CASE("a body without a length ends with the connection", "[load]") {
  ResponseReader reader;
  reader.begin(false);
  CHECK(reader.read("HTTP/1.1 200 OK\r\n\r\nsome") == State::incomplete);
  CHECK(reader.read(" text") == State::incomplete);
  CHECK(reader.closed() == State::complete);
  CHECK(reader.body() == "some text");
  CHECK_FALSE(reader.keep_alive());

  reader.begin(false);
  CHECK(reader.read("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhel") == State::incomplete);
  CHECK(reader.closed() == State::incomplete);
}

TEST_CASE("the answer to a HEAD has no body, whatever it says", "[load]") {
  ResponseReader reader;
  reader.begin(true);
  CHECK(reader.read("HTTP/1.1 200 OK\r\nContent-Length: 500\r\n\r\n") == State::complete);
}

TEST_CASE("what is no answer is not taken for one", "[load]") {
  ResponseReader reader;
  for (const std::string& bytes :
       {std::string("220 mail.example\r\n\r\n"), std::string("HTTP/2 200\r\n\r\n"),
        std::string("HTTP/1.1 abc\r\n\r\n"), std::string("HTTP/1.1 200 OK\r\nno colon\r\n\r\n"),
        std::string("HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\n"),
        std::string("HTTP/1.1 200 OK\r\nContent-Length: 99999999999999999999\r\n\r\n"),
        std::string("HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip\r\n\r\n"),
        std::string("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n"),
        std::string("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nffffffffffffffff\r\n"),
        std::string("HTTP/1.1 101 Switching Protocols\r\n\r\n"),
        std::string("HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\nxHTTP/1.1 200 OK"),
        std::string(limits::kHeaderBytes + 1, 'x')}) {
    CAPTURE(bytes.substr(0, 80));
    reader.begin(false);
    CHECK(reader.read(bytes) == State::broken);
  }
}

TEST_CASE("headers are kept for whoever wants them, and a list may close the connection",
          "[http]") {
  ResponseReader reader;
  ResponseReader::Headers headers;
  reader.begin(false, &headers);
  REQUIRE(reader.read("HTTP/1.1 200 OK\r\nContent-Le") == State::incomplete);
  REQUIRE(reader.read("ngth: 2\r\nConnection: close, x \r\nEmpty:\r\n\r\nhi") == State::complete);
  CHECK(headers == ResponseReader::Headers{
                       {"Content-Length", "2"}, {"Connection", "close, x"}, {"Empty", ""}});
  CHECK_FALSE(reader.keep_alive());
}

}  // namespace msdemo::http
