#include "base/url.hpp"

#include "support/catch.hpp"

using namespace msdemo;

TEST_CASE("a URL comes apart into its decoded parts", "[url]") {
  const auto url = parse_url("PostgreSQL://shop:p%40ss%2fw:rd@db.example:5433/or%20ders?a=1&b");
  REQUIRE(url);
  CHECK(url->scheme == "postgresql");
  CHECK(url->user == "shop");
  CHECK(url->password == "p@ss/w:rd");
  CHECK(url->host == "db.example");
  CHECK(url->port == 5433);
  CHECK(url->path == "or ders");
  CHECK(url->query == std::map<std::string, std::string>{{"a", "1"}, {"b", ""}});
}

TEST_CASE("a URL may leave everything but scheme and host out", "[url]") {
  const auto url = parse_url("kafka://broker");
  REQUIRE(url);
  CHECK(url->host == "broker");
  CHECK(url->user.empty());
  CHECK_FALSE(url->port);
  CHECK(url->path.empty());
  CHECK(parse_url("http://[::1]:80/")->host == "::1");
  CHECK(parse_url("http://[::1]:80/")->port == 80);
}

TEST_CASE("what is no URL is refused, and its password is not repeated", "[url]") {
  for (const char* text :
       {"", "db.example/shop", "://db", "a b://db", "amqp://", "amqp://u:secret@", "amqp://h:0",
        "amqp://u:secret@h:port", "amqp://u:secret@h:99999", "amqp://u:secret%zz@h",
        "amqp://u:sec%00ret@h", "amqp://u:secret%4@h", "http://[::1"}) {
    INFO(text);
    const auto url = parse_url(text);
    REQUIRE_FALSE(url);
    CHECK(url.error().code == Code::usage);
    CHECK(url.error().message.find("sec") == std::string::npos);
  }
}

TEST_CASE("a password is never shown, wherever it stands", "[url]") {
  CHECK(without_password("amqp://u:secret@h/v") == "amqp://u:***@h/v");
  CHECK(without_password("amqp://u:se@cr:et@h/v") == "amqp://u:***@h/v");
  CHECK(without_password("postgresql://h/d?user=u&password=secret&x=1") ==
        "postgresql://h/d?user=u&password=***&x=1");
  CHECK(without_password("amqp://u@h") == "amqp://u@h");
  CHECK(without_password("http://h:80/a@b:c") == "http://h:80/a@b:c");
  CHECK(without_password("amqp://u:secret@") == "amqp://u:***@");
  CHECK(without_password("no url") == "no url");
}
