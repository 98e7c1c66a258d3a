// Work that starts on time whether or not earlier work is done.
#include "load/open_loop.hpp"

#include <condition_variable>
#include <mutex>
#include <set>

#include "support/catch.hpp"

namespace msdemo::load {

namespace {

constexpr double kAtOnce = 1e6;  ///< a rate at which a test has nothing to wait for

}  // namespace

TEST_CASE("every start is made once, and never before its time", "[load]") {
  std::mutex mutex;
  std::set<std::size_t> made;
  bool early = false;
  std::size_t dropped = 0;
  run_open_loop(Pacer(2000), 100, 100,
                {.work =
                     [&](std::size_t k, SteadyTime intended) {
                       const bool before = real_clock().steady_now() < intended;
                       const std::lock_guard lock(mutex);
                       early = early || before;
                       made.insert(k);
                     },
                 .drop = [&](std::size_t) { ++dropped; },
                 .second = [] {}});
  CHECK(made.size() + dropped == 100);
  CHECK(dropped == 0);
  CHECK_FALSE(early);
}

TEST_CASE("a start that finds everybody busy is dropped, not delayed", "[load]") {
  std::mutex mutex;
  std::condition_variable changed;
  bool released = false;
  std::size_t worked = 0;
  std::vector<std::size_t> dropped;
  run_open_loop(Pacer(kAtOnce), 10, 3,
                {.work =
                     [&](std::size_t, SteadyTime) {
                       std::unique_lock lock(mutex);
                       changed.wait(lock, [&] { return released; });
                       ++worked;
                     },
                 .drop =
                     [&](std::size_t k) {
                       const std::lock_guard lock(mutex);
                       dropped.push_back(k);
                       released = dropped.size() == 7;
                       changed.notify_all();
                     },
                 .second = [] {}});
  CHECK(worked == 3);
  CHECK(dropped == std::vector<std::size_t>{3, 4, 5, 6, 7, 8, 9});
}

}  // namespace msdemo::load
