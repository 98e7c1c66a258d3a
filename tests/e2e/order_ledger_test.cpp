// The promise behind a 201, kept against kill -9: an outside client keeps a ledger of what it was
// told, and the order service has to agree with every line of it, however often it is killed.
//
// A kill proves that an answered order survives the process. It proves nothing about power loss.
#include <csignal>

#include "support/catch.hpp"
#include "support/order_ledger.hpp"

using namespace msdemo;
using namespace std::chrono_literals;

TEST_CASE("every answered order is there after any number of kills, and once", "[e2e]") {
  const test::TestLab lab;
  REQUIRE(lab.run({"up", "-d"}).exit_code == 0);
  const std::string url = lab.service("order").at("url");
  const int kills = test::kills(200);
  test::Told told;
  test::Writers writers(url, told);
  pid_t process = 0;
  for (int kill = 0; kill < kills; ++kill) {
    process = lab.next_pid("order", process);
    REQUIRE(process > 0);
    REQUIRE(told.await_answers(1 + kill % 23));
    ::kill(process, SIGKILL);
  }
  REQUIRE(lab.next_pid("order", process) > 0);
  REQUIRE(told.await_answers(10));
  writers.stop();

  CHECK(lab.service("order").at("restarts") == kills);
  CHECK_FALSE(told.unknown().empty());  // else no kill hit an order, and nothing was proven

  int changed = 0;
  http::Client client(url);
  for (const auto& [key, answer] : told.accepted()) {
    const auto repeated = client.send(answer.order.request(), 10s);
    const bool same = repeated && repeated->status == 201 && answer.ids.size() == 1 &&
                      parse_json(repeated->body)->at("id") == *answer.ids.begin();
    if (!same) ++changed;
  }
  const test::Ledger ledger = test::ledger_of_orders(url, told);
  WARN(ledger.line());
  CHECK(ledger.lost == 0);
  CHECK(ledger.duplicated_orders == 0);
  CHECK(changed == 0);
  CHECK(lab.run({"down"}).exit_code == 0);
}
