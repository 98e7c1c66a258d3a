// What Kafka's groups do beyond the contract: partitions that move from consumer to consumer.
#include <atomic>
#include <mutex>
#include <set>
#include <thread>

#include "base/stop_signal.hpp"
#include "contract/broker_fixture.hpp"
#include "contract/kafka_engine.hpp"

namespace msdemo::test {

namespace {

using messaging::Broker;

std::unique_ptr<Subscription> subscribe(Broker& broker, const std::string& group,
                                        const Texts& topics) {
  return must(broker.subscribe(group, topics));
}

/// The next message, for as long as a group may take to go on without a consumer that hangs.
Deliveries await_one(Subscription& consumer) {
  const auto end = std::chrono::steady_clock::now() + 4 * kSoon;
  Deliveries got;
  while (got.empty() && std::chrono::steady_clock::now() < end) {
    got = must(consumer.receive(1, kSoon));
  }
  return got;
}

/// Those of the next messages whose ack was confirmed; none while the group is changing.
Texts take_acked(Subscription& consumer, std::size_t max, std::chrono::milliseconds wait) {
  Texts acked;
  const auto some = consumer.receive(max, wait);
  if (!some) return acked;
  for (const Delivery& delivery : *some) {
    if (consumer.ack({&delivery, 1})) acked.push_back(delivery.message.body);
  }
  return acked;
}

/// Takes messages until it is destroyed, and tells of those whose ack was confirmed.
class Worker {
 public:
  Worker(Broker& broker, std::function<void(const std::string&)> seen)
      : consumer_(subscribe(broker, "workers", {"jobs"})),
        seen_(std::move(seen)),
        thread_([this] { run(); }) {}
  ~Worker() {
    leaving_ = true;
    consumer_->interrupt();
    thread_.join();
  }

  std::size_t count() const { return count_; }

 private:
  void run() {
    while (!leaving_) {
      for (const std::string& body : take_acked(*consumer_, 5, kSoon)) {
        seen_(body);
        ++count_;
      }
    }
  }

