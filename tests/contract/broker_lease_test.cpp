// What may be expected of a broker when a message is not acked: leases, retries and dead letters.
#include "contract/broker_fixture.hpp"

namespace msdemo::test {

namespace {

Code code_of(const Result<void>& result) {
  REQUIRE_FALSE(result);
  return result.error().code;
}

}  // namespace

TEST_CASE("what a lease ran out on comes again, with a greater token", "[broker]") {
  on_each_broker([](BrokerUnderTest& test) {
    const auto consumer = subscribe(test, "readers", {"news"});
    publish(test, "news", {"a"});
    const Delivery first = take(*consumer, 1).at(0);
    CHECK(nothing_for(*consumer));
    test.let_leases_end();
    const Delivery second = take(*consumer, 1).at(0);
    CHECK(second.id == first.id);
    CHECK(second.lease > first.lease);
    CHECK(second.attempt == 2);
    CHECK(second.message.body == "a");
    must(consumer->ack({&second, 1}));
    test.let_leases_end();
    CHECK(nothing_for(*consumer));
  });
}

TEST_CASE("a lease that has ended settles nothing, and the others are settled", "[broker]") {
  on_each_broker([](BrokerUnderTest& test) {
    const auto consumer = subscribe(test, "readers", {"news"});
    publish(test, "news", {"a"});
    const Delivery old = take(*consumer, 1).at(0);
    test.let_leases_end();
    const Delivery held = take(*consumer, 1).at(0);
    publish(test, "news", {"b"});
    const Delivery other = take(*consumer, 1).at(0);

    CHECK(code_of(consumer->extend({&old, 1})) == Code::stale_lease);
    CHECK(code_of(consumer->retry_later(old, kNow)) == Code::stale_lease);
    CHECK(code_of(consumer->dead_letter(old, "late")) == Code::stale_lease);
    const Deliveries both = {old, other};
    const auto acked = consumer->ack(both);
    CHECK(code_of(acked) == Code::stale_lease);
    CHECK(acked.error().message.find(std::to_string(old.id)) != std::string::npos);
    CHECK(code_of(consumer->ack({&other, 1})) == Code::stale_lease);  // done above

    CHECK(nothing_for(*consumer));
    must(consumer->extend({&held, 1}));
    must(consumer->ack({&held, 1}));
    CHECK(code_of(consumer->ack({&held, 1})) == Code::stale_lease);
    test.let_leases_end();
    CHECK(nothing_for(*consumer));
  });
}

TEST_CASE("extending gives a whole lease from now on", "[broker]") {
  on_each_broker([](BrokerUnderTest& test) {
    if (!test.leases_end_by_time()) return;
    const auto consumer = subscribe(test, "readers", {"news"});
    publish(test, "news", {"a"});
    const Deliveries held = take(*consumer, 1);
    test.let_leases_end();
    must(consumer->extend(held));
    CHECK(nothing_for(*consumer));
    must(consumer->ack(held));
  });
}

TEST_CASE("a retry waits for its delay and may be overtaken", "[broker]") {
  on_each_broker([](BrokerUnderTest& test) {
    const auto consumer = subscribe(test, "readers", {"news"});
    publish(test, "news", {"a", "b"}, "k");
    const Delivery first = take(*consumer, 1).at(0);
    must(consumer->retry_later(first, limits::kLease));
    const Deliveries overtaking = take(*consumer, 1);
    CHECK(bodies(overtaking) == Texts{"b"});
    must(consumer->ack(overtaking));
    CHECK(nothing_for(*consumer));
    test.let_leases_end();
    const Delivery again = take(*consumer, 1).at(0);
    CHECK(again.message.body == "a");
    CHECK(again.attempt == 2);
    must(consumer->retry_later(again, kNow));
    CHECK(take(*consumer, 1).at(0).attempt == 3);
  });
}

TEST_CASE("a dead letter leaves its group, with a copy and a reason", "[broker]") {
  on_each_broker([](BrokerUnderTest& test) {
    const auto consumer = subscribe(test, "readers", {"news"});
    const auto other = subscribe(test, "others", {"news"});
    const auto undertaker = subscribe(test, "undertaker", {"news.dead"});
    publish(test, "news", {"a"}, "k");
    must(consumer->dead_letter(take(*consumer, 1).at(0), "cannot be read: \"ž\""));
    test.let_leases_end();
    CHECK(nothing_for(*consumer));
    CHECK(bodies(take(*other, 1)) == Texts{"a"});

    const Delivery copy = take(*undertaker, 1).at(0);
    CHECK(copy.message.topic == "news.dead");
    CHECK(copy.message.key == "k");
    CHECK(copy.message.body == "a");
    CHECK(copy.reason == "cannot be read: \"ž\"");
    // The dead are not copied twice.
    must(undertaker->dead_letter(copy, "neither can I"));
    if (test.inspector() == nullptr) return;
    const auto letters = must(test.inspector()->dead_letters("", 10, 0));
    REQUIRE(letters.size() == 2);
    CHECK(letters[0].group == "readers");
    CHECK(letters[0].reason == "cannot be read: \"ž\"");
    CHECK(letters[0].attempts == 1);
    CHECK(letters[0].message.topic == "news");
    CHECK(letters[0].message.key == "k");
    CHECK(letters[0].message.body == "a");
    CHECK_FALSE(letters[0].died_at.empty());
    CHECK(letters[1].message.topic == "news.dead");
    CHECK(must(test.inspector()->dead_letter(letters[1].id)).reason == "neither can I");
    CHECK(must(test.inspector()->dead_letters("news", 10, 0)).size() == 1);
    CHECK(must(test.inspector()->dead_letters("", 1, 0)).size() == 1);
    CHECK(must(test.inspector()->dead_letters("", 10, letters[0].id)).size() == 1);
    CHECK(must(test.inspector()->dead_letters("nowhere", 10, 0)).empty());
    CHECK(test.inspector()->dead_letter(999).error().code == Code::dead_letter_not_found);
    for (const auto& queue : must(test.inspector()->queues())) {
      CHECK(queue.topic != "news.dead.dead");
    }
  });
}

TEST_CASE("what was given out too often becomes a dead letter", "[broker]") {
  on_each_broker([](BrokerUnderTest& test) {
    const auto consumer = subscribe(test, "readers", {"news"});
    const auto undertaker = subscribe(test, "undertaker", {"news.dead"});
    publish(test, "news", {"poison"});
    for (int attempt = 1; attempt <= BrokerUnderTest::kMaxAttempts; ++attempt) {
      CHECK(take(*consumer, 1).at(0).attempt == attempt);
      test.let_leases_end();
    }
    CHECK(nothing_for(*consumer));
    const Delivery copy = take(*undertaker, 1).at(0);
    CHECK(copy.message.body == "poison");
    CHECK(copy.reason.find("3 times") != std::string::npos);
  });
}

TEST_CASE("a dead letter can be given to its group once more", "[broker]") {
  on_each_broker([](BrokerUnderTest& test) {
    if (test.inspector() == nullptr) return;
    const auto consumer = subscribe(test, "readers", {"news"});
    const auto other = subscribe(test, "others", {"news"});
    publish(test, "news", {"a"});
    const Delivery first = take(*consumer, 1).at(0);
    must(consumer->dead_letter(first, "not today"));
    must(other->ack(take(*other, 1)));

    const std::int64_t id = must(test.inspector()->dead_letters("news", 1, 0)).at(0).id;
    must(test.inspector()->redrive(id));
    CHECK(code_of(test.inspector()->redrive(id)) == Code::dead_letter_not_found);
    CHECK(must(test.inspector()->dead_letters("news", 1, 0)).empty());
    CHECK(nothing_for(*other));
    const Deliveries again = take(*consumer, 1);
    CHECK(again.at(0).id == first.id);
    CHECK(again.at(0).attempt == 1);
    CHECK(again.at(0).lease > first.lease);
    must(consumer->ack(again));
    CHECK(nothing_for(*consumer));
  });
}

}  // namespace msdemo::test
