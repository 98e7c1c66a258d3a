// The words in which the broker contract is written: publish, subscribe, take.
#pragma once

#include <algorithm>
#include <chrono>
#include <iterator>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "base/limits.hpp"
#include "contract/broker_engines.hpp"
#include "support/catch.hpp"
#include "support/must.hpp"
#include "support/threads.hpp"

namespace msdemo::test {

using messaging::Delivery;
using messaging::Message;
using messaging::Subscription;
using Deliveries = std::vector<Delivery>;
using Texts = std::vector<std::string>;

inline constexpr std::chrono::milliseconds kNow{0};
inline constexpr std::chrono::milliseconds kSoon{5000};  ///< longer than anything should take

/// `body(broker)` with a fresh broker of each engine, in a section of its own.
template <class Body>
void on_each_broker(Body&& body) {
  for (const BrokerEngine& engine : broker_engines()) {
    DYNAMIC_SECTION(engine.name) {
      const auto under_test = engine.start();
      body(*under_test);
    }
  }
}

inline std::unique_ptr<Subscription> subscribe(BrokerUnderTest& test, const std::string& group,
                                               const Texts& topics) {
  return must(test.broker().subscribe(group, topics));
}

inline void publish(BrokerUnderTest& test, const std::string& topic, const Texts& bodies,
                    const std::string& key = "") {
  std::vector<Message> batch;
  for (const std::string& body : bodies) batch.push_back({topic, key, body});
  must(test.broker().publish(batch));
}

/// Receives until there are `count`, and settles nothing.
inline Deliveries take(Subscription& consumer, std::size_t count) {
  Deliveries all;
  while (all.size() < count) {
    Deliveries some = must(consumer.receive(count - all.size(), kSoon));
    if (some.empty()) break;
    std::move(some.begin(), some.end(), std::back_inserter(all));
  }
  return all;
}

inline bool nothing_for(Subscription& consumer) {
  return must(consumer.receive(1, broker_engines().front().glance)).empty();
}

inline Texts bodies(const Deliveries& deliveries) {
  Texts texts;
  for (const Delivery& delivery : deliveries) texts.push_back(delivery.message.body);
  return texts;
}

/// For topics or retries, between which there is no order.
inline Texts sorted_bodies(const Deliveries& deliveries) {
  Texts texts = bodies(deliveries);
  std::sort(texts.begin(), texts.end());
  return texts;
}

}  // namespace msdemo::test
