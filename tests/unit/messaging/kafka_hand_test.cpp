#include "messaging/kafka_hand.hpp"

#include "base/limits.hpp"
#include "support/catch.hpp"
#include "support/manual_clock.hpp"

namespace msdemo::test {

using messaging::Delivery;
using messaging::KafkaCommit;
using messaging::KafkaHand;
using messaging::KafkaSlot;
using messaging::Moment;

namespace {

constexpr std::chrono::milliseconds kLease{1000};
constexpr int kAttempts = 3;
const KafkaSlot kSlot{"news", 0};

/// One consumer with one partition, whose messages say their offset.
struct Consumer {
  explicit Consumer(const Clock& given, KafkaCommit known = {kSlot, 0}) : clock(given) {
    hand.take(std::vector{known}, now());
  }

  Moment now() const { return Moment::now(clock); }

  void fetch(std::int64_t from, std::int64_t to) {
    for (std::int64_t offset = from; offset < to; ++offset) {
      Delivery delivery;
      delivery.id = offset + 1;
      delivery.message.topic = "news";
      hand.fetched(kSlot, offset, std::move(delivery));
    }
  }

  std::vector<Delivery> give(std::size_t max = 10) { return hand.give(max, now()).deliveries; }

  /// The offsets of what is given out next.
  std::vector<std::int64_t> offsets(std::size_t max = 10) {
    std::vector<std::int64_t> all;
    for (const Delivery& delivery : give(max)) all.push_back(delivery.id - 1);
    return all;
  }

  /// As the process leaves it when it dies now.
  KafkaCommit died() const { return hand.commits({kSlot}, now()).at(0); }

  /// As it hands the partition over.
  KafkaCommit left() { return hand.hand_over(std::vector{kSlot}, now()).at(0); }

