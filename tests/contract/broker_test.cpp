// What the services may expect of a broker, whichever it is: who gets a message, how often, in
// which order, and what becomes of it when a consumer fails.
#include <set>

#include "contract/broker_engines.hpp"
#include "support/catch.hpp"
#include "support/threads.hpp"

namespace msdemo::test {

using messaging::Broker;
using messaging::Delivery;
using messaging::Message;
using messaging::Subscription;
using std::chrono::milliseconds;

namespace {

constexpr milliseconds kSoon{5000};  ///< longer than anything here should take
constexpr milliseconds kNow{0};

using Topics = std::vector<std::string>;
using Texts = std::vector<std::string>;

std::unique_ptr<Subscription> subscribe(Broker& broker, const std::string& group,
                                        const Topics& topics) {
  return must(broker.subscribe(group, topics));
}

void publish(Broker& broker, const std::string& topic, const Texts& bodies,
             const std::string& key = "") {
  std::vector<Message> batch;
  for (const std::string& body : bodies) batch.push_back({topic, key, body});
  must(broker.publish(batch));
}

/// Receives until there are `count`, and acks nothing.
std::vector<Delivery> take(Subscription& consumer, std::size_t count) {
  std::vector<Delivery> all;
  while (all.size() < count) {
    auto some = must(consumer.receive(count - all.size(), kSoon));
    if (some.empty()) break;
    std::move(some.begin(), some.end(), std::back_inserter(all));
  }
  return all;
}

Texts bodies(const std::vector<Delivery>& deliveries) {
  Texts texts;
  for (const Delivery& delivery : deliveries) texts.push_back(delivery.message.body);
  return texts;
}

/// `body` on every engine, each in a section of its own.
template <class Body>
void on_each_engine(Body&& body) {
  for (const BrokerEngine& engine : broker_engines()) {
    DYNAMIC_SECTION(engine.name) {
      const auto under_test = engine.start();
      body(*under_test);
    }
  }
}

}  // namespace

TEST_CASE("every group gets every message, one consumer of it", "[broker]") {
  on_each_engine([](BrokerUnderTest& test) {
    const auto one = subscribe(test.broker(), "one", {"news"});
    const auto two = subscribe(test.broker(), "two", {"news"});
    publish(test.broker(), "news", {"a", "b", "c"}, "k");
    const auto deliveries = take(*one, 3);
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
    CHECK(must(one->receive(10, kNow)).empty());
    CHECK(must(two->receive(10, kNow)).empty());
  });
}

}  // namespace msdemo::test
