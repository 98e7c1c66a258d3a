#include "faults/faults.hpp"

#include <fmt/format.h>

#include "base/limits.hpp"
#include "support/catch.hpp"
#include "support/manual_clock.hpp"

using namespace msdemo;
using namespace std::chrono_literals;
using faults::Effect;
using faults::Fault;
using faults::Outcome;
using faults::parse_spec;

namespace {

/// A service with two routes and a topic.
struct Service {
  Service() {
    faults.add_route("GET /users");
    faults.add_route("GET /users/{id}");
    faults.add_route("POST /users");
    faults.add_topics({"user.lookup.requested", "order.*"});
  }

  Fault add(const Json& json) { return faults.add(parse_spec(json).value()).value(); }
  Error refused(const Json& json) { return faults.add(parse_spec(json).value()).error(); }
  Effect get() { return faults.meet_request("GET", "/users/{id}"); }
  Effect message() { return faults.meet_message("user.lookup.requested"); }
  Fault only() { return faults.list().at(0); }

  test::ManualClock clock;
  Rng rng{1};
  faults::Faults faults{clock, rng};
};

Json fault(const char* kind, const char* value, Json more = Json::object()) {
  Json json = {{"kind", kind}, {"value", value}};
  json.update(more);
  return json;
}

}  // namespace

TEST_CASE("a latency lets requests and messages wait, and says so", "[faults]") {
  Service service;
  CHECK(service.get().decisions.empty());
  service.add(fault("latency", "100ms"));
  const Effect effect = service.get();
  CHECK(effect.wait == 100ms);
  CHECK(effect.outcome == Outcome::untouched);
  REQUIRE(effect.decisions.size() == 1);
  CHECK(effect.decisions[0].name == "fault.latency");
  CHECK(effect.decisions[0].rule == "fault 1 (latency=100ms): waits 100 ms");
  CHECK(service.message().wait == 100ms);
  CHECK(service.only().met == 2);
  CHECK(service.only().hits == 2);
  CHECK(service.faults.meet_write().outcome == Outcome::untouched);
  CHECK(service.only().met == 2);
  CHECK(service.faults.clear() == 1);
  CHECK(service.get().wait == 0ms);
}

TEST_CASE("jitter stays around the latency, never below 0, and replays from its seed", "[faults]") {
  const auto waits = [](const char* latency, const char* jitter, int seed) {
    Service service;
    service.add(fault("latency", latency, {{"jitter", jitter}, {"seed", seed}}));
    std::vector<std::chrono::microseconds> all;
    for (int i = 0; i < 1000; ++i) all.push_back(service.get().wait);
    return all;
  };
  const auto around = waits("100ms", "20ms", 7);
  const auto [least, most] = std::ranges::minmax(around);
  CHECK((least >= 80ms && least < 82ms));
  CHECK((most <= 120ms && most > 118ms));
  CHECK(waits("100ms", "20ms", 7) == around);
  CHECK(waits("100ms", "20ms", 8) != around);
  CHECK(std::ranges::min(waits("5ms", "20ms", 7)) == 0ms);
}

TEST_CASE("each kind decides one outcome", "[faults]") {
  Service service;
  const auto outcome = [&](const char* kind, const char* value) {
    service.faults.clear();
    service.add(fault(kind, value));
    return service.get().outcome;
  };
  CHECK(outcome("error", "503") == Outcome::error);
  CHECK(outcome("malformed", "cut") == Outcome::cut);
  CHECK(outcome("malformed", "html") == Outcome::html);
  CHECK(outcome("drop", "before") == Outcome::drop_before);
  CHECK(outcome("drop", "after") == Outcome::drop_after);
  CHECK(outcome("hang", "10s") == Outcome::hang);
  CHECK(outcome("nack", "retry") == Outcome::untouched);
  CHECK(service.message().outcome == Outcome::retry);
  CHECK(outcome("nack", "dead") == Outcome::untouched);
  CHECK(service.message().outcome == Outcome::dead);
  CHECK(outcome("disk", "full") == Outcome::untouched);
  CHECK(service.faults.meet_write().outcome == Outcome::full);
}

TEST_CASE("latencies add up, of the others the first wins, and the rest do not meet", "[faults]") {
  Service service;
  service.add(fault("error", "503", {{"first", 2}}));
  service.add(fault("latency", "100ms"));
  service.add(fault("latency", "50ms", {{"route", "GET /users/{id}"}}));
  service.add(fault("drop", "before", {{"first", 1}}));
  const Effect first = service.get();
  CHECK(first.wait == 150ms);
  CHECK(first.outcome == Outcome::error);
  CHECK(first.status == 503);
  CHECK(first.rule == "fault 1 (error=503, first 2): answers 503 instead of working");
  CHECK(first.decisions.size() == 3);
  CHECK(service.get().outcome == Outcome::error);
  CHECK(service.get().outcome == Outcome::drop_before);
  CHECK(service.get().outcome == Outcome::untouched);
  CHECK(service.faults.list().at(3).met == 2);
  CHECK(service.faults.list().at(3).hits == 1);
}

TEST_CASE("a route narrows what a fault meets", "[faults]") {
  Service service;
  const auto meets = [&](const char* route, const char* method, const char* pattern) {
    service.faults.clear();
    service.add(fault("error", "500", {{"route", route}}));
    return service.faults.meet_request(method, pattern).outcome == Outcome::error;
  };
  CHECK(meets("/users", "GET", "/users"));
  CHECK(meets("/users", "POST", "/users"));
  CHECK(meets("GET /users", "GET", "/users"));
  CHECK_FALSE(meets("GET /users", "POST", "/users"));
  CHECK_FALSE(meets("/users", "GET", "/users/{id}"));
  service.faults.clear();
  service.add(fault("nack", "retry", {{"route", "order.confirmed"}}));
  service.add(fault("latency", "1ms", {{"route", "order.*"}}));
  CHECK(service.faults.meet_message("order.rejected").outcome == Outcome::untouched);
  CHECK(service.faults.meet_message("order.rejected").wait == 1ms);
  CHECK(service.faults.meet_message("order.confirmed").outcome == Outcome::retry);
  CHECK(service.message().wait == 0ms);
}

