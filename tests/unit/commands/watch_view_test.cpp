// What `watch` shows, in its numbers; how it looks is compared in tests/golden.
#include "commands/watch_view.hpp"

#include "support/catch.hpp"
#include "support/sample_frames.hpp"
#include "timeline/text_width.hpp"

namespace msdemo::commands {

namespace {

std::string draw(const std::vector<WatchFrame>& frames, int columns = 120) {
  return draw_watch(frames, {.lab = "x", .columns = columns});
}

bool has(const std::string& text, std::string_view part) {
  return text.find(part) != std::string::npos;
}

}  // namespace

TEST_CASE("no line is wider than the terminal, none ends in blanks", "[commands]") {
  for (const auto& frames : {std::vector{test::calm_frame()}, std::vector{test::troubled_frame()},
                             test::rising_load()}) {
    for (const int columns : {60, 79, 80, 99, 100, 109, 110, 200}) {
      const std::string picture = draw(frames, columns);
      for (std::size_t at = 0; at < picture.size();) {
        const std::size_t end = picture.find('\n', at);
        const std::string line = picture.substr(at, end - at);
        INFO(columns << ": " << line);
        CHECK(timeline::columns_of(line) <= columns);
        CHECK_FALSE(line.ends_with(' '));
        at = end + 1;
      }
    }
  }
}

TEST_CASE("losses are rounded up and what is left down, so that none and all are exact",
          "[commands]") {
  WatchFrame frame = test::calm_frame();
  ServiceRates& order = *frame.services.at(1).rates;
  order.errors = 0.00001;
  order.availability = 0.99999;
  order.expected = 0.7;  // a fraction that binary numbers only nearly reach
  const std::string picture = draw({frame});
  CHECK(has(picture, " 0.1 "));
  CHECK(has(picture, "99.99"));
  CHECK(has(picture, "70.00"));
  CHECK_FALSE(has(picture, "100.00"));
}

TEST_CASE("a service that does not answer is never a row of zeros", "[commands]") {
  const WatchFrame frame = test::troubled_frame();
  for (const std::string& text : {draw({frame}), format_watch_lines(frame)}) {
    CHECK(has(text, "broker   paused\n") != has(text, "broker  paused\n"));
    CHECK(has(text, "notify "));
    CHECK_FALSE(has(text, "\x1b"));
  }
  const Json json = to_json(frame);
  CHECK(json.at("services").at(2).at("state") == "paused");
  CHECK(json.at("services").at(2).at("rates").is_null());
  CHECK(json.at("services").at(3).at("state") == "ready");
  CHECK(json.at("services").at(3).at("problem").is_string());
  CHECK(json.at("queues").is_null());
}

TEST_CASE("an interval is one object with numbers", "[commands]") {
  const Json json = to_json(test::open_breaker_frame());
  CHECK(json.at("time") == "2019-12-20T00:00:00.000Z");
  CHECK(json.at("interval_ms") == 1000);
  const Json& order = json.at("services").at(1);
  CHECK(order.at("service") == "order");
  CHECK(order.at("problem").is_null());
  CHECK(order.at("messages") == 3);
  const Json& rates = order.at("rates");
  CHECK(rates.at("requests_per_s") == 99.7);
  CHECK(rates.at("p99_ms") == 9.4);
  CHECK(rates.at("availability") == 0.014);
  CHECK(rates.at("expected_availability") == 0.5);
  const Json& call = rates.at("calls").at(0);
  CHECK(call.at("peer") == "user");
  CHECK(call.at("breaker") == "open");
  CHECK(call.at("failed_attempts") == 0.5);
  CHECK(json.at("queues").size() == 4);
  // Nothing to take a share of.
  CHECK(json.at("services").at(3).at("rates").at("availability").is_null());
}

TEST_CASE("only the last intervals make the line of rates", "[commands]") {
  const std::string picture = draw(test::rising_load());
  CHECK(has(picture, "▁▁▂▂▂▃ ▃▄▄▄▅▅▅▆▆▆▇▇█"));
}

}  // namespace msdemo::commands
