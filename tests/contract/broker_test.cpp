// What the services may expect of a broker, whichever it is: who gets a message, how often and in
// which order. What becomes of messages that are not acked is in broker_lease_test.cpp.
#include <atomic>
#include <mutex>
#include <set>

#include "contract/broker_fixture.hpp"

namespace msdemo::test {

TEST_CASE("every group gets every message, one consumer of it", "[broker]") {
  on_each_broker([](BrokerUnderTest& test) {
    const auto one = subscribe(test, "one", {"news"});
    const auto two = subscribe(test, "two", {"news"});
    publish(test, "news", {"a", "b", "c"}, "k");
    const Deliveries deliveries = take(*one, 3);
    CHECK(bodies(deliveries) == Texts{"a", "b", "c"});
    CHECK(bodies(take(*two, 3)) == Texts{"a", "b", "c"});
    for (const Delivery& delivery : deliveries) {
      CHECK(delivery.attempt == 1);
      CHECK(delivery.message.topic == "news");
      CHECK(delivery.message.key == "k");
      CHECK(delivery.published_unix_nano > 0);
      CHECK(delivery.reason.empty());
    }
    must(one->ack(deliveries));
    CHECK(nothing_for(*one));
    CHECK(nothing_for(*two));
  });
}

TEST_CASE("competing consumers share the messages, each once", "[broker]") {
  constexpr std::size_t kConsumers = 4;
  constexpr std::size_t kMessages = 200;
  on_each_broker([&](BrokerUnderTest& test) {
    std::vector<std::unique_ptr<Subscription>> consumers;
    for (std::size_t i = 0; i < kConsumers; ++i) {
      consumers.push_back(subscribe(test, "workers", {"jobs"}));
    }
    std::mutex mutex;
    std::multiset<std::string> seen;
    Threads working(kConsumers, [&](std::size_t i) {
      for (;;) {
        const Deliveries some = must(consumers[i]->receive(7, kSoon));
        if (some.empty()) return;
        must(consumers[i]->ack(some));
        const std::lock_guard lock(mutex);
        for (const Delivery& delivery : some) seen.insert(delivery.message.body);
        if (seen.size() < kMessages) continue;
        for (const auto& consumer : consumers) consumer->interrupt();
        return;
      }
    });
    for (std::size_t i = 0; i < kMessages; i += 10) {
      Texts batch;
      for (std::size_t j = i; j < i + 10; ++j) batch.push_back(std::to_string(j));
      publish(test, "jobs", batch);
    }
    working.join();
    CHECK(seen.size() == kMessages);
    CHECK(std::set<std::string>(seen.begin(), seen.end()).size() == kMessages);
  });
}

TEST_CASE("first deliveries keep the order of publishing per key", "[broker]") {
  on_each_broker([](BrokerUnderTest& test) {
    const auto consumer = subscribe(test, "readers", {"news"});
    const std::vector<std::string> keys = {"a", "b", "c"};
    for (int i = 0; i < 30; ++i) {
      publish(test, "news", {std::to_string(2 * i), std::to_string(2 * i + 1)},
              keys[static_cast<std::size_t>(i % 3)]);
    }
    std::map<std::string, int> last = {{"a", -1}, {"b", -1}, {"c", -1}};
    std::size_t count = 0;
    while (count < 60) {
      const Deliveries some = must(consumer->receive(7, kSoon));
      REQUIRE_FALSE(some.empty());
      for (const Delivery& delivery : some) {
        const int number = std::stoi(delivery.message.body);
        CHECK(number > last[delivery.message.key]);
        last[delivery.message.key] = number;
      }
      count += some.size();
      must(consumer->ack(some));
    }
  });
}

TEST_CASE("a batch is published as a whole or not at all", "[broker]") {
  on_each_broker([](BrokerUnderTest& test) {
    const auto consumer = subscribe(test, "readers", {"news", "sport"});
    const std::vector<Message> bad = {{"news", "", "1"}, {"sport", "", "2"}, {"No topic", "", "3"}};
    const auto refused = test.broker().publish(bad);
    REQUIRE_FALSE(refused);
    CHECK(refused.error().code == Code::invalid_field);
    CHECK(refused.error().message.find("messages[2].topic") != std::string::npos);
    CHECK(refused.error().definite());
    CHECK(nothing_for(*consumer));

    const std::vector<Message> good = {{"news", "", "1"}, {"sport", "", "2"}};
    must(test.broker().publish(good));
    CHECK(take(*consumer, 2).size() == 2);
    CHECK(test.broker().publish({}));
  });
}

TEST_CASE("a consumer waits for messages, and is woken", "[broker]") {
  on_each_broker([](BrokerUnderTest& test) {
    const auto consumer = subscribe(test, "readers", {"news"});
    Deliveries received;
    {
      Threads waiting(1, [&](std::size_t) { received = must(consumer->receive(10, kSoon)); });
      waiting.await_blocked();
      publish(test, "news", {"a"});
    }
    CHECK(bodies(received) == Texts{"a"});
    must(consumer->ack(received));
    {
      Threads waiting(1, [&](std::size_t) { received = must(consumer->receive(10, kSoon)); });
      waiting.await_blocked();
      consumer->interrupt();
    }
    CHECK(received.empty());
    CHECK(must(consumer->receive(10, kSoon)).empty());

    // Nothing was given to the consumer that went away while it waited.
    publish(test, "news", {"b"});
    const auto next = subscribe(test, "readers", {"news"});
    const Deliveries later = take(*next, 1);
    CHECK(bodies(later) == Texts{"b"});
    CHECK(later.at(0).attempt == 1);
  });
}

TEST_CASE("settling is not held up by a consumer's waiting receive", "[broker]") {
  on_each_broker([](BrokerUnderTest& test) {
    const auto consumer = subscribe(test, "readers", {"news"});
    publish(test, "news", {"a", "b"});
    const Deliveries held = take(*consumer, 2);
    Deliveries received;
    Threads waiting(1, [&](std::size_t) { received = must(consumer->receive(10, kSoon)); });
    waiting.await_blocked();
    must(consumer->extend(held));
    must(consumer->ack({held.data(), 1}));
    must(consumer->retry_later(held[1], kNow));
    waiting.join();
    CHECK(bodies(received) == Texts{"b"});
    CHECK(received.at(0).attempt == 2);
  });
}

TEST_CASE("a pattern stands for topics that exist and for those to come", "[broker]") {
  on_each_broker([](BrokerUnderTest& test) {
    const auto source = subscribe(test, "source", {"order.confirmed"});
    const auto consumer = subscribe(test, "notify", {"order.*"});
    publish(test, "order.confirmed", {"1"});
    publish(test, "order.rejected", {"2"});
    publish(test, "order.item.added", {"no"});
    publish(test, "orders.confirmed", {"no"});
    publish(test, "order", {"no"});
    const Deliveries deliveries = take(*consumer, 2);
    CHECK(sorted_bodies(deliveries) == Texts{"1", "2"});
    must(consumer->ack(deliveries));

    must(source->dead_letter(take(*source, 1).at(0), "unreadable"));
    CHECK(nothing_for(*consumer));
  });
}

TEST_CASE("subscribing again adds topics", "[broker]") {
  on_each_broker([](BrokerUnderTest& test) {
    const auto first = subscribe(test, "readers", {"news"});
    const auto second = subscribe(test, "readers", {"news", "sport"});
    publish(test, "news", {"1"});
    publish(test, "sport", {"2"});
    const Deliveries deliveries = take(*second, 2);
    CHECK(sorted_bodies(deliveries) == Texts{"1", "2"});
    must(second->ack(deliveries));
    CHECK(nothing_for(*first));
  });
}

TEST_CASE("a group that comes late gets what the topic retains", "[broker]") {
  on_each_broker([](BrokerUnderTest& test) {
    if (!test.late_groups_get_history()) return;
    const auto early = subscribe(test, "early", {"news"});
    publish(test, "news", {"a", "b"});
    must(early->ack(take(*early, 2)));
    const auto late = subscribe(test, "late", {"news"});
    CHECK(bodies(take(*late, 2)) == Texts{"a", "b"});
  });
}

TEST_CASE("a restart keeps what is not acked, and only that", "[broker]") {
  on_each_broker([](BrokerUnderTest& test) {
    if (!test.restarts()) return;
    const auto consumer = subscribe(test, "readers", {"news"});
    publish(test, "news", {"acked", "held", "new"});
    const Deliveries before = take(*consumer, 2);
    must(consumer->ack({before.data(), 1}));
    test.restart();
    const Deliveries after = take(*consumer, 2);
    CHECK(sorted_bodies(after) == Texts{"held", "new"});
    for (const Delivery& delivery : after) {
      const bool sent_ahead = !test.attempts_begin_with_receive() && delivery.attempt == 2;
      CHECK((sent_ahead || delivery.attempt == (delivery.message.body == "held" ? 2 : 1)));
      CHECK(delivery.lease > before.at(1).lease);
    }
    const auto late = consumer->ack({&before.at(1), 1});
    REQUIRE_FALSE(late);
    CHECK(late.error().code == Code::stale_lease);
    must(consumer->ack(after));
    CHECK(nothing_for(*consumer));
  });
}

TEST_CASE("a message's text arrives as it was, up to the largest", "[broker]") {
  on_each_broker([](BrokerUnderTest& test) {
    using namespace std::string_literals;
    const auto consumer = subscribe(test, "readers", {"news"});
    const Texts texts = {""s,
                         "\"quoted\" \\ and \n\r\t\x01\x7f"s,
                         "nul \0 inside"s,
                         "žluťoučký kůň 馬 🐎 \xef\xbf\xbf\xef\xbf\xbd"s,
                         "{\"json\":[1,2]}"s,
                         std::string(limits::kMessageBytes, 'x'),
                         std::string(limits::kMessageBytes, '\0')};
    publish(test, "news", texts, "ключ \" \\");
    const Deliveries deliveries = take(*consumer, texts.size());
    CHECK(bodies(deliveries) == texts);
    CHECK(deliveries.at(0).message.key == "ключ \" \\");
    must(consumer->ack(deliveries));

    const std::vector<Message> too_large = {
        {"news", "", "fits"}, {"news", "", std::string(limits::kMessageBytes + 1, 'x')}};
    const auto refused = test.broker().publish(too_large);
    REQUIRE_FALSE(refused);
    CHECK(refused.error().code == Code::body_too_large);
    CHECK(refused.error().message.find("messages[1]") != std::string::npos);
    CHECK(nothing_for(*consumer));
  });
}

TEST_CASE("what cannot be a message or a name is refused", "[broker]") {
  on_each_broker([](BrokerUnderTest& test) {
    const auto publishing = [&](const Message& message) {
      return test.broker().publish({&message, 1}).error();
    };
    const std::string longest(limits::kTopicBytes, 'a');
    for (const std::string& topic :
         {std::string(), std::string("News"), std::string("a b"), std::string("a/b"),
          std::string("a*"), std::string("ž"), longest + "a"}) {
      INFO(topic);
      CHECK(publishing({topic, "", "x"}).code == Code::invalid_field);
    }
    CHECK(publishing({"news", "", "\xff"}).code == Code::invalid_field);
    CHECK(publishing({"news", "\xc3", "x"}).code == Code::invalid_field);
    CHECK(publishing({"news", std::string(limits::kPartitionKeyBytes + 1, 'k'), "x"}).code ==
          Code::invalid_field);
    must(test.broker().publish(
        std::vector<Message>{{longest, std::string(limits::kPartitionKeyBytes, 'k'), "x"}}));

    const auto subscribing = [&](const std::string& group, const Texts& topics) {
      return test.broker().subscribe(group, topics).error().code;
    };
    CHECK(subscribing("Not a group", {"news"}) == Code::invalid_field);
    CHECK(subscribing("a/b", {"news"}) == Code::invalid_field);
    CHECK(subscribing("", {"news"}) == Code::invalid_field);
    CHECK(subscribing("readers", {"No topic"}) == Code::invalid_field);
    CHECK(subscribing("readers", {"order.con*"}) == Code::invalid_field);
    CHECK(subscribing("readers", {}) == Code::invalid_field);
  });
}

TEST_CASE("a full topic refuses until its messages are acked", "[broker]") {
  on_each_broker([](BrokerUnderTest& test) {
    if (!test.bounds_topics_exactly()) return;
    const auto consumer = subscribe(test, "readers", {"news"});
    const Texts hundred(100, "x");
    for (std::int64_t i = 0; i < BrokerUnderTest::kTopicMessages; i += 100) {
      publish(test, "news", hundred);
    }
    const std::vector<Message> batch = {{"sport", "", "no"}, {"news", "", "no"}};
    const auto refused = test.broker().publish(batch);
    REQUIRE_FALSE(refused);
    CHECK(refused.error().code == Code::topic_full);
    CHECK(refused.error().definite());
    for (std::int64_t got = 0; got < BrokerUnderTest::kTopicMessages;) {
      const Deliveries some = take(*consumer, 100);
      REQUIRE(some.size() == 100);
      must(consumer->ack(some));
      got += 100;
    }
    must(test.broker().publish(batch));
    CHECK(bodies(take(*consumer, 1)) == Texts{"no"});
    CHECK(nothing_for(*consumer));
  });
}

TEST_CASE("a queue tells what is ready, under way and dead", "[broker]") {
  on_each_broker([](BrokerUnderTest& test) {
    if (test.inspector() == nullptr || !test.shows_messages()) return;
    const auto consumer = subscribe(test, "readers", {"news"});
    publish(test, "news", {"dead", "held", "retry", "acked", "new"}, "k");
    publish(test, "unheard", {"x", "y"});
    const Deliveries held = take(*consumer, 4);
    must(consumer->dead_letter(held[0], "unreadable"));
    must(consumer->retry_later(held[2], std::chrono::hours(1)));
    must(consumer->ack({&held[3], 1}));

    const auto queues = must(test.inspector()->queues());
    REQUIRE(queues.size() == 3);
    CHECK(queues[0].topic == "news");
    CHECK(queues[0].group == "readers");
    CHECK(queues[0].ready == 2);
    CHECK(queues[0].in_flight == 1);
    CHECK(queues[0].dead == 1);
    CHECK(queues[0].redelivered == 0);
    CHECK(queues[0].oldest_age_ms);
    CHECK(queues[0].published_per_s > 0);
    CHECK(queues[0].acked_per_s > 0);
    CHECK(queues[1].topic == "news.dead");
    CHECK(queues[1].group.empty());
    CHECK(queues[1].ready == 1);
    CHECK(queues[2].topic == "unheard");
    CHECK(queues[2].ready == 2);
    CHECK(queues[2].acked_per_s == 0);

    const auto peeked = must(test.inspector()->peek("news", 10));
    Texts states;
    for (const auto& message : peeked) {
      states.push_back(message.message.body + ": " + message.state + " " +
                       std::to_string(message.attempts));
      CHECK(message.group == "readers");
      CHECK(message.message.key == "k");
      CHECK_FALSE(message.published_at.empty());
    }
    CHECK(states == Texts{"dead: dead 1", "held: in flight 1", "retry: retry 1", "new: ready 0"});
    CHECK(must(test.inspector()->peek("news", 2)).size() == 2);
    CHECK(must(test.inspector()->peek("unheard", 10)).size() == 2);
    CHECK(test.inspector()->peek("nowhere", 10).error().code == Code::topic_not_found);
    CHECK(test.inspector()->peek("No topic", 10).error().code == Code::invalid_field);
    // Looking changed nothing.
    CHECK(bodies(take(*consumer, 1)) == Texts{"new"});
  });
}

}  // namespace msdemo::test
