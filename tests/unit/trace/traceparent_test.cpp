#include "trace/traceparent.hpp"

#include "support/catch.hpp"

using namespace msdemo::trace;

namespace {
const std::string kValid = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";
}

TEST_CASE("the recommendation's own example is read and written back", "[trace]") {
  const auto context = parse_traceparent(kValid);
  REQUIRE(context);
  CHECK(context->trace_id.hex() == "4bf92f3577b34da6a3ce929d0e0e4736");
  CHECK(context->span_id.hex() == "00f067aa0ba902b7");
  CHECK(context->sampled);
  CHECK(format_traceparent(*context) == kValid);
}

TEST_CASE("only the lowest flag means sampled", "[trace]") {
  CHECK_FALSE(parse_traceparent(kValid.substr(0, 53) + "00")->sampled);
  CHECK_FALSE(parse_traceparent(kValid.substr(0, 53) + "02")->sampled);
  CHECK(parse_traceparent(kValid.substr(0, 53) + "ff")->sampled);
}

TEST_CASE("a later version may have more fields, version 00 may not", "[trace]") {
  const std::string rest = kValid.substr(2);
  CHECK(parse_traceparent("cc" + rest));
  CHECK(parse_traceparent("cc" + rest + "-what-the-future-holds"));
  CHECK_FALSE(parse_traceparent("cc" + rest + ".what"));
  CHECK_FALSE(parse_traceparent(kValid + "-more"));
}

TEST_CASE("a malformed traceparent is ignored", "[trace]") {
  for (const char* bad : {"", "00", "ff-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
                          "00-4BF92F3577B34DA6A3CE929D0E0E4736-00f067aa0ba902b7-01",
                          "00-00000000000000000000000000000000-00f067aa0ba902b7-01",
                          "00-4bf92f3577b34da6a3ce929d0e0e4736-0000000000000000-01",
                          "00-4bf92f3577b34da6a3ce929d0e0e473-00f067aa0ba902b77-01",
                          "00_4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
                          "00-4bf92f3577b34da6a3ce929d0e0e473x-00f067aa0ba902b7-01",
                          "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-0x",
                          "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-1"}) {
    INFO(bad);
    CHECK_FALSE(parse_traceparent(bad).has_value());
  }
}
