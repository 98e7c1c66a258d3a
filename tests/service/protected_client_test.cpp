// Policies over real HTTP: what a caller of a slow, wrong or gone callee sees, how long it takes,
// and which rule is told as the reason.
#include "http/protected_client.hpp"

#include <atomic>
#include <future>
#include <set>

#include "contracts/problem.hpp"
#include "http/server.hpp"
#include "support/catch.hpp"
#include "support/must.hpp"
#include "support/recording_sink.hpp"
#include "support/threads.hpp"

using namespace msdemo;
using namespace msdemo::http;
using namespace std::chrono_literals;
using resilience::BreakerState;
using resilience::Policies;
using test::must;

namespace {

/// A callee that answers the n-th request (from 1) as `answer` says, and a caller of it.
struct Pair {
  using Answer = std::function<Result<Response>(int nth, Pair&)>;

  explicit Pair(Answer answer) : answer_(std::move(answer)) {
    Router router;
    const auto handle = [this](const Request& request) {
      const auto left = request.header("X-Deadline-Ms");
      if (left) told_deadline_ms = std::stoi(*left);
      return answer_(++requests, *this);
    };
    router.add("GET", "/thing", handle);
    router.add("POST", "/thing", handle);
    server = must(Server::start({}, std::move(router), nullptr, nullptr));
    client.emplace(std::vector{server->url()}, "thing", policies, real_clock(), rng);
  }
  ~Pair() {
    gate.set_value();
    server.reset();
  }

  /// Lasts until this ends.
  void hold() { opened.wait(); }

  void set(const Policies::Changes& changes) { must(policies.change(changes)); }

  Result<void> call(const Call& call = {.request = {.target = "/thing"}, .route = "/thing"}) {
    trace::Span span = tracer.start("caller", trace::SpanKind::server, std::nullopt);
    const auto read = [](const ClientResponse& answer) -> Result<void> {
      if (answer.status == 200) return {};
      return fail(contracts::from_problem(answer.status, answer.body));
    };
    const SteadyTime began = std::chrono::steady_clock::now();
    auto result = client->send(call, read, span);
    took = std::chrono::steady_clock::now() - began;
    return result;
  }

  /// The rules that decided, in their order.
  std::vector<std::string> rules() {
    recorder.flush();
    std::vector<std::string> all;
    for (const auto& span : sink.spans()) {
      for (const auto& event : span.events) {
        all.push_back(event.name + ": " + std::get<std::string>(event.attributes.at(0).second));
      }
    }
    return all;
  }

  Answer answer_;
  std::promise<void> gate;
  std::shared_future<void> opened = gate.get_future().share();
  std::atomic<int> requests = 0;
  std::atomic<int> told_deadline_ms = -1;
  std::chrono::nanoseconds took{};
  test::RecordingSink sink;
  trace::Recorder recorder{sink};
  trace::Sampler sampler{real_clock(), trace::Sampler::Rule::always};
  Rng rng{7};
  trace::Tracer tracer{"caller", recorder, sampler, real_clock(), rng};
  Policies policies{resilience::Role::caller};
  std::unique_ptr<Server> server;
  std::optional<ProtectedClient> client;
};

Result<Response> well(int, Pair&) {
  return Response{200, "{}"};
}

Result<Response> broken(int, Pair&) {
  return fail(Code::storage_full, "no room");
}

bool any_of(const std::vector<std::string>& rules, std::string_view start) {
  return std::any_of(rules.begin(), rules.end(),
                     [&](const auto& rule) { return rule.starts_with(start); });
}

constexpr auto kSlack = 500ms;  ///< what a busy machine may add to a deadline

}  // namespace

TEST_CASE("a call that succeeds is one attempt, and decides nothing", "[protected]") {
  Pair pair(well);
  CHECK(pair.call().has_value());
  CHECK(pair.told_deadline_ms > 900);
  CHECK(pair.told_deadline_ms <= 1000);
  CHECK(pair.rules().empty());
  const auto stats = pair.client->stats();
  CHECK(stats.calls == 1);
  CHECK(stats.attempts == 1);
  CHECK(stats.failed == 0);
  CHECK(stats.in_flight == 0);
}

