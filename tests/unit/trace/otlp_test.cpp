#include "trace/otlp.hpp"

#include "base/json.hpp"
#include "support/catch.hpp"

using namespace msdemo;
using namespace msdemo::trace;

namespace {

SpanRecord sample() {
  SpanRecord span;
  span.trace_id = *TraceId::from_hex("4bf92f3577b34da6a3ce929d0e0e4736");
  span.span_id = *SpanId::from_hex("00f067aa0ba902b7");
  span.parent_span_id = *SpanId::from_hex("00000000000000ab");
  span.service = "order";
  span.name = "POST /orders";
  span.kind = SpanKind::server;
  span.start_unix_nano = 1'700'000'000'123'456'789;
  span.end_unix_nano = 1'700'000'000'223'456'789;
  span.status = SpanStatus::error;
  span.status_message = "no";
  span.attributes = {
      {"text", std::string("ü")}, {"number", std::int64_t{7}}, {"real", 0.5}, {"yes", true}};
  span.events = {{"retry", 1'700'000'000'150'000'000, {{"attempt", std::int64_t{2}}}}};
  return span;
}

}  // namespace

TEST_CASE("spans are written in OTLP's JSON mapping", "[otlp]") {
  const std::vector<SpanRecord> spans = {sample()};
  const Json json = parse_json(to_otlp_json(spans)).value();
  const Json& resource = json.at("resourceSpans").at(0);
  CHECK(dump_json(resource.at("resource").at("attributes")) ==
        R"([{"key":"service.name","value":{"stringValue":"order"}}])");
  const Json& span = resource.at("scopeSpans").at(0).at("spans").at(0);
  CHECK(span.at("traceId") == "4bf92f3577b34da6a3ce929d0e0e4736");
  CHECK(span.at("spanId") == "00f067aa0ba902b7");
  CHECK(span.at("startTimeUnixNano") == "1700000000123456789");
  CHECK(span.at("kind") == 2);
  CHECK(span.at("status").at("code") == 2);
  CHECK(span.at("attributes").at(1).at("value").at("intValue") == "7");
}

TEST_CASE("what is written can be read back whole", "[otlp]") {
  const std::vector<SpanRecord> spans = {sample()};
  const auto back = from_otlp_json(to_otlp_json(spans));
  REQUIRE(back);
  REQUIRE(back->size() == 1);
  CHECK(to_otlp_json(*back) == to_otlp_json(spans));
}

TEST_CASE("other exporters' habits are understood", "[otlp]") {
  const auto spans = from_otlp_json(R"({"resourceSpans":[{"scopeSpans":[{"spans":[{
      "traceId":"4bf92f3577b34da6a3ce929d0e0e4736","spanId":"00f067aa0ba902b7","flags":257,
      "name":"x","kind":99,"startTimeUnixNano":1700000000123456789,
      "attributes":[{"key":"list","value":{"arrayValue":{"values":[{"intValue":1}]}}}]}]}]}]})");
  REQUIRE(spans);
  const SpanRecord& span = spans->at(0);
  CHECK(span.service == "unknown_service");
  CHECK(span.kind == SpanKind::internal);
  CHECK(span.start_unix_nano == 1'700'000'000'123'456'789);
  CHECK(std::get<std::string>(span.attributes.at(0).second).find("arrayValue") == 2);
}

TEST_CASE("a span without proper ids is refused, odd shapes are not fatal", "[otlp]") {
  CHECK(from_otlp_json(R"({"resourceSpans":[{"scopeSpans":[{"spans":[{"traceId":"xyz"}]}]}]})")
            .error()
            .code == Code::invalid_field);
  CHECK(from_otlp_json("not json").error().code == Code::malformed_json);
  for (const char* odd : {"[]", "{}", R"({"resourceSpans":7})",
                          R"({"resourceSpans":[{"resource":[],"scopeSpans":[3]}]})"}) {
    CHECK(from_otlp_json(odd).value().empty());
  }
}
