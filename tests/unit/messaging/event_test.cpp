#include "messaging/event.hpp"

#include "support/catch.hpp"

using namespace msdemo;
using messaging::Event;
using messaging::parse_event;

namespace {

Json minimal() {
  return {{"specversion", "1.0"}, {"id", "a"}, {"source", "/order"}, {"type", "t"}};
}

}  // namespace

TEST_CASE("an event comes back as it was written", "[event]") {
  const Event event{.id = "7.replied",
                    .source = "/user",
                    .type = "user.lookup.replied",
                    .time = "2026-11-23T00:40:01.123Z",
                    .correlation_id = "order-7",
                    .partition_key = "7",
                    .traceparent = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
                    .data = {{"username", "Žofie \"Z\" \n"}}};
  const Event read = parse_event(to_text(event)).value();
  CHECK(read.id == event.id);
  CHECK(read.source == event.source);
  CHECK(read.type == event.type);
  CHECK(read.time == event.time);
  CHECK(read.correlation_id == event.correlation_id);
  CHECK(read.partition_key == event.partition_key);
  CHECK(read.traceparent == event.traceparent);
  CHECK(read.data == event.data);
}

TEST_CASE("an event needs what CloudEvents requires, and no more", "[event]") {
  CHECK(parse_event(dump_json(minimal())).value().data.is_null());
  Json more = minimal();
  more["unknown"] = 1;
  CHECK(parse_event(dump_json(more)).value().id == "a");

  const auto refusal = [](const Json& json) { return parse_event(dump_json(json)).error(); };
  for (const char* name : {"specversion", "id", "source", "type"}) {
    for (const Json& wrong : {Json(), Json(1), Json("")}) {
      Json json = minimal();
      json[name] = wrong;
      const Error error = refusal(json);
      CHECK(error.code == Code::invalid_message);
      CHECK(error.message.find(name) != std::string::npos);
    }
  }
  Json json = minimal();
  json["specversion"] = "0.3";
  CHECK(refusal(json).code == Code::invalid_message);
  json = minimal();
  json["traceparent"] = 7;
  CHECK(refusal(json).message.find("traceparent") != std::string::npos);
  for (const std::string text : {"", "{", "[]", "7", "\xff"}) {
    CHECK(parse_event(text).error().code == Code::invalid_message);
  }
}
