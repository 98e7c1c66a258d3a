// The same promise as async_ledger_test.cpp on the engines for more than one machine: the services
// die again and again, and meanwhile the broker and the database are killed and started, too.
#include <fmt/format.h>

#include <cstdlib>

#include "base/rng.hpp"
#include "contract/engine_url.hpp"
#include "support/catch.hpp"
#include "support/deaths.hpp"
#include "support/order_ledger.hpp"

namespace msdemo {

namespace {

using namespace std::chrono_literals;

constexpr int kKills = 130;
constexpr auto kBetweenEngines = 4s;  ///< that the engines live between their deaths

/// scripts/engines ended the engine as a crash does and started it again at the same port.
bool kill_engine(const std::string& name) {
  const char* folder = std::getenv("MSDEMO_TEST_ENGINES_FOLDER");
  if (folder == nullptr) return false;
  const std::string script = std::string(MSDEMO_SOURCE_DIR) + "/scripts/engines";
  for (const char* action : {"kill", "restart"}) {
    const std::string command =
        fmt::format("'{}' {} {} --folder '{}' 2>&1", script, action, name, folder);
    if (std::system(command.c_str()) != 0) return false;
  }
  return true;
}

/// The whole ledger of a lab on PostgreSQL and `broker`, which scripts/engines knows as `engine`.
/// Each writer places an order `every` so often.
void keep_ledger(const std::string& database, const std::string& broker, const std::string& engine,
                 std::chrono::milliseconds every) {
  const test::TestLab lab;
  // A service that dies while its database is away waits for it when it starts again.
  const auto up =
      lab.run({"up", "-d", "--wait-for", "60s", "--db", test::own_place(database, "ledger"),
               "--broker", test::own_place(broker, "ledger")});
  INFO(up.err << up.out);
  REQUIRE(up.exit_code == 0);
  const std::uint64_t seed = random_seed();
  INFO("seed " << seed);
  Rng rng(seed);
  const test::Deaths deaths =
      test::plan_deaths(test::kills(kKills), {"notify", "order", "user"}, rng);
  test::Told told;
  test::Writers writers(lab.service("order").at("url"), told, {.async = true, .every = every});

  std::thread engines_die([&] {
    const StopSignal life;
    for (const std::string& name : {engine, std::string("postgres"), engine}) {
      life.wait(kBetweenEngines);
      CHECK(kill_engine(name));
    }
  });
  test::kill_all(lab, deaths, rng);
  engines_die.join();
  REQUIRE(told.await_answers(10));
  writers.stop();
  REQUIRE(test::settled(lab));
  // Whose consumers died ten times over it is a dead letter by rights, and none for ever.
  const int redriven = test::redrive_all(lab);
  REQUIRE(test::settled(lab));

  const test::Ledger ledger = test::ledger_of(lab, told);
  WARN(engine << ", " << ledger.line() << ", redriven " << redriven << ", seed " << seed);
  CHECK(ledger.accepted > 100);
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

}  // namespace

TEST_CASE("on PostgreSQL and RabbitMQ every accepted order is decided once", "[ledger]") {
  const auto database = test::engine_url("MSDEMO_TEST_POSTGRES");
  const auto broker = test::engine_url("MSDEMO_TEST_RABBITMQ");
  if (database && broker) keep_ledger(*database, *broker, "rabbitmq", 20ms);
}

TEST_CASE("on PostgreSQL and Kafka every accepted order is decided once", "[ledger]") {
  const auto database = test::engine_url("MSDEMO_TEST_POSTGRES");
  const auto broker = test::engine_url("MSDEMO_TEST_KAFKA");
  if (database && broker) keep_ledger(*database, *broker, "kafka", 400ms);
}

}  // namespace msdemo
