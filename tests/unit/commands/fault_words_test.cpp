#include "commands/fault_words.hpp"

#include "support/catch.hpp"

using namespace msdemo;
using namespace msdemo::commands;
using namespace std::chrono_literals;

namespace {

Error refused(const std::vector<std::string>& words, const Json& options = Json::object()) {
  const auto specs = parse_faults(words, options);
  REQUIRE_FALSE(specs);
  return specs.error();
}

}  // namespace

TEST_CASE("words and options become faults", "[commands]") {
  const auto specs = parse_faults({"jitter=5ms", "error=503", "latency=100ms"},
                                  {{"first", 2}, {"route", "/users"}})
                         .value();
  REQUIRE(specs.size() == 2);
  CHECK(to_json(specs[0]) ==
        Json({{"kind", "error"}, {"value", "503"}, {"route", "/users"}, {"first", 2}}));
  CHECK(specs[1].jitter == 5ms);
  CHECK(specs[1].trigger.first == 2);
}

TEST_CASE("words that are no faults are refused with what was probably meant", "[commands]") {
  CHECK(refused({"latancy=1s"}).code == Code::usage);
  CHECK(refused({"latancy=1s"}).hint == "did you mean 'latency'?");
  CHECK(refused({"nth=3"}).message == "nth is an option, not a fault");
  CHECK(refused({"nth=3"}).hint == "write --nth 3");
  CHECK(refused({"latency"}).message == "'latency' is not KIND=VALUE");
  CHECK(refused({"jitter=5ms", "error=503"}).code == Code::usage);
  CHECK(refused({"error=503", "error=500"}).message == "error is given twice");
  CHECK(refused({"latency=1s", "jitter=1ms", "jitter=2ms"}).code == Code::usage);
  CHECK(refused({"latency=-5ms"}).code == Code::invalid_field);
  CHECK(refused({"latency=5ms"}, {{"percent", 101}}).field == "percent");
}

TEST_CASE("when a fault hits and how often is said in words", "[commands]") {
  faults::Fault fault{.id = 1, .spec = {.kind = "error", .value = "503"}};
  CHECK(when_words(fault) == "always");
  CHECK(hits_words(fault) == "none: met nothing");
  fault.met = 12;
  CHECK(hits_words(fault) == "none of 12");
  fault.hits = 3;
  CHECK(hits_words(fault) == "3 of 12");
  fault.spec.trigger.percent = 20;
  fault.spec.seed = 7;
  fault.left = 7400ms;
  CHECK(when_words(fault) == "20 %, seed 7, 7.4 s left");
  fault.over = true;
  CHECK(when_words(fault) == "20 %, seed 7, over");
}

TEST_CASE("help knows every kind", "[commands]") {
  for (const faults::Kind& kind : faults::kinds()) {
    CHECK(kinds_help().find(std::string(kind.name) + "=") != std::string::npos);
  }
}
