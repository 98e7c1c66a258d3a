// The lab's control API without a server: what its routes answer about traces.
#include "lab/control_api.hpp"

#include <map>

#include "base/clock.hpp"
#include "base/rng.hpp"
#include "support/catch.hpp"
#include "support/must.hpp"
#include "trace/otlp.hpp"

namespace msdemo::lab {

namespace {

using test::must;
using Queries = std::map<std::string, std::string>;

class FakeRequest final : public http::Request {
 public:
  explicit FakeRequest(Queries queries) : queries_(std::move(queries)) {}

  std::string_view body() const override { return {}; }
  std::string_view path_parameter() const override { return {}; }
  std::optional<std::string> query(const std::string& name) const override {
    const auto found = queries_.find(name);
    return found == queries_.end() ? std::nullopt : std::optional(found->second);
  }
  std::optional<std::string> header(const std::string&) const override { return {}; }
  std::optional<SteadyTime> deadline() const override { return {}; }
  bool abandoned() const override { return false; }
  trace::Span& span() const override { return span_; }

 private:
  Queries queries_;
  mutable Rng rng_{1};
  trace::Tracer tracer_{real_clock(), rng_};
  mutable trace::Span span_ = tracer_.start({}, trace::SpanKind::server, std::nullopt);
};

struct Api {
  Api() {
    trace::SpanRecord record;
    record.trace_id = {1, 2};
    record.span_id = {3};
    record.service = "order";
    record.name = "POST /orders";
    record.kind = trace::SpanKind::server;
    record.attributes = {{"msdemo.order.id", std::int64_t{7}}};
    must(collector.accept(trace::to_otlp_json(std::vector{record})));
  }

  Result<Json> traces(Queries queries) const {
    const auto match = must(router.match("GET", "/traces"));
    const auto answer = router.routes()[match.route].handler(FakeRequest(std::move(queries)));
    if (!answer) return fail(answer.error());
    return parse_json(answer->body);
  }

  TerminationSignals signals;
  Supervisor supervisor{{}, signals, real_clock()};
  Collector collector;
  http::Router router = control_routes(supervisor, collector, nullptr);
};

}  // namespace

TEST_CASE("the trace that placed an order is asked for by the order's id", "[lab]") {
  const Api api;
  const Json found = must(api.traces({{"order", "7"}}));
  REQUIRE(found.size() == 1);
  CHECK(found[0]["trace_id"] == (trace::TraceId{1, 2}.hex()));
  CHECK(must(api.traces({{"order", "8"}})).empty());
  CHECK(must(api.traces({{"order", "8"}, {"wait_ms", "1"}})).empty());
  CHECK(must(api.traces({})).size() == 1);
}

TEST_CASE("what is asked about traces has to be numbers within their limits", "[lab]") {
  const Api api;
  for (const Queries& queries :
       {Queries{{"order", "x"}}, Queries{{"order", "-1"}},
        Queries{{"order", "7"}, {"wait_ms", "10001"}}, Queries{{"limit", "1001"}}}) {
    const auto refused = api.traces(queries);
    REQUIRE_FALSE(refused);
    CHECK(refused.error().code == Code::invalid_field);
  }
}

}  // namespace msdemo::lab
