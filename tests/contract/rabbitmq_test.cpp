// What holds of RabbitMQ beyond the contract of all brokers: connections that break at the worst
// moment, consumers that freeze, messages that nobody listens to, and a server that says no.
#include <atomic>
#include <set>

#include "contract/broker_fixture.hpp"
#include "contract/rabbitmq_engine.hpp"

namespace msdemo::test {

namespace {

using messaging::BrokerOptions;
using Hold = TcpProxy::Hold;

/// The tests run only where there is a RabbitMQ.
bool absent() {
  return broker_engines().empty();
}

std::unique_ptr<Subscription> past_the_wire(const RabbitmqUnderTest& test, const std::string& group,
                                            const Texts& topics) {
  static std::vector<std::unique_ptr<messaging::Broker>> brokers;
  brokers.push_back(must(messaging::connect(test.direct_options())));
  return must(brokers.back()->subscribe(group, topics));
}

/// `message` may name everything but the password.
void check_refused(const BrokerOptions& options, Code code, const std::string& word) {
  const auto broker = must(messaging::connect(options));
  const Message message{"news", "", "x"};
  const auto published = broker->publish({&message, 1});
  REQUIRE_FALSE(published);
  CHECK(published.error().code == code);
  CHECK(published.error().definite());
  CHECK(published.error().message.find(word) != std::string::npos);
  CHECK(published.error().message.find("secret") == std::string::npos);
  const auto subscribed = broker->subscribe("readers", Texts{"news"});
  REQUIRE_FALSE(subscribed);
  CHECK(subscribed.error().code == code);
}

}  // namespace

TEST_CASE("what was published before anybody listened is not lost", "[rabbitmq]") {
  if (absent()) return;
  RabbitmqUnderTest test;
  publish(test, "news", {"1", "2"}, "k");
  publish(test, "sport", {"3"});
  const auto news = subscribe(test, "readers", {"news"});
  const Deliveries early = take(*news, 2);
  CHECK(bodies(early) == Texts{"1", "2"});
  CHECK(early.at(0).attempt == 1);
  CHECK(early.at(0).message.topic == "news");
  CHECK(early.at(0).message.key == "k");
  must(news->ack(early));
  // What is not for this group waits for the one it is for.
  const auto sport = subscribe(test, "others", {"sport"});
  CHECK(bodies(take(*sport, 1)) == Texts{"3"});
  publish(test, "news", {"4"});
  CHECK(bodies(take(*news, 1)) == Texts{"4"});
}

TEST_CASE("a confirm that is lost leaves the publisher in doubt, and the message there",
          "[rabbitmq]") {
  if (absent()) return;
  RabbitmqUnderTest test;
  const auto consumer = past_the_wire(test, "readers", {"news"});
  publish(test, "news", {"before"});
  test.proxy().hold(Hold::answers);
  const std::size_t sent = test.proxy().bytes_sent();
  Result<void> published;
  {
    Threads publishing(1, [&](std::size_t) {
      const Message message{"news", "", "in doubt"};
      published = test.broker().publish({&message, 1});
    });
    while (test.proxy().bytes_sent() == sent) std::this_thread::yield();
    publishing.await_blocked();
    CHECK(bodies(take(*consumer, 2)) == Texts{"before", "in doubt"});
    test.proxy().cut();
  }
  REQUIRE_FALSE(published);
  CHECK(published.error().code == Code::connection_lost);
  CHECK_FALSE(published.error().definite());
  publish(test, "news", {"after"});
  CHECK(bodies(take(*consumer, 1)) == Texts{"after"});
}

TEST_CASE("a silent RabbitMQ is a timeout, and not waited for longer than a call", "[rabbitmq]") {
  if (absent()) return;
  RabbitmqUnderTest test;
  BrokerOptions options = test.options();
  options.call = std::chrono::milliseconds(500);
  const auto broker = must(messaging::connect(options));
  const Message message{"news", "", "x"};
  must(broker->publish({&message, 1}));
  test.proxy().hold(Hold::all);
  const auto published = broker->publish({&message, 1});
  REQUIRE_FALSE(published);
  CHECK(published.error().code == Code::timeout);
  const auto subscribed = broker->subscribe("readers", Texts{"news"});
  REQUIRE_FALSE(subscribed);
  CHECK(subscribed.error().definite());
}

TEST_CASE("a consumer that freezes loses its messages to others, and hears so", "[rabbitmq]") {
  if (absent()) return;
  RabbitmqUnderTest test;
  const auto frozen = subscribe(test, "readers", {"news"});
  publish(test, "news", {"a"});
  const Deliveries held = take(*frozen, 1);
  const auto other = past_the_wire(test, "readers", {"news"});
  // Longer than two heartbeats of a handler that is at work cost nothing.
  CHECK(must(other->receive(1, std::chrono::milliseconds(2500))).empty());
  must(frozen->extend(held));

  test.proxy().hold(Hold::all);
  const Deliveries again = take(*other, 1);
  CHECK(bodies(again) == Texts{"a"});
  CHECK(again.at(0).attempt == 2);
  CHECK(again.at(0).lease > held.at(0).lease);
  test.proxy().cut();
  const auto late = frozen->ack(held);
  REQUIRE_FALSE(late);
  CHECK((late.error().code == Code::stale_lease || late.error().code == Code::connection_lost));
  must(other->ack(again));
  CHECK(nothing_for(*frozen));
}

TEST_CASE("what is retried too often becomes a dead letter, and its copy is not copied",
          "[rabbitmq]") {
  if (absent()) return;
  RabbitmqUnderTest test;
  const auto consumer = subscribe(test, "readers", {"news"});
  const auto undertaker = subscribe(test, "undertaker", {"news.dead"});
  publish(test, "news", {"poison"}, "k");
  for (int attempt = 1; attempt <= BrokerUnderTest::kMaxAttempts; ++attempt) {
    const Delivery delivery = take(*consumer, 1).at(0);
    CHECK(delivery.attempt == attempt);
    must(consumer->retry_later(delivery, kNow));
  }
  for (int attempt = 1; attempt <= BrokerUnderTest::kMaxAttempts; ++attempt) {
    const Delivery copy = take(*undertaker, 1).at(0);
    CHECK(copy.attempt == attempt);
    CHECK(copy.message.topic == "news.dead");
    must(undertaker->retry_later(copy, kNow));
  }
  CHECK(nothing_for(*undertaker));
  const auto letters = must(test.inspector()->dead_letters("", 10, 0));
  REQUIRE(letters.size() == 2);
  CHECK(must(test.inspector()->dead_letters("news", 10, 0)).at(0).group == "readers");
  const auto of_copy = must(test.inspector()->dead_letters("news.dead", 10, 0)).at(0);
  CHECK(of_copy.group == "undertaker");
  CHECK(of_copy.attempts == BrokerUnderTest::kMaxAttempts);
  // Each goes back to where it died.
  must(test.inspector()->redrive(of_copy.id));
  const Delivery again = take(*undertaker, 1).at(0);
  CHECK(again.message.topic == "news.dead");
  CHECK(again.message.key == "k");
  CHECK(nothing_for(*consumer));
}

TEST_CASE("a queue that is full refuses, and takes messages again later", "[rabbitmq]") {
  if (absent()) return;
  RabbitmqUnderTest test(20);
  const auto consumer = subscribe(test, "readers", {"news"});
  const std::vector<Message> batch(10, {"news", "", "x"});
  Result<void> published;
  std::size_t accepted = 0;
  for (int i = 0; i < 20 && published; ++i) {
    published = test.broker().publish(batch);
    if (published) accepted += batch.size();
  }
  REQUIRE_FALSE(published);
  CHECK(published.error().code == Code::topic_full);
  CHECK(accepted >= 20);
  std::size_t got = 0;
  for (Deliveries some = take(*consumer, 10); !some.empty();
       some = must(consumer->receive(10, std::chrono::milliseconds(500)))) {
    must(consumer->ack(some));
    got += some.size();
  }
  CHECK(got >= accepted);
  must(test.broker().publish(batch));
}

TEST_CASE("RabbitMQ tells what it can of a queue, and nothing else", "[rabbitmq]") {
  if (absent()) return;
  RabbitmqUnderTest test;
  const auto consumer = subscribe(test, "readers", {"news"});
  publish(test, "news", {"a", "b"});
  publish(test, "unheard", {"x"});
  must(consumer->dead_letter(take(*consumer, 1).at(0), "unreadable"));
  consumer->interrupt();
  CHECK(must(consumer->receive(1, kNow)).empty());
  const auto queues = must(test.inspector()->queues());
  REQUIRE(queues.size() == 2);
  CHECK(queues[0].group == "readers");
  CHECK(queues[0].topic.ends_with("msdemo.readers"));
  CHECK(queues[0].ready == 1);
  CHECK(queues[0].dead == 1);
  CHECK_FALSE(queues[0].in_flight);
  CHECK_FALSE(queues[0].acked_per_s);
  CHECK(queues[1].topic.ends_with("msdemo:unheard"));
  CHECK(queues[1].ready == 1);
  CHECK(test.inspector()->peek("news", 1).error().code == Code::lab_failed);
}

TEST_CASE("who may not in hears why, without the password", "[rabbitmq]") {
  if (absent()) return;
  RabbitmqUnderTest test;
  const std::string url = test.direct_options().url;
  BrokerOptions options = test.options();
  options.url = "amqp://nobody:secret" + url.substr(url.find('@'));
  check_refused(options, Code::lab_failed, "does not let us in");
  const auto query = url.find('?');
  options.url = url.substr(0, query) + "nowhere" + url.substr(query);
  check_refused(options, Code::lab_failed, "nowhere");

  const int free_port = TcpProxy(1).port();
  options.url = "amqp://guest:secret@127.0.0.1:" + std::to_string(free_port);
  check_refused(options, Code::unreachable, std::to_string(free_port));
}

TEST_CASE("a queue that exists with other settings is not changed in silence", "[rabbitmq]") {
  if (absent()) return;
  RabbitmqUnderTest test;
  const auto consumer = subscribe(test, "readers", {"news"});
  BrokerOptions other = test.options();
  other.max_attempts = BrokerUnderTest::kMaxAttempts + 1;
  const auto refused = must(messaging::connect(other))->subscribe("readers", Texts{"news"});
  REQUIRE_FALSE(refused);
  CHECK(refused.error().code == Code::lab_failed);
  CHECK(refused.error().message.find("x-delivery-limit") != std::string::npos);
}

TEST_CASE("nothing confirmed is lost while connections keep breaking", "[rabbitmq]") {
  if (absent()) return;
  constexpr int kMessages = 300;
  // Every cut counts as an attempt of what was under way; here none is to die of it.
  RabbitmqUnderTest test(limits::kTopicMessages, 1000);
  const auto consumer = subscribe(test, "readers", {"news"});
  std::atomic<int> confirmed = 0;
  std::atomic<int> doubtful = 0;
  std::multiset<std::string> seen;
  Threads working(2, [&](std::size_t i) {
    if (i == 0) {
      for (int n = 0; n < kMessages;) {
        const Message message{"news", "", std::to_string(n)};
        const auto published = test.broker().publish({&message, 1});
        ++(published ? confirmed : doubtful);
        n += published ? 1 : 0;
      }
      return;
    }
    std::set<std::string> distinct;
    while (distinct.size() < kMessages) {
      const auto some = consumer->receive(10, kSoon);
      if (!some) continue;
      for (const Delivery& delivery : *some) {
        distinct.insert(delivery.message.body);
        seen.insert(delivery.message.body);
      }
      static_cast<void>(consumer->ack(*some));
    }
  });
  for (int cuts = 1; confirmed < kMessages; ++cuts) {
    while (confirmed < std::min(cuts * 30, kMessages)) std::this_thread::yield();
    test.proxy().cut();
  }
  working.join();
  CHECK(confirmed == kMessages);
  CHECK(std::set<std::string>(seen.begin(), seen.end()).size() == kMessages);
  WARN(confirmed << " confirmed, " << doubtful << " in doubt, 0 lost, " << seen.size() - kMessages
                 << " seen again");
}

}  // namespace msdemo::test