TEST_CASE("a route that makes no sense is refused, with those that do", "[faults]") {
  Service service;
  const Error unknown = service.refused(fault("error", "500", {{"route", "/user"}}));
  CHECK(unknown.code == Code::invalid_field);
  CHECK(unknown.field == "route");
  CHECK(unknown.message ==
        "for error route must be one of GET /users, GET /users/{id}, POST /users");
  CHECK(unknown.hint == "did you mean /users?");
  const Error message = service.refused(fault("error", "500", {{"route", "order.confirmed"}}));
  CHECK(message.field == "route");
  CHECK(service.refused(fault("nack", "dead", {{"route", "GET /users"}})).field == "route");
  CHECK(service.refused(fault("disk", "full", {{"route", "GET /users"}})).field == "route");
  CHECK(service.refused(fault("crash", "before-ack", {{"route", "/users"}})).message ==
        "crash takes no route");
  faults::Faults broker(service.clock, service.rng);
  const auto no_consumer = broker.add(parse_spec(fault("nack", "retry")).value());
  CHECK(no_consumer.error().field == "kind");
  CHECK(broker.list().empty());
  CHECK(service.faults.list().empty());
}

TEST_CASE("adding a kind and route again changes the fault and counts anew", "[faults]") {
  Service service;
  const Fault added = service.add(fault("error", "503", {{"nth", {1}}}));
  CHECK(service.get().outcome == Outcome::error);
  CHECK(service.only().over);
  const Fault changed = service.add(fault("error", "500", {{"nth", {2}}}));
  CHECK(changed.id == added.id);
  CHECK(changed.hits == 0);
  CHECK(service.get().outcome == Outcome::untouched);
  CHECK(service.get().status == 500);
  const Fault other = service.add(fault("error", "500", {{"route", "/users"}}));
  CHECK(other.id == added.id + 1);
  CHECK(service.faults.remove(added.id) == 1);
  CHECK(service.only().id == other.id);
  CHECK(service.faults.remove(added.id) == 0);
}

TEST_CASE("a fault ends when its time is over, and stays listed", "[faults]") {
  Service service;
  service.add(fault("error", "503", {{"for", "10s"}}));
  service.clock.advance(9999ms);
  CHECK(service.get().outcome == Outcome::error);
  CHECK(service.only().left == 1ms);
  CHECK_FALSE(service.only().over);
  service.clock.advance(1ms);
  CHECK(service.get().outcome == Outcome::untouched);
  CHECK(service.only().over);
  CHECK(service.only().met == 1);
}

TEST_CASE("a seed that nobody gave is shown, and gives the same hits again", "[faults]") {
  Service service;
  CHECK_FALSE(service.add(fault("drop", "after")).spec.seed);
  const auto seed = service.add(fault("error", "503", {{"percent", 50}})).spec.seed;
  REQUIRE(seed);
  const auto run = [](const Json& json) {
    Service other;
    other.add(json);
    std::string hits;
    for (int i = 0; i < 100; ++i) hits += other.get().outcome == Outcome::error ? 'x' : '.';
    return hits;
  };
  std::string hits;
  service.faults.remove(1);
  for (int i = 0; i < 100; ++i) hits += service.get().outcome == Outcome::error ? 'x' : '.';
  CHECK(run(fault("error", "503", {{"percent", 50}, {"seed", *seed}})) == hits);
  CHECK(run(fault("error", "503", {{"percent", 50}, {"seed", *seed + 1}})) != hits);
}

TEST_CASE("a service has a limited number of faults", "[faults]") {
  Service service;
  for (std::size_t i = 0; i < limits::kFaults; ++i) {
    service.faults.add_route(fmt::format("GET /{}", i));
    service.add(fault("error", "500", {{"route", fmt::format("/{}", i)}}));
  }
  CHECK(service.refused(fault("error", "500")).message == "a service has at most 64 faults");
  service.add(fault("error", "503", {{"route", "/1"}}));
}

TEST_CASE("a fault is told and understood again", "[faults]") {
  Service service;
  service.add(fault("latency", "5ms", {{"jitter", "1ms"}, {"for", "10s"}, {"seed", 3}}));
  service.clock.advance(1s);
  service.get();
  const Json told = to_json(service.only());
  CHECK(told.dump() ==
        R"({"id":1,"kind":"latency","value":"5ms","jitter":"1ms","lasts":"10s","seed":3,)"
        R"("hits":1,"met":1,"left":"9s"})");
  const Fault read = faults::parse_fault(told).value();
  CHECK(to_json(read) == told);
  CHECK(faults::parse_fault(Json::object()).error().code == Code::invalid_reply);
}

TEST_CASE("without its fault, or before its turn, a crash point is passed", "[faults]") {
  Service service;
  for (const std::string& point : faults::crash_points()) service.faults.reach(point);
  service.add(fault("crash", "before-ack", {{"nth", {3}}}));
  service.faults.reach("after-commit");
  service.faults.reach("before-ack");
  service.faults.reach("before-ack");
  CHECK(service.only().met == 2);
  CHECK(service.only().hits == 0);
}