  const Clock& clock;
  KafkaHand hand{kLease, kAttempts};
};

using Offsets = std::vector<std::int64_t>;

}  // namespace

TEST_CASE("the oldest unsettled message is committed, whatever was settled behind it",
          "[messaging]") {
  ManualClock clock;
  Consumer consumer(clock);
  consumer.fetch(0, 5);
  const auto given = consumer.give(4);
  REQUIRE(given.size() == 4);
  consumer.hand.settle(given[0], consumer.now());
  consumer.hand.settle(given[2], consumer.now());
  CHECK(consumer.died().offset == 1);
  consumer.hand.settle(given[1], consumer.now());
  CHECK(consumer.died().offset == 3);
  consumer.hand.settle(given[3], consumer.now());
  CHECK(consumer.died().offset == 4);
  CHECK_FALSE(consumer.hand.settle(given[3], consumer.now()));
}

TEST_CASE("a partition that is handed over loses and repeats nothing", "[messaging]") {
  ManualClock clock;
  Consumer first(clock);
  first.fetch(0, 6);
  const auto given = first.give(4);
  first.hand.settle(given[1], first.now());
  first.hand.retry(given[2], first.now().steady + std::chrono::seconds(10));
  const KafkaCommit left = first.left();
  CHECK(left.offset == 0);
  CHECK_FALSE(first.hand.settle(given[0], first.now()));

  Consumer next(clock, left);
  next.fetch(0, 6);
  const auto again = next.give();
  CHECK(again.size() == 4);  // without the one that was settled and the one that waits
  for (const Delivery& delivery : again) {
    CHECK(delivery.attempt == (delivery.id - 1 < 4 ? 2 : 1));
    CHECK(delivery.lease > given.back().lease);
    next.hand.settle(delivery, next.now());
  }
  CHECK(next.give().empty());
  clock.advance(std::chrono::seconds(10));
  CHECK(next.offsets() == Offsets{2});
}

TEST_CASE("what a consumer died with is given out alone and counted", "[messaging]") {
  ManualClock clock;
  Consumer victim(clock);
  victim.fetch(0, 4);
  REQUIRE(victim.give(2).size() == 2);

  Consumer next(clock, victim.died());
  next.fetch(0, 4);
  for (const std::int64_t offset : {0, 1}) {
    const auto given = next.hand.give(10, next.now());
    CHECK(given.suspect);
    REQUIRE(given.deliveries.size() == 1);
    CHECK(given.deliveries[0].id - 1 == offset);
    CHECK(given.deliveries[0].attempt == 2);
    CHECK(next.give().empty());  // nothing beside it
    next.hand.settle(given.deliveries[0], next.now());
  }
  CHECK(next.offsets() == Offsets{2, 3});
}

TEST_CASE("what is given out next is counted with what was settled before", "[messaging]") {
  ManualClock clock;
  Consumer first(clock);
  first.fetch(0, 8);
  const auto given = first.hand.give(2, first.now());
  CHECK_FALSE(given.announced);
  first.hand.settle(given.deliveries[0], first.now());
  CHECK(first.hand.announce(2).empty());  // the other one may be retried
  first.hand.settle(given.deliveries[1], first.now());
  CHECK(first.hand.announce(2) == std::set{kSlot});
  const KafkaCommit committed = first.died();
  CHECK(committed.offset == 2);

  SECTION("a consumer that dies has perhaps begun with them") {
    Consumer next(clock, committed);
    next.fetch(2, 8);
    for (const std::int64_t offset : {2, 3}) {
      const auto again = next.hand.give(10, next.now());
      CHECK(again.suspect);
      REQUIRE(again.deliveries.size() == 1);
      CHECK(again.deliveries[0].id - 1 == offset);
      CHECK(again.deliveries[0].attempt == 2);
      CHECK(next.hand.announce(10).empty());
      next.hand.settle(again.deliveries[0], next.now());
    }
    const auto fresh = next.give();
    REQUIRE(fresh.size() == 4);
    CHECK(fresh[0].attempt == 1);
  }
  SECTION("they need no count of their own") {
    const auto next = first.hand.give(2, first.now());
    CHECK(next.announced);
    CHECK(next.deliveries.at(1).attempt == 1);
    CHECK_FALSE(first.hand.give(2, first.now()).announced);
  }
  SECTION("one that is given out again does") {
    REQUIRE(first.hand.announce(3) == std::set{kSlot});
    const auto again = first.hand.give(1, first.now());
    first.hand.retry(again.deliveries.at(0), first.now().steady);
    const auto retried = first.hand.give(1, first.now());
    CHECK(retried.deliveries.at(0).attempt == 2);
    CHECK_FALSE(retried.announced);
  }
  SECTION("a consumer that leaves did not begin with them") {
    Consumer next(clock, first.left());
    next.fetch(2, 8);
    const auto again = next.give();
    REQUIRE(again.size() == 6);
    CHECK(again[0].attempt == 1);
  }
  SECTION("who could not tell counts anew") {
    first.hand.retract();
    CHECK(first.died().metadata != committed.metadata);
    CHECK_FALSE(first.hand.give(2, first.now()).announced);
  }
}

TEST_CASE("a message that kills every consumer is exhausted alone", "[messaging]") {
  ManualClock clock;
  KafkaCommit committed{kSlot, 0};
  for (int life = 0; life < kAttempts; ++life) {
    Consumer victim(clock, committed);
    victim.fetch(0, 3);
    CHECK(victim.give().size() == (life == 0 ? 3 : 1));
    committed = victim.died();
  }
  Consumer survivor(clock, committed);
  survivor.fetch(0, 3);
  const auto given = survivor.hand.give(10, survivor.now());
  CHECK(given.deliveries.empty());
  REQUIRE(given.exhausted.size() == 1);
  CHECK(given.exhausted[0].first.id == 1);
  CHECK(given.exhausted[0].first.attempt == kAttempts);
  CHECK(given.exhausted[0].second.find("3 times") != std::string::npos);
  survivor.hand.settle(given.exhausted[0].first, survivor.now());
  const auto spared = survivor.give();
  // They were in hand when the first consumer died, but not since: nothing is held against them.
  REQUIRE(spared.size() == 2);
  CHECK(spared[0].attempt == 2);
}

TEST_CASE("a lease runs from its last extension", "[messaging]") {
  ManualClock clock;
  Consumer consumer(clock);
  consumer.fetch(0, 1);
  const Delivery first = consumer.give().at(0);
  clock.advance(kLease - std::chrono::milliseconds(1));
  consumer.hand.extend(first, consumer.now().steady + kLease);
  clock.advance(kLease - std::chrono::milliseconds(1));
  CHECK(consumer.give().empty());
  clock.advance(std::chrono::milliseconds(1));
  const Delivery second = consumer.give().at(0);
  CHECK(second.attempt == 2);
  CHECK(second.lease > first.lease);
  CHECK_FALSE(consumer.hand.settle(first, consumer.now()));
  CHECK(consumer.hand.settle(second, consumer.now()));
}

TEST_CASE("a partition on its way to another consumer gives out nothing more", "[messaging]") {
  ManualClock clock;
  Consumer consumer(clock);
  consumer.fetch(0, 2);
  const Delivery held = consumer.give(1).at(0);
  consumer.hand.withhold(std::vector{kSlot});
  CHECK_FALSE(consumer.hand.can_give(consumer.now().steady));
  CHECK(consumer.hand.holds(consumer.now().steady, std::vector{kSlot}));
  CHECK(consumer.hand.settle(held, consumer.now()));
  CHECK_FALSE(consumer.hand.holds(consumer.now().steady, std::vector{kSlot}));
  CHECK(consumer.left().offset == 1);
}

TEST_CASE("what does not fit beside an offset comes again, and nothing is skipped", "[messaging]") {
  constexpr std::int64_t kMessages = 4000;
  ManualClock clock;
  Consumer consumer(clock);
  consumer.fetch(0, kMessages);
  for (;;) {
    const auto given = consumer.give(100);
    if (given.empty()) break;
    // Every second one is left open: the runs are as short as can be.
    for (const Delivery& delivery : given) {
      if (delivery.id % 2 == 0) consumer.hand.settle(delivery, consumer.now());
    }
  }
  const KafkaCommit committed = consumer.died();
  CHECK(committed.metadata.size() < 4096);
  Consumer next(clock, committed);
  next.fetch(0, kMessages);
  std::int64_t came = 0;
  for (;;) {
    const auto given = next.give(100);
    if (given.empty()) break;
    for (const Delivery& delivery : given) {
      came += delivery.id % 2;  // those that were open
      next.hand.settle(delivery, next.now());
    }
  }
  CHECK(came == kMessages / 2);
}

TEST_CASE("a text beside an offset that is not ours says nothing", "[messaging]") {
  ManualClock clock;
  for (const char* text : {"", "x", "msdemo-2 9 9 9", "msdemo-1", "msdemo-1 x y z a@b 1*h,*"}) {
    INFO(text);
    Consumer consumer(clock, {kSlot, 7, text});
    consumer.fetch(7, 9);
    CHECK(consumer.offsets() == Offsets{7, 8});
  }
}

TEST_CASE("messages that retention removed hold up nothing", "[messaging]") {
  ManualClock clock;
  Consumer victim(clock);
  victim.fetch(0, 3);
  REQUIRE(victim.give().size() == 3);
  Consumer next(clock, victim.died());
  next.fetch(2, 4);  // 0 and 1 are gone
  CHECK(next.offsets() == Offsets{2});
  CHECK(next.died().offset == 2);
}

}  // namespace msdemo::test