  std::unique_ptr<Subscription> consumer_;
  const std::function<void(const std::string&)> seen_;
  std::atomic<std::size_t> count_ = 0;
  std::atomic<bool> leaving_ = false;
  std::thread thread_;
};

}  // namespace

TEST_CASE("partitions move to a third consumer, and nothing comes twice", "[kafka]") {
  const auto test = kafka_under_test();
  if (!test) return;
  std::mutex mutex;
  std::multiset<std::string> seen;
  const auto note = [&](const std::string& body) {
    const std::lock_guard lock(mutex);
    seen.insert(body);
  };
  const auto seen_count = [&] {
    const std::lock_guard lock(mutex);
    return seen.size();
  };
  int published = 0;
  const auto publish_some = [&] {
    for (int i = 0; i < 10; ++i, ++published) {
      publish(*test, "jobs", {std::to_string(published)}, "key " + std::to_string(published % 30));
    }
  };
  publish_some();
  {
    Worker one(test->broker(), note);
    Worker two(test->broker(), note);
    const auto deadline = std::chrono::steady_clock::now() + 4 * kSoon;
    std::unique_ptr<Worker> three;
    while ((!three || three->count() == 0) && std::chrono::steady_clock::now() < deadline) {
      // What waits is little, or the group would be busy with it instead of with its change.
      if (seen_count() + 100 < static_cast<std::size_t>(published)) {
        std::this_thread::yield();
        continue;
      }
      publish_some();
      if (!three && one.count() > 0 && two.count() > 0) {
        three = std::make_unique<Worker>(test->broker(), note);
      }
    }
    REQUIRE(three);
    CHECK(three->count() > 0);
    while (seen_count() < static_cast<std::size_t>(published) &&
           std::chrono::steady_clock::now() < deadline) {
      std::this_thread::yield();
    }
  }
  CHECK(seen.size() == static_cast<std::size_t>(published));
  CHECK(std::set<std::string>(seen.begin(), seen.end()).size() ==
        static_cast<std::size_t>(published));
}

TEST_CASE("a slow handler that extends keeps its messages", "[kafka]") {
  const auto test = kafka_under_test();
  if (!test) return;
  const auto slow = subscribe(*test, "readers", {"news"});
  publish(*test, "news", {"a"}, "k");
  const Deliveries held = take(*slow, 1);
  REQUIRE(held.size() == 1);
  // Longer than a lease and the session together: whoever only hangs would be out.
  const auto end = std::chrono::steady_clock::now() + KafkaUnderTest::kLease + kSoon + kSoon;
  while (std::chrono::steady_clock::now() < end) {
    must(slow->extend(held));
    StopSignal().wait(KafkaUnderTest::kLease / 2);
  }
  must(slow->ack(held));
  const auto other = subscribe(*test, "readers", {"news"});
  CHECK(must(other->receive(1, KafkaUnderTest::kLease)).empty());
}

TEST_CASE("a consumer that hangs loses its messages to others", "[kafka]") {
  const auto test = kafka_under_test();
  if (!test) return;
  const auto hanging = subscribe(*test, "readers", {"news"});
  publish(*test, "news", {"a"}, "k");
  const Delivery held = take(*hanging, 1).at(0);
  const auto other = subscribe(*test, "readers", {"news"});
  const Deliveries got = await_one(*other);
  REQUIRE(got.size() == 1);
  CHECK(got[0].id == held.id);
  CHECK(got[0].attempt == 2);
  CHECK(got[0].lease > held.lease);
  CHECK(hanging->ack({&held, 1}).error().code == Code::stale_lease);
  must(other->ack(got));
}

TEST_CASE("a full consumer stays in its group, and misses nothing", "[kafka]") {
  constexpr int kMessages = 3000;
  const auto test = kafka_under_test();
  if (!test) return;
  const auto consumer = subscribe(*test, "readers", {"news"});
  for (int i = 0; i < kMessages;) {
    Texts batch;
    for (int j = 0; j < 250; ++j, ++i) batch.push_back(std::to_string(i));
    publish(*test, "news", batch, "k");
  }
  int next = 0;
  while (next < kMessages) {
    const Deliveries some = must(consumer->receive(100, kSoon));
    REQUIRE_FALSE(some.empty());
    // Long enough for the member to find that nothing more fits in, and to pause.
    if (next == 0) {
      for (int i = 0; i < 4; ++i) {
        StopSignal().wait(KafkaUnderTest::kLease / 2);
        must(consumer->extend(some));
      }
    }
    for (const Delivery& delivery : some) CHECK(delivery.message.body == std::to_string(next++));
    must(consumer->ack(some));
  }
  CHECK(nothing_for(*consumer));
}

TEST_CASE("a full consumer that its group went on without gets messages again", "[kafka]") {
  const auto test = kafka_under_test();
  if (!test) return;
  const auto hanging = subscribe(*test, "readers", {"news"});
  for (std::size_t i = 0; i < 3 * limits::kKafkaFetched / 250; ++i) {
    publish(*test, "news", Texts(250, "text"), "k");
  }
  must(hanging->ack(take(*hanging, 1)));
  auto other = subscribe(*test, "readers", {"news"});
  REQUIRE(await_one(*other).size() == 1);
  other.reset();
  CHECK(await_one(*hanging).size() == 1);
}

TEST_CASE("what was acked out of order is not given out by the next consumer", "[kafka]") {
  const auto test = kafka_under_test();
  if (!test) return;
  auto consumer = subscribe(*test, "readers", {"news"});
  publish(*test, "news", {"held", "later", "acked", "new"}, "k");
  const Deliveries first = take(*consumer, 3);
  REQUIRE(first.size() == 3);
  must(consumer->ack({&first[2], 1}));
  must(consumer->retry_later(first[1], limits::kLease));
  consumer.reset();

  const auto next = subscribe(*test, "readers", {"news"});
  const Deliveries again = take(*next, 2);
  CHECK(bodies(again) == Texts{"held", "new"});
  CHECK(again.at(0).attempt == 2);
  CHECK(again.at(0).lease > first[0].lease);
  CHECK(again.at(1).attempt == 1);
  must(next->ack(again));
  // Nor does a retry come early because another consumer has it now.
  const Deliveries retried = take(*next, 1);
  CHECK(bodies(retried) == Texts{"later"});
  CHECK(retried.at(0).attempt == 2);
}

TEST_CASE("a pattern hears of topics that are made later", "[kafka]") {
  const auto test = kafka_under_test();
  if (!test) return;
  const auto consumer = subscribe(*test, "notify", {"order.*"});
  CHECK(nothing_for(*consumer));  // it is in the group from now on
  publish(*test, "order.confirmed", {"1"});
  publish(*test, "order.dead", {"no: dead letters are for those who name them"});
  publish(*test, "order.deaf", {"2"});
  // Between the two topics the group changes: what is in hand for so long would come again.
  std::multiset<std::string> heard;
  const auto end = std::chrono::steady_clock::now() + 4 * kSoon;
  while (heard.size() < 2 && std::chrono::steady_clock::now() < end) {
    for (const std::string& body : take_acked(*consumer, 1, kSoon)) heard.insert(body);
  }
  CHECK(heard == std::multiset<std::string>{"1", "2"});
  CHECK(must(consumer->receive(1, KafkaUnderTest::kLease / 2)).empty());
}

}  // namespace msdemo::test