TEST_CASE("a failed attempt is repeated, and the rules say so", "[protected]") {
  Pair pair([](int nth, Pair& self) { return nth < 3 ? broken(nth, self) : well(nth, self); });
  CHECK(pair.call().has_value());
  CHECK(pair.requests == 3);
  const auto rules = pair.rules();
  REQUIRE(rules.size() == 4);
  CHECK(rules[0] == "policy.breaker: breaker closed: 1 of 1 calls failed, but it judges from 10");
  CHECK(rules[1].starts_with("policy.retry: retry 1 of 2 after "));
  CHECK(rules[1].ends_with(" ms: thing answered 507"));
  CHECK(rules[3].starts_with("policy.retry: retry 2 of 2 after "));
  CHECK(pair.client->stats().failed_attempts == 2);
  CHECK(pair.client->stats().failed == 0);
}

TEST_CASE("what the request itself deserves is no failure and not repeated", "[protected]") {
  Pair pair([](int, Pair&) -> Result<Response> { return fail(Code::user_not_found, "no"); });
  for (int i = 0; i < 30; ++i) CHECK(pair.call().error().code == Code::user_not_found);
  CHECK(pair.requests == 30);
  CHECK(pair.client->stats().failed == 0);
  CHECK(pair.client->stats().breaker == BreakerState::closed);
}

TEST_CASE("only what is safe is repeated", "[protected]") {
  const Call post{.request = {.method = "POST", .target = "/thing", .body = "{}"},
                  .route = "/thing"};
  Pair lost([](int, Pair&) -> Result<Response> { return Response{.body = {}, .drop = true}; });
  CHECK(lost.call(post).error().code == Code::connection_lost);
  CHECK(lost.requests == 1);
  CHECK(any_of(lost.rules(), "policy.retry_refused: retry refused: it may have happened"));

  Pair refused(broken);
  CHECK(refused.call(post).error().code == Code::storage_full);
  CHECK(refused.requests == 3);

  Pair gone(well);
  gone.server.reset();
  CHECK(gone.call(post).error().code == Code::unreachable);
  CHECK(gone.client->stats().attempts == 3);
}

TEST_CASE("a deadline ends the whole call, retries included, and is told to the callee",
          "[protected]") {
  Pair pair([](int nth, Pair& self) {
    self.hold();
    return well(nth, self);
  });
  pair.set({{"deadline", "300ms"}, {"attempt-timeout", "100ms"}, {"retries", "10"}});
  CHECK(pair.call().error().code == Code::timeout);
  CHECK(pair.took >= 200ms);
  CHECK(pair.took < 300ms + kSlack);
  CHECK(pair.told_deadline_ms <= 100);
  CHECK(pair.client->stats().attempts >= 2);
  CHECK(any_of(pair.rules(), "policy.retry_refused: retry refused: the deadline of 300 ms leaves"));
}

TEST_CASE("deadlines are kept to within a scheduling slack, whatever the policy", "[protected]") {
  Pair pair([](int nth, Pair& self) -> Result<Response> {
    if (nth % 3 == 0) return broken(nth, self);
    self.hold();
    return well(nth, self);
  });
  Rng rng(99);
  for (int i = 0; i < 30; ++i) {
    const auto deadline = std::chrono::milliseconds(10 + rng.next() % 80);
    const auto attempt = std::chrono::milliseconds(5 + rng.next() % 60);
    pair.set({{"preset", "standard"},
              {"breaker", "off"},
              {"deadline", std::to_string(deadline.count()) + "ms"},
              {"attempt-timeout", std::to_string(attempt.count()) + "ms"},
              {"retries", std::to_string(rng.next() % 11)}});
    static_cast<void>(pair.call());
    INFO("deadline " << deadline.count() << " ms, attempt " << attempt.count() << " ms");
    CHECK(pair.took < deadline + kSlack);
  }
}

