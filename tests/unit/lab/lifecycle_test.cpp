// When a service is started again, given up or killed: the rules, checked by moving a clock.
#include "lab/lifecycle.hpp"

#include "base/limits.hpp"
#include "support/catch.hpp"
#include "support/manual_clock.hpp"

namespace msdemo::lab {

namespace {

using namespace std::chrono_literals;
using test::ManualClock;

struct Supervised {
  /// Lets exactly as much time pass as the lifecycle asks for, and returns what it does then.
  Acts wait() {
    REQUIRE(lifecycle.wake_at());
    clock.advance(*lifecycle.wake_at() - clock.steady_now());
    return lifecycle.time_passed();
  }

  std::chrono::nanoseconds pause_before_start() const {
    return *lifecycle.wake_at() - clock.steady_now();
  }

  void start_and_be_ready() {
    REQUIRE(lifecycle.start() == Acts{Act::spawn});
    lifecycle.became_ready();
  }

  ManualClock clock;
  Lifecycle lifecycle{"order", clock};
};

}  // namespace

TEST_CASE("a service that had been ready is started again after 100 ms, however often it dies",
          "[lab]") {
  Supervised order;
  order.start_and_be_ready();
  for (int crash = 1; crash <= 50; ++crash) {
    CHECK(order.lifecycle.ended().empty());
    CHECK(order.lifecycle.state() == ServiceState::restarting);
    CHECK(order.pause_before_start() == limits::kRestartDelay);
    CHECK(order.wait() == Acts{Act::spawn});
    CHECK(order.lifecycle.state() == ServiceState::starting);
    CHECK(order.lifecycle.restarts() == crash);
    order.lifecycle.became_ready();
    CHECK(order.lifecycle.state() == ServiceState::ready);
  }
}

TEST_CASE("nothing happens before the time has come", "[lab]") {
  Supervised order;
  order.start_and_be_ready();
  order.lifecycle.ended();
  order.clock.advance(limits::kRestartDelay - 1ms);
  CHECK(order.lifecycle.time_passed().empty());
  order.clock.advance(1ms);
  CHECK(order.lifecycle.time_passed() == Acts{Act::spawn});
}

TEST_CASE("starts that fail before they are ready back off and are given up after five", "[lab]") {
  Supervised order;
  REQUIRE(order.lifecycle.start() == Acts{Act::spawn});
  for (const auto pause : {200ms, 400ms, 800ms, 1600ms}) {
    order.lifecycle.ended();
    CHECK(order.lifecycle.state() == ServiceState::restarting);
    CHECK(order.pause_before_start() == pause);
    CHECK(order.wait() == Acts{Act::spawn});
  }
  CHECK(order.lifecycle.ended().empty());
  CHECK(order.lifecycle.state() == ServiceState::failed);
  CHECK(order.lifecycle.failed_starts() == limits::kFailedStarts);
  CHECK_FALSE(order.lifecycle.wake_at());

  SECTION("a start afterwards begins anew") {
    CHECK(order.lifecycle.start() == Acts{Act::spawn});
    order.lifecycle.ended();
    CHECK(order.pause_before_start() == limits::kStartBackoff);
  }
}

TEST_CASE("being ready once wipes out the failed starts before", "[lab]") {
  Supervised order;
  REQUIRE(order.lifecycle.start() == Acts{Act::spawn});
  for (int i = 0; i < limits::kFailedStarts - 1; ++i) {
    order.lifecycle.ended();
    order.wait();
  }
  order.lifecycle.became_ready();
  order.lifecycle.ended();
  order.wait();
  order.lifecycle.ended();
  CHECK(order.lifecycle.state() == ServiceState::restarting);
  CHECK(order.pause_before_start() == limits::kStartBackoff);
}

TEST_CASE("a start that is not ready in time is killed and counts as failed", "[lab]") {
  Supervised order;
  order.lifecycle.start();
  CHECK(order.pause_before_start() == limits::kStartTimeout);
  CHECK(order.wait() == Acts{Act::kill});
  CHECK(order.lifecycle.overdue());
  CHECK_FALSE(order.lifecycle.wake_at());
  order.lifecycle.ended();
  CHECK(order.lifecycle.failed_starts() == 1);
}

TEST_CASE("a kill looks like any crash", "[lab]") {
  Supervised order;
  order.start_and_be_ready();
  REQUIRE(order.lifecycle.kill());
  CHECK(*order.lifecycle.kill() == Acts{Act::kill});
  order.lifecycle.ended();
  CHECK(order.pause_before_start() == limits::kRestartDelay);
  CHECK_FALSE(order.lifecycle.kill());
}

TEST_CASE("stop keeps a service down until start", "[lab]") {
  Supervised order;
  order.start_and_be_ready();
  CHECK(order.lifecycle.stop() == Acts{Act::terminate});
  CHECK(order.lifecycle.has_process());
  CHECK(order.lifecycle.ended().empty());
  CHECK(order.lifecycle.state() == ServiceState::stopped);
  CHECK_FALSE(order.lifecycle.wake_at());
  CHECK(order.lifecycle.stop().empty());
  CHECK(order.lifecycle.start() == Acts{Act::spawn});
  CHECK(order.lifecycle.restarts() == 0);
}

TEST_CASE("stop ends the wait for a restart", "[lab]") {
  Supervised order;
  order.start_and_be_ready();
  order.lifecycle.ended();
  CHECK(order.lifecycle.stop().empty());
  CHECK(order.lifecycle.state() == ServiceState::stopped);
  CHECK_FALSE(order.lifecycle.wake_at());
}

TEST_CASE("a service that does not stop in time is killed", "[lab]") {
  Supervised order;
  order.start_and_be_ready();
  order.lifecycle.stop();
  CHECK(order.pause_before_start() == limits::kStopGrace);
  CHECK(order.wait() == Acts{Act::kill});
  order.lifecycle.ended();
  CHECK(order.lifecycle.state() == ServiceState::stopped);
  CHECK(order.lifecycle.overdue());
}

TEST_CASE("restart stops gracefully, then starts at once", "[lab]") {
  Supervised order;
  order.start_and_be_ready();
  CHECK(order.lifecycle.restart() == Acts{Act::terminate});
  CHECK(order.lifecycle.state() == ServiceState::restarting);
  CHECK(order.lifecycle.restart().empty());
  CHECK(order.lifecycle.ended() == Acts{Act::spawn});
  CHECK(order.lifecycle.restarts() == 1);

  SECTION("a stop in the middle wins") {
    order.lifecycle.became_ready();
    order.lifecycle.restart();
    order.lifecycle.stop();
    CHECK(order.lifecycle.ended().empty());
    CHECK(order.lifecycle.state() == ServiceState::stopped);
  }
}

TEST_CASE("restart starts what is down", "[lab]") {
  Supervised order;
  CHECK(order.lifecycle.restart() == Acts{Act::spawn});
}

TEST_CASE("only a ready service pauses, only a paused one resumes", "[lab]") {
  Supervised order;
  CHECK_FALSE(order.lifecycle.pause());
  CHECK_FALSE(order.lifecycle.resume());
  order.start_and_be_ready();
  CHECK(order.lifecycle.resume()->empty());
  CHECK(*order.lifecycle.pause() == Acts{Act::suspend});
  CHECK(order.lifecycle.state() == ServiceState::paused);
  CHECK(order.lifecycle.pause()->empty());
  CHECK(*order.lifecycle.resume() == Acts{Act::resume});
  CHECK(order.lifecycle.state() == ServiceState::ready);
}

TEST_CASE("a paused service is resumed to be stopped, and restarted when it is killed", "[lab]") {
  Supervised order;
  order.start_and_be_ready();
  REQUIRE(order.lifecycle.pause());
  SECTION("stop") {
    CHECK(order.lifecycle.stop() == Acts{Act::terminate, Act::resume});
  }
  SECTION("kill") {
    CHECK(*order.lifecycle.kill() == Acts{Act::kill});
    order.lifecycle.ended();
    CHECK(order.wait() == Acts{Act::spawn});
  }
}

TEST_CASE("a refusal names the service, its state and what to do first", "[lab]") {
  Supervised order;
  const auto refused = order.lifecycle.pause();
  REQUIRE_FALSE(refused);
  CHECK(refused.error().code == Code::lab_failed);
  CHECK(refused.error().message == "order is stopped: only a ready service can be paused");
  CHECK(refused.error().hint == "first: msdemo start order");
}

}  // namespace msdemo::lab
