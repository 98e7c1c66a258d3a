#include "messaging/kafka_address.hpp"

#include <regex.h>

#include "base/limits.hpp"
#include "messaging/names.hpp"
#include "support/catch.hpp"
#include "support/must.hpp"

namespace msdemo::test {

using messaging::kafka_message_id;
using messaging::KafkaAddress;

namespace {

/// As librdkafka does: a POSIX extended expression.
bool matches(const std::string& expression, const std::string& text) {
  regex_t compiled{};
  REQUIRE(::regcomp(&compiled, expression.c_str(), REG_EXTENDED | REG_NOSUB) == 0);
  const bool found = ::regexec(&compiled, text.c_str(), 0, nullptr, 0) == 0;
  ::regfree(&compiled);
  return found;
}

}  // namespace

TEST_CASE("an address of Kafka names servers and what topics are like", "[messaging]") {
  const auto plain = must(KafkaAddress::parse("kafka://127.0.0.1:9092"));
  CHECK(plain.servers == "127.0.0.1:9092");
  CHECK(plain.topic("order.confirmed") == "order.confirmed");
  CHECK(plain.letters() == "msdemo__letters");
  CHECK(plain.partitions == limits::kKafkaPartitions);

  const auto full = must(KafkaAddress::parse(
      "kafka://a:1,b.example:2,[::1]:3?prefix=shop.eu&partitions=12&replication=2"));
  CHECK(full.servers == "a:1,b.example:2,[::1]:3");
  CHECK(full.topic("news") == "shop.eu.news");
  CHECK(full.group("readers") == "shop.eu.readers");
  CHECK(full.redriven("readers") == "shop.eu__redriven.readers");
  CHECK(full.partitions == 12);
  CHECK(full.replication == 2);
  CHECK(full.name_of("shop.eu.news") == "news");
  CHECK_FALSE(full.name_of("shop.eu__letters"));
  CHECK_FALSE(full.name_of("shop.usa.news"));
}

TEST_CASE("what is no address of Kafka is refused, and no password shown", "[messaging]") {
  for (const char* url : {"kafka://", "kafka://a", "kafka://a:0", "kafka://a:1,", "kafka://a:1,b",
                          "kafka://a:1/topic", "kafka://a:1?prefix=No", "kafka://a:1?partitions=0",
                          "kafka://a:1?partitions=x", "kafka://a:1?replication=99",
                          "kafka://a:1?retention=1", "kafka://me:secret@a:1"}) {
    INFO(url);
    const auto refused = KafkaAddress::parse(url);
    REQUIRE_FALSE(refused);
    CHECK(refused.error().code == Code::usage);
    CHECK(refused.error().message.find("secret") == std::string::npos);
  }
}

TEST_CASE("an expression finds the topics that a pattern means", "[messaging]") {
  const auto address = must(KafkaAddress::parse("kafka://a:1?prefix=shop"));
  for (const char* pattern : {"order.*", "*.confirmed", "*", "a.*.b", "*.dead", "order.*.dead"}) {
    const std::string expression = address.expression(pattern);
    for (const char* topic :
         {"order.confirmed", "order.dead", "order.deaf", "order.lead", "order.dad", "order.d",
          "order.deadly", "order.item.added", "orders.confirmed", "order", "dead", "a.x.b", "a.b",
          "order.confirmed.dead", "x.dead"}) {
      INFO(pattern << " and " << topic << ": " << expression);
      CHECK(matches(expression, address.topic(topic)) == messaging::matches(pattern, topic));
    }
    CHECK_FALSE(matches(expression, "shop__letters"));
    CHECK_FALSE(matches(expression, "shop__redriven.order"));
  }
}

TEST_CASE("a message's number is positive and its own", "[messaging]") {
  CHECK(kafka_message_id("news", 0, 0) == kafka_message_id("news", 0, 0));
  CHECK(kafka_message_id("news", 0, 1) == kafka_message_id("news", 0, 0) + 1);
  CHECK(kafka_message_id("news", 1, 0) != kafka_message_id("news", 0, 0));
  CHECK(kafka_message_id("news", 0, 0) != kafka_message_id("sport", 0, 0));
  for (const char* topic : {"a", "order.confirmed", "user.lookup.requested"}) {
    CHECK(kafka_message_id(topic, limits::kKafkaPartitionsMax - 1, 1'000'000'000) > 0);
  }
}

}  // namespace msdemo::test