TEST_CASE("the caller's own deadline counts when it is nearer", "[protected]") {
  Pair pair([](int nth, Pair& self) {
    self.hold();
    return well(nth, self);
  });
  pair.set({{"preset", "naive"}});
  const auto deadline = std::chrono::steady_clock::now() + 100ms;
  CHECK(pair.call({.request = {.target = "/thing"}, .route = "/thing", .deadline = deadline})
            .error()
            .code == Code::timeout);
  CHECK(pair.took < 1s);
  CHECK(pair.told_deadline_ms <= 100);
}

TEST_CASE("without a deadline the callee is told none", "[protected]") {
  Pair pair(well);
  pair.set({{"preset", "naive"}});
  CHECK(pair.call().has_value());
  CHECK(pair.told_deadline_ms == -1);
}

TEST_CASE("the budget keeps retries a share of the calls", "[protected]") {
  Pair pair(broken);
  pair.set({{"breaker", "off"}, {"retries", "3"}});
  for (int i = 0; i < 40; ++i) CHECK_FALSE(pair.call().has_value());
  CHECK(pair.client->stats().attempts == 48);
  CHECK(any_of(pair.rules(),
               "policy.retry_refused: retry refused: budget spent (8 retries for 40 calls in 10 s; "
               "20 % and 3 are allowed)"));
  pair.set({{"budget", "none"}});
  const auto before = pair.client->stats().attempts;
  CHECK_FALSE(pair.call().has_value());
  CHECK(pair.client->stats().attempts == before + 4);
}

TEST_CASE("the breaker opens, fails at once, probes and closes", "[protected]") {
  std::atomic<bool> down = true;
  Pair pair([&down](int nth, Pair& self) { return down ? broken(nth, self) : well(nth, self); });
  pair.set({{"retries", "0"}, {"breaker-open", "100ms"}});
  for (int i = 0; i < 10; ++i) CHECK(pair.call().error().code == Code::storage_full);
  const auto rejected = pair.call();
  REQUIRE_FALSE(rejected.has_value());
  CHECK(rejected.error().code == Code::breaker_open);
  CHECK(rejected.error().definite());
  CHECK(rejected.error().retry_after == 1s);
  CHECK(pair.requests == 10);
  CHECK(pair.client->stats().breaker == BreakerState::open);
  CHECK(pair.client->stats().rejected == 1);
  CHECK(any_of(pair.rules(), "policy.breaker: breaker open for another 100 ms: 10 of 10 calls"));
  pair.set({{"breaker", "off"}});
  CHECK(pair.client->stats().breaker == BreakerState::closed);
  CHECK(pair.call().error().code == Code::storage_full);
  pair.set({{"breaker", "on"}, {"breaker-open", "100ms"}});
  for (int i = 0; i < 10; ++i) CHECK(pair.call().error().code == Code::storage_full);
  CHECK(pair.client->stats().breaker == BreakerState::open);

  down = false;
  const auto patience = std::chrono::steady_clock::now() + 10s;
  while (pair.client->stats().breaker != BreakerState::closed &&
         std::chrono::steady_clock::now() < patience) {
    static_cast<void>(pair.call());
  }
  CHECK(pair.client->stats().breaker == BreakerState::closed);
  CHECK(pair.call().has_value());
}

TEST_CASE("a callee that sheds load neither opens the breaker nor is asked again at once",
          "[protected]") {
  Pair pair([](int, Pair&) -> Result<Response> { return fail(Code::overloaded, "busy"); });
  for (int i = 0; i < 30; ++i) CHECK(pair.call().error().code == Code::overloaded);
  CHECK(pair.requests == 30);
  CHECK(pair.client->stats().breaker == BreakerState::closed);
  CHECK(any_of(pair.rules(), "policy.retry_refused: retry refused: thing asks for 1 s"));
}

