#include "messaging/kafka_address.hpp"

#include <fmt/format.h>

#include "base/limits.hpp"
#include "base/text.hpp"
#include "base/url.hpp"
#include "messaging/names.hpp"

namespace msdemo::messaging {

namespace {

constexpr std::string_view kScheme = "kafka://";

tl::unexpected<Error> bad(std::string_view url, std::string_view rule) {
  return fail(
      Code::usage,
      fmt::format("{} is no address of Kafka: {}", escape_control(without_password(url)), rule),
      "for example kafka://127.0.0.1:9092?prefix=shop");
}

/// The hosts of a URL, as librdkafka wants them.
Result<std::string> servers_of(std::string_view url) {
  std::string_view hosts = url.substr(kScheme.size());
  hosts = hosts.substr(0, hosts.find_first_of("/?#"));
  std::string servers;
  while (true) {
    const std::string_view one = hosts.substr(0, hosts.find(','));
    const auto parsed = parse_url(std::string(kScheme) + std::string(one));
    if (!parsed) return bad(url, "each of its hosts has the form host:port");
    if (!parsed->user.empty()) return bad(url, "this program does not log in to Kafka");
    if (!parsed->port) return bad(url, "each of its hosts has a port");
    const bool is_ipv6 = parsed->host.find(':') != std::string::npos;
    if (!servers.empty()) servers += ',';
    servers += is_ipv6 ? fmt::format("[{}]", parsed->host) : parsed->host;
    servers += fmt::format(":{}", *parsed->port);
    if (one.size() == hosts.size()) return servers;
    hosts.remove_prefix(one.size() + 1);
  }
}

/// One word of a pattern. `*` is any word, but at the end of a pattern not `dead`: the copies of
/// dead letters are for those who name them. POSIX expressions cannot say "but not".
std::string word_expression(std::string_view word, bool last) {
  if (word != "*") return std::string(word);
  if (!last) return "[^.]+";
  return "([^.]{1,3}|[^.]{5,}|[^.d][^.]{3}|d[^.e][^.]{2}|de[^.a][^.]|dea[^.d])";
}

}  // namespace

Result<KafkaAddress> KafkaAddress::parse(std::string_view url) {
  if (!url.starts_with(kScheme)) return bad(url, "it begins with kafka://");
  auto servers = servers_of(url);
  if (!servers) return fail(std::move(servers.error()));
  // The rest is an ordinary URL's.
  const auto rest = url.find_first_of("/?#", kScheme.size());
  const auto parsed =
      parse_url(std::string(kScheme) + "h" + std::string(rest == url.npos ? "" : url.substr(rest)));
  if (!parsed || !parsed->path.empty()) return bad(url, "after its hosts comes ? or nothing");

  KafkaAddress address{.servers = std::move(*servers), .partitions = limits::kKafkaPartitions};
  for (const auto& [name, value] : parsed->query) {
    const auto number = parse_integer(value);
    if (name == "prefix" && valid_name(value)) {
      address.prefix = value;
    } else if (name == "partitions" && number && *number >= 1 &&
               *number <= limits::kKafkaPartitionsMax) {
      address.partitions = static_cast<int>(*number);
    } else if (name == "replication" && number && *number >= 1 &&
               *number <= limits::kKafkaReplicationMax) {
      address.replication = static_cast<int>(*number);
    } else {
      return bad(url,
                 fmt::format("it may say prefix={}, partitions=1…{} and replication=1…{}", "NAME",
                             limits::kKafkaPartitionsMax, limits::kKafkaReplicationMax));
    }
  }
  return address;
}

std::string KafkaAddress::inner(std::string_view what) const {
  return fmt::format("{}__{}", prefix.empty() ? "msdemo" : prefix, what);
}

std::string KafkaAddress::expression(std::string_view pattern) const {
  std::string expression = "^";
  const auto add = [&expression](std::string_view text) {
    for (const char letter : text) {
      if (letter == '.') expression += '\\';
      expression += letter;
    }
  };
  add(scope());
  while (true) {
    const std::string_view word = pattern.substr(0, pattern.find('.'));
    const bool last = word.size() == pattern.size();
    expression += word_expression(word, last);
    if (last) return expression + "$";
    expression += "\\.";
    pattern.remove_prefix(word.size() + 1);
  }
}

std::optional<std::string> KafkaAddress::name_of(std::string_view at_kafka) const {
  const std::string before = scope();
  if (!at_kafka.starts_with(before)) return std::nullopt;
  at_kafka.remove_prefix(before.size());
  if (!valid_name(at_kafka)) return std::nullopt;
  return std::string(at_kafka);
}

std::int64_t kafka_message_id(std::string_view topic, std::int32_t partition, std::int64_t offset) {
  // 40 bits count a partition's messages, 10 its partition, and 12 of a hash (FNV-1a) tell topics
  // apart well enough for people.
  constexpr std::uint64_t kPrime = 1099511628211U;
  std::uint64_t hash = 14695981039346656037U;
  for (const char letter : topic) hash = (hash ^ static_cast<unsigned char>(letter)) * kPrime;
  const std::uint64_t id = (hash % 4096) << 50 |
                           (static_cast<std::uint64_t>(partition) & 1023) << 40 |
                           (static_cast<std::uint64_t>(offset) & ((std::uint64_t{1} << 40) - 1));
  return static_cast<std::int64_t>(id);
}

}  // namespace msdemo::messaging
