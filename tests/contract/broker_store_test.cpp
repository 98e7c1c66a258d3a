// What only the embedded broker promises about its rows: what it keeps and for how long, and that
// neither a full disk, nor a restart, nor a changed clock loses a message or locks it up.
#include "broker/store.hpp"

#include <cerrno>
#include <string>

#include "broker/service.hpp"
#include "contract/embedded_engine.hpp"
#include "support/catch.hpp"
#include "support/failing_disk.hpp"
#include "support/manual_clock.hpp"
#include "support/must.hpp"
#include "support/temp_dir.hpp"
#include "support/threads.hpp"

namespace msdemo::test {

using broker::BrokerLimits;
using broker::BrokerStore;
using broker::Effects;
using broker::Held;
using messaging::Delivery;
using messaging::Message;
using messaging::QueueState;
using Texts = std::vector<std::string>;

namespace {

/// A store in a folder of its own, with limits that a test can reach.
class StoreUnderTest {
 public:
  explicit StoreUnderTest(const BrokerLimits& limits = {}) : limits_(limits) { reopen(); }

  void reopen() {
    store_.reset();
    database_.reset();
    database_ = must(storage::open_sqlite(folder_.path() / "broker.db", storage::Durability::full,
                                          broker::migrations()));
    store_ = must(BrokerStore::open(*database_, clock, limits_));
  }

  BrokerStore* operator->() { return store_.get(); }
  BrokerStore& operator*() { return *store_; }

  Result<Effects> publish(const std::string& topic, const Texts& bodies) {
    std::vector<Message> batch;
    for (const std::string& body : bodies) batch.push_back({topic, "", body});
    return store_->publish(std::move(batch));
  }

  void subscribe(const std::string& group, const Texts& topics) {
    must(store_->subscribe(group, topics));
  }

  std::vector<Delivery> claim(const std::string& group, std::size_t max = 100) {
    return must(store_->claim(group, max)).deliveries;
  }

  void ack(const std::string& group, const std::vector<Delivery>& deliveries) {
    for (const Delivery& delivery : deliveries) {
      const Held held{delivery.id, delivery.lease};
      CHECK(must(store_->ack(group, {&held, 1})).stale.empty());
    }
  }

  Result<Effects> bury(const std::string& group, const Delivery& delivery) {
    const Held held{delivery.id, delivery.lease};
    return store_->dead_letter(group, {&held, 1}, "unreadable");
  }

  QueueState queue(const std::string& topic) {
    for (const QueueState& state : must(store_->queues())) {
      if (state.topic == topic) return state;
    }
    return {};
  }

  std::int64_t rows(const std::string& table) {
    return must(
        database_->read(nullptr, "count", [&](storage::Transaction& tx) -> Result<std::int64_t> {
          const auto counted = tx.query("SELECT count(*) FROM " + table);
          if (!counted) return fail(counted.error());
          return counted->at(0).integer(0);
        }));
  }

  ManualClock clock;

