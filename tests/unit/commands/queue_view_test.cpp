// Queues as they are shown: what is left out, and what cannot command the terminal.
#include "commands/queue_view.hpp"

#include <vector>

#include "support/catch.hpp"

namespace msdemo::commands {

using messaging::DeadLetter;
using messaging::PeekedMessage;
using messaging::QueueState;

TEST_CASE("a queue is a line of numbers", "[commands]") {
  const std::vector<QueueState> queues = {
      {.topic = "user.lookup.requested",
       .group = "user",
       .ready = 12,
       .in_flight = 1,
       .dead = 3,
       .redelivered = 27,
       .oldest_age_ms = 1500,
       .published_per_s = 20.04,
       .acked_per_s = 18},
      {.topic = "order.confirmed", .group = "", .oldest_age_ms = {}}};
  CHECK(format_queues(queues) ==
        "TOPIC                  GROUP  READY  IN FLIGHT  DEAD  OLDEST  RATE IN/OUT  REDELIVERED\n"
        "user.lookup.requested  user      12          1     3  1.50 s    20.0/18.0           27\n"
        "order.confirmed        -          0          0     0       -      0.0/0.0            0\n");
}

TEST_CASE("a topic of dead letters is shown only when it holds something", "[commands]") {
  const QueueState empty{
      .topic = "user.lookup.requested.dead", .group = "order", .oldest_age_ms = {}};
  CHECK(format_queues({}).empty());
  CHECK(format_queues(std::vector{empty}).empty());
  std::vector<QueueState> holding(3, empty);
  holding[0].ready = 1;
  holding[1].in_flight = 1;
  holding[2].dead = 1;
  for (const QueueState& queue : holding) {
    CHECK(format_queues(std::vector{queue}).find(".dead  order") != std::string::npos);
  }
}

TEST_CASE("what an engine cannot tell about a queue is a dash", "[commands]") {
  const QueueState queue{.topic = "msdemo.user",
                         .group = "user",
                         .ready = 2,
                         .in_flight = {},
                         .dead = 1,
                         .redelivered = {},
                         .oldest_age_ms = {},
                         .published_per_s = {},
                         .acked_per_s = {}};
  CHECK(format_queues(std::vector{queue}) ==
        "TOPIC        GROUP  READY  IN FLIGHT  DEAD  OLDEST  RATE IN/OUT  REDELIVERED\n"
        "msdemo.user  user       2          -     1       -            -            -\n");
  CHECK(to_json(queue).at("in_flight").is_null());
}

TEST_CASE("a peeked message is shown with its body as JSON", "[commands]") {
  const PeekedMessage message{.id = 7,
                              .published_at = "2026-11-23T00:40:01.123Z",
                              .group = "user",
                              .state = "ready",
                              .attempts = 1,
                              .message = {"t", "5", R"({"a":[1],"b":"x\u001b[2J"})"}};
  CHECK(format_message(message) ==
        "message 7 · published 2026-11-23T00:40:01.123Z · group user · ready · 1 attempt · key 5\n"
        "  {\n"
        "    \"a\": [\n"
        "      1\n"
        "    ],\n"
        "    \"b\": \"x\\u001b[2J\"\n"
        "  }\n");
}

TEST_CASE("a body cannot command the terminal, nor pass for a headline", "[commands]") {
  PeekedMessage message;
  message.message = {"t", "a\x1b[2J", "no \x1b[2J JSON\nmessage 8 · \xff"};
  const std::string shown = format_message(message);
  CHECK(shown.find('\x1b') == std::string::npos);
  CHECK(shown.find("key a\\x1b[2J\n") != std::string::npos);
  CHECK(shown.find("\n  no \\x1b[2J JSON\n  message 8 · \uFFFD\n") != std::string::npos);
  // DEL and C1 are control characters that JSON does not escape.
  message.message.body = "\"\x7f\u009b2J\"";
  CHECK(format_message(message).find("\\x7f\\u009b2J") != std::string::npos);
}

TEST_CASE("a dead letter says why", "[commands]") {
  const DeadLetter letter{.id = 3,
                          .died_at = "2026-11-23T00:40:01.123Z",
                          .group = "user",
                          .attempts = 10,
                          .reason = "no\nsuch field",
                          .message = {"user.lookup.requested", "", "7"}};
  CHECK(format_letter(letter) ==
        "dead letter 3 · user.lookup.requested · group user · died 2026-11-23T00:40:01.123Z · "
        "10 attempts · no key\n"
        "reason: no\\nsuch field\n"
        "  7\n");
  CHECK(format_letters(std::vector{letter}) ==
        "ID  TOPIC                  GROUP  ATTEMPTS  DIED                      REASON\n"
        " 3  user.lookup.requested  user         10  2026-11-23T00:40:01.123Z  no\\nsuch field\n");
}

TEST_CASE("sizes are of the whole message and of its data", "[commands]") {
  std::vector<PeekedMessage> messages(2);
  messages[0].id = 7;
  messages[0].message = {"t", "5", R"({"id":"a","data":{"order_id":1,"user_id":300}})"};
  messages[1].id = 8;
  messages[1].message = {"t", "5", "no JSON"};
  CHECK(format_sizes(messages) ==
        "ID  BYTES OF           JSON  MESSAGEPACK  CBOR  VALUES ONLY\n"
        " 7  the whole message    46           33    33            9\n"
        "    its data             30           22    22            5\n");
  CHECK(format_sizes({}).empty());
}

}  // namespace msdemo::commands
