// A ledger that has never found anything proves nothing: here the program has a bug on purpose, and
// the same figures have to show it.
#include "messaging/embedded_broker.hpp"
#include "support/catch.hpp"
#include "support/must.hpp"
#include "support/order_ledger.hpp"

using namespace msdemo;
using namespace std::chrono_literals;

namespace {

/// The program that can have bugs; none if `bug` is empty.
test::Program program_with(const std::string& bug) {
  test::Program program{.path = MSDEMO_PLANTED};
  if (!bug.empty()) program.variables.push_back("MSDEMO_PLANTED_BUG=" + bug);
  return program;
}

void crash(const test::TestLab& lab, const std::string& service, const std::string& point) {
  const pid_t pid = lab.pid(service);
  lab.run({"fault", "add", service, "crash=" + point});
  REQUIRE(test::gone(pid, 30s));
  REQUIRE(lab.next_pid(service, pid) > 0);
}

/// Each consumer dies with messages in its hands, before and after it has acted on them.
test::Ledger ledger_with(const std::string& bug) {
  const test::TestLab lab(program_with(bug));
  REQUIRE(lab.run({"up", "-d"}).exit_code == 0);
  test::Told told;
  test::Writers writers(lab.service("order").at("url"), told, {.async = true, .every = 40ms});
  for (const char* service : {"user", "order", "notify"}) {
    crash(lab, service, "after-receive");
    crash(lab, service, "before-ack");
  }
  writers.stop();
  REQUIRE(test::settled(lab));
  const test::Ledger ledger = test::ledger_of(lab, told);
  WARN("bug '" << bug << "': " << ledger.line());
  return ledger;
}

/// Whether the broker refuses an ack that comes after its lease, the message being with another
/// consumer by then.
bool refuses_stale_acks(const std::string& bug) {
  const test::TestLab lab(program_with(bug));
  REQUIRE(lab.run({"up", "-d"}).exit_code == 0);
  messaging::EmbeddedBroker broker(lab.service("broker").at("url"));
  const std::vector<std::string> topics = {"news"};
  const auto slow = test::must(broker.subscribe("readers", topics));
  const auto other = test::must(broker.subscribe("readers", topics));
  const std::vector<messaging::Message> news = {{"news", "", "a"}};
  test::must(broker.publish(news));
  const auto first = test::must(slow->receive(1, limits::kReceiveWait));
  const auto second = test::must(other->receive(1, limits::kReceiveWait));
  REQUIRE(first.size() == 1);
  REQUIRE(second.size() == 1);
  REQUIRE(second.front().lease > first.front().lease);
  const auto acked = slow->ack(first);
  return !acked && acked.error().code == Code::stale_lease;
}

}  // namespace

TEST_CASE("without a bug the ledger is clean", "[e2e]") {
  const test::Ledger ledger = ledger_with("");
  CHECK(ledger.accepted > 0);
  CHECK(ledger.redelivered > 0);
  CHECK(ledger.lost == 0);
  CHECK(ledger.duplicated_orders == 0);
  CHECK(ledger.duplicated_effects == 0);
  CHECK(ledger.missing_effects == 0);
  CHECK(refuses_stale_acks(""));
}

TEST_CASE("the ledger notices a consumer that acks before it acts", "[e2e]") {
  const test::Ledger ledger = ledger_with("ack-first");
  CHECK(ledger.lost > 0);
  CHECK(ledger.missing_effects > 0);
}

TEST_CASE("the ledger notices a consumer without an inbox", "[e2e]") {
  CHECK(ledger_with("no-inbox").duplicated_effects > 0);
}

TEST_CASE("a broker that does not fence is noticed", "[e2e]") {
  CHECK_FALSE(refuses_stale_acks("no-fencing"));
}
