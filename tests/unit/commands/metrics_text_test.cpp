// What services tell at /metrics, read back.
#include "commands/metrics_text.hpp"

#include <cmath>

#include "support/catch.hpp"

namespace msdemo::commands {

TEST_CASE("samples are read with their labels; comments are passed over", "[commands]") {
  const auto samples = parse_metrics(
      "# HELP requests_total Requests, \"all\" {of} them\n"
      "# TYPE requests_total counter\n"
      "requests_total{method=\"GET\",route=\"/users/{id}\",status=\"200\"} 1027 1395066363000\n"
      "requests_total{ method = \"PUT\" , } 3\n"
      "\n"
      "   in_flight   2.5e-1  \n"
      "last 7");
  REQUIRE(samples);
  CHECK(*samples ==
        std::vector<Sample>{{"requests_total",
                             {{"method", "GET"}, {"route", "/users/{id}"}, {"status", "200"}},
                             1027},
                            {"requests_total", {{"method", "PUT"}}, 3},
                            {"in_flight", {}, 0.25},
                            {"last", {}, 7}});
  CHECK(samples->front().label("status") == "200");
  CHECK(samples->front().label("nothing").empty());
}

TEST_CASE("labels may hold anything", "[commands]") {
  const auto samples = parse_metrics("m{a=\"\\\\ \\\" \\n }\",b=\"\",c=\"日本\"} 1\n");
  REQUIRE(samples);
  CHECK(samples->front().labels ==
        std::map<std::string, std::string>{{"a", "\\ \" \n }"}, {"b", ""}, {"c", "日本"}});
}

TEST_CASE("numbers may be infinite or none", "[commands]") {
  const auto samples = parse_metrics("a +Inf\nb -Inf\nc NaN\nd +1\n");
  REQUIRE(samples);
  CHECK(samples->at(0).value == INFINITY);
  CHECK(samples->at(1).value == -INFINITY);
  CHECK(std::isnan(samples->at(2).value));
  CHECK(samples->at(3).value == 1);
}

TEST_CASE("nothing is a scrape of nothing", "[commands]") {
  CHECK(parse_metrics("") == std::vector<Sample>());
  CHECK(parse_metrics("\n \n#\n") == std::vector<Sample>());
}

TEST_CASE("what is not the format is refused, naming the line", "[commands]") {
  for (const char* line :
       {"m", "m x", "m 1 2 3", "m{a=\"1\" 1", "m{a=1} 1", "m{a=\"1} 1", "m{=\"1\"} 1", "m{a} 1",
        "{a=\"1\"} 1", "m{a=\"1\"}", "<html>", "m 1x", "m{a=\"\\"}) {
    const auto samples = parse_metrics(std::string("fine 1\n") + line + "\nfine 2\n");
    INFO(line);
    REQUIRE_FALSE(samples);
    CHECK(samples.error().code == Code::invalid_reply);
    CHECK(samples.error().message.find("line 2") != std::string::npos);
  }
}

}  // namespace msdemo::commands
