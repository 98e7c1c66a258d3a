#include "storage/combiner.hpp"

#include <atomic>
#include <future>
#include <vector>

#include "support/catch.hpp"
#include "support/threads.hpp"

namespace msdemo::test {

namespace {

struct Call : storage::Combined {
  explicit Call(int number) : asked(number) {}
  int asked;
  int answer = 0;
};
using Calls = storage::Combiner<Call>;

}  // namespace

TEST_CASE("calls that come while others are served share the next batch", "[storage]") {
  constexpr std::size_t kCallers = 10;
  constexpr std::size_t kBatch = 8;
  constexpr std::size_t kQueue = 100;
  Calls combiner(1, kBatch, kQueue);
  std::promise<void> go_on;
  std::vector<std::size_t> batches;  // by one leader at a time
  const auto serve = [&](const Calls::Batch& batch) {
    if (batches.empty()) go_on.get_future().wait();
    batches.push_back(batch.size());
    for (Call* const call : batch) call->answer = 2 * call->asked;
  };
  std::atomic<std::size_t> right{0};
  const auto ask = [&](std::size_t i) {
    Call call(static_cast<int>(i));
    if (combiner.run(call, serve) && call.answer == 2 * call.asked) ++right;
  };
  Threads first(1, ask);
  first.await_blocked();
  Threads others(kCallers, ask);
  others.await_blocked();
  CHECK(combiner.waiting() == kCallers);
  go_on.set_value();
  first.join();
  others.join();
  CHECK(right == 1 + kCallers);
  CHECK(batches == std::vector<std::size_t>{1, kBatch, kCallers - kBatch});
  CHECK(combiner.waiting() == 0);
}

TEST_CASE("more calls than may wait are turned away", "[storage]") {
  Calls combiner(1, 8, 2);
  std::promise<void> go_on;
  const auto serve = [&, gone_on = go_on.get_future().share()](const Calls::Batch&) {
    gone_on.wait();
  };
  std::atomic<int> served{0};
  const auto ask = [&](std::size_t) {
    Call call(0);
    if (combiner.run(call, serve)) ++served;
  };
  Threads first(1, ask);
  first.await_blocked();
  Threads waiting(2, ask);
  waiting.await_blocked();
  Call one_too_many(0);
  CHECK_FALSE(combiner.run(one_too_many, serve));
  go_on.set_value();
  first.join();
  waiting.join();
  CHECK(served == 3);
}

TEST_CASE("each of many calls is served once, by no more leaders than there may be", "[storage]") {
  constexpr std::size_t kCallers = 8;
  constexpr int kEach = 2000;
  constexpr int kLeaders = 2;
  Calls combiner(kLeaders, 3, kCallers);
  std::atomic<int> leaders{0};
  std::atomic<int> most{0};
  std::atomic<int> wrong{0};
  Threads(kCallers, [&](std::size_t) {
    for (int i = 1; i <= kEach; ++i) {
      Call call(i);
      const bool served = combiner.run(call, [&](const Calls::Batch& batch) {
        const int now = ++leaders;
        int seen = most;
        while (now > seen && !most.compare_exchange_weak(seen, now)) {
        }
        for (Call* const other : batch) other->answer += other->asked;
        --leaders;
      });
      if (!served || call.answer != i) ++wrong;
    }
  }).join();
  CHECK(wrong == 0);
  CHECK(most <= kLeaders);
}

}  // namespace msdemo::test
