// The promise behind a 202, kept while every service dies again and again: each accepted order is
// decided, once, and has its effect, once. What makes it so is at-least-once delivery and inboxes;
// no process of this lab lives long enough to be of help.
#include <algorithm>
#include <fstream>
#include <iterator>

#include "base/rng.hpp"
#include "messaging/embedded_broker.hpp"
#include "support/catch.hpp"
#include "support/deaths.hpp"
#include "support/must.hpp"
#include "support/order_ledger.hpp"

using namespace msdemo;
using namespace std::chrono_literals;

namespace {

/// Waits until no order is pending.
bool all_decided(const std::string& order_url) {
  http::Client client(order_url);
  return test::eventually(
      [&] {
        const auto page = client.send({.target = "/orders?status=pending&limit=1"}, 10s);
        return page && page->status == 200 && parse_json(page->body)->at("orders").empty();
      },
      60s);
}

std::string log_of(const test::TestLab& lab, const std::string& service) {
  std::ifstream file(lab.folder() / "logs" / (service + ".log"));
  return {std::istreambuf_iterator<char>(file), {}};
}

}  // namespace

TEST_CASE("every accepted order is decided once, whoever dies meanwhile", "[e2e]") {
  const test::TestLab lab;
  REQUIRE(lab.run({"up", "-d"}).exit_code == 0);
  const std::uint64_t seed = random_seed();
  INFO("seed " << seed);
  Rng rng(seed);
  const test::Deaths deaths =
      test::plan_deaths(test::kills(300), {"broker", "notify", "order", "user"}, rng);
  test::Told told;
  test::Writers writers(lab.service("order").at("url"), told, {.async = true, .every = 20ms});
  test::kill_all(lab, deaths, rng);
  REQUIRE(told.await_answers(10));
  writers.stop();
  REQUIRE(test::settled(lab));
  // Whose consumers died ten times over it is a dead letter by rights, and none for ever.
  const int redriven = test::redrive_all(lab);
  REQUIRE(test::settled(lab));

  for (const auto& [service, ways] : deaths) {
    CHECK(lab.service(service).at("restarts") == ways.size());
  }
  const test::Ledger ledger = test::ledger_of(lab, told);
  WARN(ledger.line() << ", redriven " << redriven << ", seed " << seed);
  CHECK(ledger.accepted > 500);
  CHECK(ledger.unknown > 0);      // else no kill hit an order,
  CHECK(ledger.redelivered > 0);  // and none hit a message: nothing was proven
  CHECK(ledger.lost == 0);
  CHECK(ledger.failed == 0);
  CHECK(ledger.duplicated_orders == 0);
  CHECK(ledger.duplicated_effects == 0);
  CHECK(ledger.missing_effects == 0);
  CHECK(ledger.dead_letters == 0);
  CHECK(lab.run({"down"}).exit_code == 0);
}

TEST_CASE("a consumer that pauses for longer than its lease holds nothing up for good", "[e2e]") {
  const test::TestLab lab;
  REQUIRE(lab.run({"up", "-d"}).exit_code == 0);
  const std::string order_url = lab.service("order").at("url");
  messaging::EmbeddedBroker broker(lab.service("broker").at("url"));
  const std::vector<std::string> topics = {"user.lookup.requested"};
  const auto other = test::must(broker.subscribe("user", topics));

  // With a first order done, the user service asks for more: paused, it is given some all the same,
  // and their lease ends.
  REQUIRE(lab.run({"order", "create", "--user", "1", "--item", "first", "--async"}).exit_code == 0);
  REQUIRE(test::settled(lab));
  REQUIRE(lab.run({"pause", "user"}).exit_code == 0);
  constexpr int kOrders = 2000;       // 200 a second for 10 s
  constexpr std::size_t kTaken = 16;  // few enough to be given back before their own lease ends
  test::Told told;
  test::Writers writers(order_url, told,
                        {.async = true, .every = 20ms, .orders = kOrders / test::Writers::kCount});
  writers.finish();
  CHECK(told.accepted().size() == kOrders);

  // Another consumer of the group has them now, so what the first one does with them is too late.
  auto taken = test::must(other->receive(kTaken, limits::kReceiveWait));
  CHECK(std::ranges::any_of(taken, [](const auto& delivery) { return delivery.attempt > 1; }));
  const SteadyTime resumed = real_clock().steady_now();
  REQUIRE(lab.run({"resume", "user"}).exit_code == 0);
  CHECK(test::eventually(
      [&] { return log_of(lab, "user").find("not all acked") != std::string::npos; }, 4s));
  for (const auto& delivery : taken) test::must(other->retry_later(delivery, 0ms));

  REQUIRE(all_decided(order_url));
  const std::chrono::duration<double> drained = real_clock().steady_now() - resumed;
  REQUIRE(test::settled(lab));
  const test::Ledger ledger = test::ledger_of(lab, told);
  WARN(ledger.line() << ", drained at " << static_cast<int>(kOrders / drained.count())
                     << " orders/s");
  CHECK(ledger.confirmed + ledger.rejected == kOrders + 1);
  CHECK(ledger.lost == 0);
  CHECK(ledger.duplicated_orders == 0);
  CHECK(ledger.duplicated_effects == 0);
  CHECK(ledger.missing_effects == 0);
  CHECK(ledger.dead_letters == 0);
}