TEST_CASE("a full bulkhead refuses at once", "[protected]") {
  Pair pair([](int nth, Pair& self) {
    self.hold();
    return well(nth, self);
  });
  pair.set({{"bulkhead", "1"}, {"deadline", "500ms"}});
  test::Threads other(1, [&](std::size_t) {
    trace::Span span = pair.tracer.start("other", trace::SpanKind::server, std::nullopt);
    static_cast<void>(pair.client->send(
        {.request = {.target = "/thing"}, .route = "/thing"},
        [](const auto&) { return Result<void>(); }, span));
  });
  while (pair.requests == 0) std::this_thread::yield();
  const auto rejected = pair.call();
  REQUIRE_FALSE(rejected.has_value());
  CHECK(rejected.error().code == Code::bulkhead_full);
  CHECK(pair.requests == 1);
  CHECK(any_of(pair.rules(), "policy.bulkhead: bulkhead full: 1 calls to thing are under way"));
  other.join();
}

TEST_CASE("work whose deadline passed in the queue is not begun", "[admission]") {
  Pair pair([](int nth, Pair& self) {
    if (nth == 1) self.hold();
    return well(nth, self);
  });
  pair.server->admit(1, false);
  Client client(pair.server->url());
  test::Threads first(
      1, [&](std::size_t) { static_cast<void>(client.send({.target = "/thing"}, 10s)); });
  while (pair.requests == 0) std::this_thread::yield();
  Result<ClientResponse> late = fail(Code::internal, "not asked");
  test::Threads second(1, [&](std::size_t) {
    late = client.send({.target = "/thing", .headers = {{"X-Deadline-Ms", "20"}}}, 10s);
  });
  const auto patience = std::chrono::steady_clock::now() + 10s;
  while (pair.server->load().oldest < 30ms && std::chrono::steady_clock::now() < patience) {
    std::this_thread::yield();
  }
  CHECK(pair.server->load().running == 1);
  CHECK(pair.server->load().queued == 1);
  pair.server->admit(2, false);
  second.join();
  REQUIRE(late.has_value());
  CHECK(late->status == 504);
  CHECK(contracts::from_problem(late->status, late->body).code == Code::deadline_exceeded);
  CHECK(pair.requests == 1);
}

TEST_CASE("with shedding, a queue that stands is refused, and the rest answered in time",
          "[admission]") {
  const auto overload = [](bool shedding) {
    StopSignal never;
    Pair pair([&never](int nth, Pair& self) {
      never.wait(10ms);  // what a request costs here
      return well(nth, self);
    });
    pair.server->admit(1, shedding);
    std::atomic<int> answered = 0;
    std::atomic<int> shed = 0;
    std::atomic<std::int64_t> longest_us = 0;
    test::Threads threads(60, [&](std::size_t) {
      Client client(pair.server->url());
      for (int i = 0; i < 3; ++i) {
        const SteadyTime began = std::chrono::steady_clock::now();
        const auto answer = client.send({.target = "/thing"}, 20s);
        const auto took = std::chrono::duration_cast<std::chrono::microseconds>(
            std::chrono::steady_clock::now() - began);
        if (!answer) continue;
        if (answer->status == 503) ++shed;
        if (answer->status != 200) continue;
        ++answered;
        std::int64_t longest = longest_us;
        while (took.count() > longest && !longest_us.compare_exchange_weak(longest, took.count())) {
        }
      }
    });
    threads.join();
    CHECK(answered + shed == 180);
    CHECK(pair.server->load().shed == shed);
    return std::pair(shed.load(), longest_us.load());
  };
  const auto [none_shed, naive_us] = overload(false);
  CHECK(none_shed == 0);
  const auto [shed, standard_us] = overload(true);
  CHECK(shed > 30);
  CHECK(standard_us < naive_us);
}
