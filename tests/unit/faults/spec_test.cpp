#include "faults/spec.hpp"

#include "support/catch.hpp"

using namespace msdemo;
using namespace std::chrono_literals;
using faults::parse_spec;

namespace {

Json with(const Json& more) {
  Json json = {{"kind", "latency"}, {"value", "100ms"}};
  json.update(more);
  return json;
}

/// The error of something refused; one without a code otherwise.
Error refused(const Json& json) {
  const auto spec = parse_spec(json);
  INFO(json.dump());
  REQUIRE_FALSE(spec);
  CHECK(spec.error().code == Code::invalid_field);
  return spec.error();
}

}  // namespace

TEST_CASE("a fault is read with all that it may have, and told as it was", "[faults]") {
  const Json all = with({{"jitter", "20ms"},
                         {"route", "GET /users/{id}"},
                         {"percent", 20.5},
                         {"first", 2},
                         {"after", 3},
                         {"for", "10s"},
                         {"seed", 7}});
  const auto spec = parse_spec(all).value();
  CHECK(spec.jitter == 20ms);
  CHECK(spec.lasts == 10s);
  CHECK(spec.trigger.after == 3);
  CHECK(to_json(spec) == all);
  CHECK(in_words(spec) == "latency=100ms, jitter=20ms, first 2, after 3, 20.5 %");
  const auto exact = parse_spec({{"kind", "error"}, {"value", "503"}, {"nth", {3, 1, 3}}}).value();
  CHECK(exact.trigger.nth == std::vector<std::int64_t>{1, 3});
  CHECK(in_words(exact) == "error=503, nth 1,3");
}

TEST_CASE("each kind has its own values", "[faults]") {
  const auto takes = [](const char* kind, const char* value) {
    return parse_spec({{"kind", kind}, {"value", value}}).has_value();
  };
  for (const char* status : {"400", "503", "599"}) CHECK(takes("error", status));
  for (const char* no : {"399", "600", "-503", "five", "", "503 "}) CHECK_FALSE(takes("error", no));
  CHECK((takes("malformed", "cut") && takes("malformed", "html")));
  CHECK((takes("drop", "before") && takes("drop", "after")));
  CHECK((takes("nack", "retry") && takes("nack", "dead")));
  CHECK((takes("hang", "10s") && takes("crash", "before-ack") && takes("disk", "full")));
  CHECK_FALSE((takes("malformed", "xml") || takes("drop", "") || takes("nack", "later")));
  CHECK_FALSE((takes("hang", "61s") || takes("crash", "nowhere") || takes("disk", "half")));
}

TEST_CASE("what breaks a rule is refused with the field, the rule and a suggestion", "[faults]") {
  const Error kind = refused({{"kind", "latancy"}, {"value", "1s"}});
  CHECK(kind.field == "kind");
  CHECK(kind.message ==
        "kind must be one of latency, error, malformed, drop, hang, nack, crash, disk");
  CHECK(kind.hint == "did you mean latency?");
  CHECK(refused(Json::object()).field == "kind");
  const Error negative = refused({{"kind", "latency"}, {"value", "-5ms"}});
  CHECK(negative.field == "value");
  CHECK(negative.message == "latency must be a time such as 100ms or 1.5s, at most 60 s");
  CHECK(negative.hint == "for example latency=100ms");
  CHECK(refused({{"kind", "drop"}, {"value", "befor"}}).hint == "did you mean before?");
  CHECK(refused({{"kind", "latency"}, {"value", 5}}).field == "value");
  const Error unknown = refused(with({{"precent", 5}}));
  CHECK(unknown.field == "precent");
  CHECK(unknown.hint == "did you mean percent?");
  for (const Json& percent : {Json(101), Json(0), Json(-1), Json("5"), Json(), Json(1e300)}) {
    CHECK(refused(with({{"percent", percent}})).field == "percent");
  }
  CHECK(refused(with({{"percent", 101}})).message ==
        "percent must be a number over 0 and at most 100");
  for (const Json& count : {Json(0), Json(-1), Json(1.5), Json("2"), Json(UINT64_MAX)}) {
    CHECK(refused(with({{"first", count}})).field == "first");
    CHECK(refused(with({{"after", count}})).field == "after");
    CHECK(refused(with({{"nth", {1, count}}})).field == "nth");
  }
  CHECK(refused(with({{"nth", Json::array()}})).field == "nth");
  CHECK(refused(with({{"nth", Json(std::vector<int>(101, 1))}})).field == "nth");
  CHECK(refused(with({{"nth", {1}}, {"first", 1}})).field == "nth");
  for (const char* lasts : {"0s", "3601s", "soon"}) {
    CHECK(refused(with({{"for", lasts}})).field == "for");
  }
  CHECK(refused(with({{"seed", -1}})).field == "seed");
  CHECK(refused({{"kind", "error"}, {"value", "503"}, {"jitter", "1ms"}}).field == "jitter");
  CHECK(parse_spec(Json::array()).error().code == Code::malformed_json);
}
