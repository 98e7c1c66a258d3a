#include "base/limits.hpp"
#include "contracts/order.hpp"
#include "contracts/problem.hpp"
#include "contracts/user.hpp"
#include "support/catch.hpp"

using namespace msdemo;
using namespace msdemo::contracts;

namespace {

std::string repeat(const std::string& text, std::size_t times) {
  std::string out;
  for (std::size_t i = 0; i < times; ++i) out += text;
  return out;
}

/// The field that `body` is refused for; empty if it is taken.
std::string refused_field(const std::string& body) {
  const auto order = parse_new_order(body);
  if (order) return "";
  CHECK(order.error().code == Code::invalid_field);
  CHECK(order.error().message.find(order.error().field) != std::string::npos);
  return order.error().field;
}

}  // namespace

TEST_CASE("an order needs a user id that is a positive 64-bit integer", "[contracts]") {
  for (const char* id : {"null", "\"1\"", "1.0", "1.5", "true", "[]", "{}", "0", "-1",
                         "9223372036854775808", "-9223372036854775808", "1e3"}) {
    INFO(id);
    CHECK(refused_field(std::string(R"({"item_name":"x","user_id":)") + id + "}") == "user_id");
  }
  CHECK(refused_field(R"({"item_name":"x"})") == "user_id");
  CHECK(refused_field(R"({"item_name":"x","user_id":9223372036854775807})").empty());
}

TEST_CASE("an item is 1 to 255 code points of valid UTF-8 without U+0000", "[contracts]") {
  for (const std::string& item :
       {std::string("null"), std::string("7"), std::string(R"("")"), std::string(R"("a\u0000b")"),
        std::string("\"\xff\""), "\"" + repeat("x", 256) + "\"", "\"" + repeat("€", 256) + "\""}) {
    INFO(item);
    CHECK(refused_field(R"({"user_id":1,"item_name":)" + item + "}") == "item_name");
  }
  CHECK(refused_field(R"({"user_id":1})") == "item_name");
  CHECK(refused_field(R"({"user_id":1,"item_name":")" + repeat("😀", 255) + "\"}").empty());
}

TEST_CASE("a text with commands in it is a text", "[contracts]") {
  const auto user = parse_new_user(R"({"name":"'; DROP TABLE users; -- $(rm -rf /) \u001b[31m"})");
  REQUIRE(user);
  CHECK(user->name == "'; DROP TABLE users; -- $(rm -rf /) \x1b[31m");
}

TEST_CASE("unknown fields are ignored, a body that is no object is not", "[contracts]") {
  CHECK(parse_new_user(R"({"name":"Ada","age":36})"));
  for (const char* body : {"[]", "1", "\"Ada\"", "null"}) {
    const auto user = parse_new_user(body);
    REQUIRE_FALSE(user);
    CHECK(user.error().code == Code::malformed_json);
  }
}

TEST_CASE("an idempotency key may be bare or quoted and is the same key", "[contracts]") {
  CHECK(parse_idempotency_key("abc").value() == "abc");
  CHECK(parse_idempotency_key("\"abc\"").value() == "abc");
  CHECK(parse_idempotency_key(R"("a\"b\\c")").value() == R"(a"b\c)");
  CHECK(parse_idempotency_key(repeat("k", 255)));
  for (const std::string& bad :
       {std::string(), std::string("a b"), std::string("\"\""), std::string("\"abc"),
        std::string("\"a\"b\""), std::string("\"a\\\""), std::string("é"), repeat("k", 256)}) {
    INFO(bad);
    const auto key = parse_idempotency_key(bad);
    REQUIRE_FALSE(key);
    CHECK(key.error().field == "Idempotency-Key");
  }
}

TEST_CASE("pages have limits", "[contracts]") {
  CHECK(parse_page(std::nullopt, std::nullopt)->limit == limits::kPageDefault);
  CHECK(parse_page("1000", "5")->after == 5);
  for (const char* limit : {"0", "-1", "1000000000", "1001", "ten", ""}) {
    INFO(limit);
    CHECK(parse_page(limit, std::nullopt).error().field == "limit");
  }
  CHECK(parse_page(std::nullopt, "-1").error().field == "after");
}

TEST_CASE("the extra item of a page tells that more follow", "[contracts]") {
  const auto full = make_page(std::vector<User>{{3, "a"}, {5, "b"}, {9, "c"}}, 2);
  CHECK(full.items.size() == 2);
  CHECK(full.next == 5);
  CHECK_FALSE(make_page(std::vector<User>{{3, "a"}, {5, "b"}}, 2).next.has_value());
}

TEST_CASE("an error survives its journey as a problem document", "[contracts]") {
  Error error{Code::invalid_field, "name must be given", "say it"};
  error.field = "name";
  const Error back = from_problem(422, dump_json(to_problem(error, "abc")));
  CHECK(back.code == error.code);
  CHECK(back.message == error.message);
  CHECK(back.hint == error.hint);
  CHECK(back.field == error.field);
  CHECK(back.trace_id == "abc");
}

TEST_CASE("an internal error tells nothing of the inside", "[contracts]") {
  const Json problem = to_problem({Code::internal, "/home/ada/secret.db: no such table"}, "abc");
  CHECK(dump_json(problem).find("secret") == std::string::npos);
}

TEST_CASE("an answer that is no problem document is quoted, made safe", "[contracts]") {
  const Error error = from_problem(502, "<html>\x1b[31mBad Gateway");
  CHECK(error.code == Code::invalid_reply);
  CHECK(error.message.find("<html>\\x1b[31mBad") != std::string::npos);
}

TEST_CASE("an order survives its journey", "[contracts]") {
  const Order order{7, 1, "book", "Ada", OrderStatus::confirmed, "2026-11-23T00:00:00.000Z"};
  const auto back = parse_order(dump_json(to_json(order)));
  REQUIRE(back);
  CHECK(dump_json(to_json(*back)) == dump_json(to_json(order)));
  CHECK(parse_order(R"({"id":1})").error().code == Code::invalid_reply);
  CHECK(parse_order(R"({"message":"User not found"})").error().code == Code::invalid_reply);
}