 private:
  const BrokerLimits limits_;
  TempDir folder_;
  std::unique_ptr<storage::Database> database_;
  std::unique_ptr<BrokerStore> store_;
};

Texts numbers(int from, int to) {
  Texts all;
  for (int i = from; i <= to; ++i) all.push_back(std::to_string(i));
  return all;
}

Texts bodies(const std::vector<Delivery>& deliveries) {
  Texts texts;
  for (const Delivery& delivery : deliveries) texts.push_back(delivery.message.body);
  return texts;
}

}  // namespace

TEST_CASE("the sweep keeps what somebody needs, and the newest", "[broker store]") {
  StoreUnderTest store({.topic_retained = 3});
  store.subscribe("fast", {"news"});
  store.subscribe("slow", {"news"});
  must(store.publish("news", numbers(1, 10)));
  const auto fast = store.claim("fast");
  const auto slow = store.claim("slow", 6);
  store.ack("slow", slow);
  must(store->sweep());
  CHECK(store.rows("messages") == 10);  // `fast` has acked none

  must(store.bury("fast", fast.at(1)));
  store.ack("fast", {fast.begin() + 3, fast.end()});
  must(store->sweep());
  // 1 and 3 are under way, 2 is dead, 7 is new to `slow`, 8 to 10 are the newest; and 2's copy.
  CHECK(store.rows("messages") == 8);
  CHECK(store.queue("news").ready == 0);
  CHECK(store.rows("deliveries") == 2);

  store.ack("fast", {fast.at(0), fast.at(2)});
  store.ack("slow", store.claim("slow"));
  must(store->sweep());
  CHECK(store.rows("messages") == 5);
  store.subscribe("late", {"news"});
  CHECK(bodies(store.claim("late")) == Texts{"2", "8", "9", "10"});
  CHECK(must(store->queues()).at(1).group == "late");
  CHECK(must(store->queues()).at(1).ready == 0);
}

TEST_CASE("a topic that nobody subscribes to keeps its newest messages", "[broker store]") {
  StoreUnderTest store({.topic_retained = 3});
  must(store.publish("news", numbers(1, 2500)));
  CHECK(store.queue("news").ready == 2500);
  must(store->sweep());
  CHECK(store.queue("news").ready == 3);
  store.subscribe("late", {"news"});
  CHECK(store.queue("news").ready == 3);
  CHECK(bodies(store.claim("late")) == Texts{"2498", "2499", "2500"});
}

TEST_CASE("a topic is full only of messages that somebody needs", "[broker store]") {
  StoreUnderTest store({.topic_messages = 5, .topic_retained = 2});
  store.subscribe("readers", {"news"});
  must(store.publish("news", numbers(1, 5)));
  CHECK(store.publish("news", {"6"}).error().code == Code::topic_full);
  const auto held = store.claim("readers");
  CHECK(store.publish("news", {"6"}).error().code == Code::topic_full);
  store.ack("readers", held);
  must(store.publish("news", numbers(6, 8)));
  CHECK(bodies(store.claim("readers")) == numbers(6, 8));
}

TEST_CASE("one claim holds as many messages as fit", "[broker store]") {
  StoreUnderTest store;
  store.subscribe("readers", {"news"});
  const std::string half(limits::kBatchBytes / 2, 'x');
  must(store.publish("news", {half, half, "small", half + half + half, "last"}));
  const auto sizes = [&](const broker::Claim& claim) {
    std::vector<std::size_t> all;
    for (const Delivery& delivery : claim.deliveries) all.push_back(delivery.message.body.size());
    return all;
  };
  const auto first = must(store->claim("readers", 100));
  CHECK(sizes(first) == std::vector<std::size_t>{half.size(), half.size()});
  CHECK(first.more);
  CHECK(sizes(must(store->claim("readers", 100))) == std::vector<std::size_t>{5});
  CHECK(sizes(must(store->claim("readers", 100))) == std::vector<std::size_t>{3 * half.size()});
  const auto last = must(store->claim("readers", 100));
  CHECK(sizes(last) == std::vector<std::size_t>{4});
  CHECK_FALSE(last.more);

  // The same when they come again.
  store.clock.advance(limits::kLease);
  CHECK(sizes(must(store->claim("readers", 100))) ==
        std::vector<std::size_t>{half.size(), half.size()});
}

TEST_CASE("a claim that finds nothing tells when to look again", "[broker store]") {
  StoreUnderTest store;
  store.subscribe("readers", {"news"});
  CHECK_FALSE(must(store->claim("readers", 1)).next_due);
  must(store.publish("news", {"1"}));
  store.claim("readers");
  store.clock.advance(std::chrono::seconds(2));
  CHECK(must(store->claim("readers", 1)).next_due.value() == std::chrono::seconds(3));
  CHECK(store->claim("nobody", 1).error().code == Code::group_not_found);
  CHECK(store->ack("nobody", {}).error().code == Code::group_not_found);
}

TEST_CASE("without room for dead letters a delivery stays what it is", "[broker store]") {
  const bool topic_is_full = GENERATE(false, true);
  INFO((topic_is_full ? "the dead topic is full" : "there are too many dead letters"));
  BrokerLimits limits{.topic_retained = 0, .max_attempts = 1};
  (topic_is_full ? limits.topic_messages : limits.dead_letters) = 5;
  StoreUnderTest store(limits);
  store.subscribe("undertaker", {"news.dead", "sport"});
  store.subscribe("readers", {"news"});
  must(store.publish(topic_is_full ? "news.dead" : "sport", numbers(1, 5)));
  if (!topic_is_full) {
    for (const Delivery& other : store.claim("undertaker")) must(store.bury("undertaker", other));
  }
  must(store.publish("news", {"poison"}));
  const Delivery held = store.claim("readers").at(0);
  CHECK(store.bury("readers", held).error().code == Code::topic_full);
  store.clock.advance(limits::kLease);
  must(store->sweep());
  CHECK(store.rows("deliveries WHERE grp = 2") == 1);
  CHECK(store.queue("news").dead == 0);
  CHECK(store.claim("readers").empty());

  if (topic_is_full) {
    store.ack("undertaker", store.claim("undertaker"));
  } else {
    must(store->redrive(must(store->dead_letters("sport", {1, 0})).items.at(0).id));
  }
  must(store->sweep());
  CHECK(store.rows("deliveries WHERE grp = 2") == 0);
  CHECK(store.queue("news").dead == 1);
}

TEST_CASE("the sweep fills what room for dead letters there is", "[broker store]") {
  StoreUnderTest store({.dead_letters = 5, .max_attempts = 1});
  store.subscribe("readers", {"news"});
  must(store.publish("news", numbers(1, 8)));
  const auto held = store.claim("readers");
  store.clock.advance(limits::kLease);
  CHECK(must(store->sweep()).published.at("news.dead") == 5);
  CHECK(store.queue("news").dead == 5);
  CHECK(store.claim("readers").empty());
  // The others are their consumer's still, and may be acked.
  store.ack("readers", {held.begin() + 5, held.end()});
  CHECK(store.rows("deliveries") == 0);
  const auto page = must(store->dead_letters("", {3, 0}));
  CHECK(page.items.size() == 3);
  CHECK(page.next == page.items.back().id);
  CHECK(page.items.front().reason.find("1 times") != std::string::npos);
}

TEST_CASE("a restart gives out what was under way, with tokens never used before",
          "[broker store]") {
  StoreUnderTest store({.max_attempts = 100});
  store.subscribe("readers", {"news"});
  must(store.publish("news", numbers(1, 3)));
  std::int64_t last = 0;
  for (int i = 1; i <= 5; ++i) {
    const auto held = store.claim("readers");
    CHECK(bodies(held) == numbers(1, 3));
    CHECK(held.at(0).attempt == i);
    CHECK(held.at(0).lease > last);
    last = held.at(0).lease;
    const Held delayed{held.at(0).id, held.at(0).lease};
    must(store->retry_later("readers", {&delayed, 1}, std::chrono::hours(1)));
    store.reopen();
  }
}

TEST_CASE("a clock that is set back an hour delays nothing", "[broker store]") {
  StoreUnderTest store;
  store.subscribe("readers", {"news"});
  must(store.publish("news", {"1"}));
  store.claim("readers");
  store.clock.jump(-std::chrono::hours(1));
  CHECK(store.queue("news").oldest_age_ms == 0);
  store.clock.advance(limits::kLease);
  const auto again = store.claim("readers");
  REQUIRE(again.size() == 1);
  CHECK(again.at(0).attempt == 2);
  must(store.publish("news", {"2"}));
  CHECK(bodies(store.claim("readers")) == Texts{"2"});
}

TEST_CASE("there is an end to topics, groups and patterns", "[broker store]") {
  StoreUnderTest store({.topics = 2, .groups = 1});
  store.subscribe("readers", {"a"});
  must(store.publish("b", {"1"}));
  const auto refused = store->publish({{"a", "", "no"}, {"c", "", "no"}});
  CHECK(refused.error().code == Code::invalid_field);
  CHECK(store.claim("readers").empty());
  CHECK(store->subscribe("others", Texts{"a"}).error().code == Code::invalid_field);
  CHECK(store->subscribe("readers", Texts{"c"}).error().code == Code::invalid_field);
  CHECK(store->subscribe("readers", Texts{"b", "x.*"}).error().code == Code::invalid_field);
  // Dead letters find their topic all the same.
  must(store.publish("a", {"1"}));
  must(store.bury("readers", store.claim("readers").at(0)));
}

TEST_CASE("a full disk refuses, and loses nothing that was said to be stored", "[broker store]") {
  const failing_disk::Recovery recovers;
  StoreUnderTest store;
  store.subscribe("readers", {"news"});
  must(store.publish("news", {"before"}));
  const std::string large(limits::kMessageBytes, 'x');
  failing_disk::fail_writes_after(0, ENOSPC);
  const auto refused = store.publish("news", {large, large});
  CHECK(refused.error().code == Code::storage_full);
  CHECK(store->claim("readers", 10).error().code == Code::storage_full);
  CHECK(store.queue("news").ready == 1);
  failing_disk::recover();

  const auto held = store.claim("readers");
  CHECK(bodies(held) == Texts{"before"});
  CHECK(held.at(0).attempt == 1);
  const Held acked{held.at(0).id, held.at(0).lease};
  failing_disk::fail_writes_after(0, ENOSPC);
  CHECK(store->ack("readers", {&acked, 1}).error().code == Code::storage_full);
  failing_disk::recover();
  store.reopen();
  CHECK(bodies(store.claim("readers")) == Texts{"before"});
}

TEST_CASE("consumers wait, but not too many, and not when the service stops", "[broker store]") {
  StoreUnderTest store;
  store.subscribe("readers", {"news"});
  broker::BrokerService service(*store, real_clock());
  const auto receive = [&] {
    return must(service.receive("readers", 1, limits::kReceiveWait, [] { return false; }));
  };
  const SteadyTime began = real_clock().steady_now();
  Threads waiting(limits::kReceiveWaiters, [&](std::size_t) { receive(); });
  waiting.await_blocked();
  CHECK(receive().empty());
  service.stop();
  waiting.join();
  CHECK(receive().empty());
  CHECK(real_clock().steady_now() - began < limits::kReceiveWait);
}

TEST_CASE("one message wakes a consumer that is still there", "[broker store]") {
  StoreUnderTest store;
  store.subscribe("readers", {"news"});
  broker::BrokerService service(*store, real_clock());
  const auto receive = [&](bool gone) {
    return must(service.receive("readers", 1, limits::kReceiveWait, [gone] { return gone; }));
  };
  std::vector<Delivery> received;
  Threads waiting(1, [&](std::size_t) { received = receive(false); });
  waiting.await_blocked();
  std::atomic<bool> gone = false;
  Threads leaving(1, [&](std::size_t) {
    CHECK(must(service.receive("readers", 1, limits::kReceiveWait, [&] {
            return gone.load();
          })).empty());
  });
  leaving.await_blocked();
  gone = true;
  must(service.publish({{"news", "", "1"}}));
  leaving.join();
  waiting.join();
  CHECK(bodies(received) == Texts{"1"});
}

TEST_CASE("a consumer subscribes again when the broker has lost everything", "[broker store]") {
  EmbeddedUnderTest test;
  const auto consumer = must(test.broker().subscribe("readers", Texts{"news"}));
  must(test.broker().publish(std::vector<Message>{{"news", "", "lost"}}));
  test.restart_empty();
  CHECK(must(consumer->receive(10, std::chrono::milliseconds(0))).empty());
  must(test.broker().publish(std::vector<Message>{{"news", "", "new"}}));
  CHECK(bodies(must(consumer->receive(10, std::chrono::milliseconds(0)))) == Texts{"new"});
}

}  // namespace msdemo::test
