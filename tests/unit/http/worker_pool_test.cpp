// Which task gets a thread when: by the limit, by the processors, and by who waits.
#include "http/worker_pool.hpp"

#include <atomic>
#include <future>
#include <latch>
#include <thread>

#include "base/limits.hpp"
#include "base/waiting.hpp"
#include "support/catch.hpp"

using namespace msdemo;
using namespace std::chrono_literals;
using http::WorkerPool;

namespace {

constexpr auto kSoon = 10s;

std::size_t processors() {
  return std::max<std::size_t>(2, std::thread::hardware_concurrency());
}

/// Blocks a task until it is opened.
class Gate {
 public:
  void open() { opened_.set_value(); }
  void pass() const { passed_.wait_for(kSoon); }

 private:
  std::promise<void> opened_;
  std::shared_future<void> passed_ = opened_.get_future().share();
};

}  // namespace

TEST_CASE("tasks that say that they wait leave their processor to others", "[worker_pool]") {
  const std::size_t many = processors() * 4;
  Gate gate;
  std::latch begun(static_cast<std::ptrdiff_t>(many));
  WorkerPool pool(many, 0);
  for (std::size_t i = 0; i < many; ++i) {
    REQUIRE(pool.submit([&](auto) {
      begun.count_down();
      const Waiting waiting;
      gate.pass();
    }));
  }
  begun.wait();  // all at once, although there are fewer processors
  CHECK(pool.load().running == many);
  CHECK_FALSE(pool.submit([](auto) {}));
  gate.open();
}

TEST_CASE("tasks that work share the processors, and nobody gets a thread more", "[worker_pool]") {
  std::atomic<std::size_t> at_once = 0;
  std::atomic<std::size_t> most = 0;
  std::latch done(1000);
  WorkerPool pool(1000, 0);
  for (int i = 0; i < 1000; ++i) {
    REQUIRE(pool.submit([&](auto) {
      const std::size_t now = ++at_once;
      std::size_t before = most;
      while (now > before && !most.compare_exchange_weak(before, now)) {
      }
      --at_once;
      done.count_down();
    }));
  }
  done.wait();
  CHECK(most <= processors());
}

TEST_CASE("who waits without a word is noticed, and the others get a thread", "[worker_pool]") {
  Gate gate;
  std::promise<void> reached;
  WorkerPool pool(processors() + 1, 0);
  for (std::size_t i = 0; i < processors(); ++i) pool.submit([&](auto) { gate.pass(); });
  pool.submit([&](auto) { reached.set_value(); });
  auto future = reached.get_future();
  CHECK(pool.pending());
  CHECK(future.wait_for(2 * limits::kHotStall) == std::future_status::timeout);
  pool.relieve();
  CHECK(future.wait_for(kSoon) == std::future_status::ready);
  gate.open();
}

TEST_CASE("what the limit keeps waits, is told for how long, and goes on with a new limit",
          "[worker_pool]") {
  Gate gate;
  std::promise<std::chrono::nanoseconds> queued;
  WorkerPool pool(1, 1);
  pool.submit([&](auto) { gate.pass(); });
  REQUIRE(pool.submit([&](auto waited) { queued.set_value(waited); }));
  CHECK_FALSE(pool.submit([](auto) {}));
  CHECK(pool.load().queued == 1);
  pool.limit(2);
  auto future = queued.get_future();
  REQUIRE(future.wait_for(kSoon) == std::future_status::ready);
  CHECK(future.get() > 0ns);
  CHECK(pool.load().queued == 0);
  gate.open();
}

TEST_CASE("a pool that ends runs what it has taken", "[worker_pool]") {
  std::atomic<int> done = 0;
  {
    WorkerPool pool(4, 100);
    for (int i = 0; i < 100; ++i) REQUIRE(pool.submit([&](auto) { ++done; }));
  }
  CHECK(done == 100);
}
