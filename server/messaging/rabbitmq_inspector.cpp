#include "messaging/rabbitmq_inspector.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <optional>

#include "base/limits.hpp"
#include "messaging/message_rules.hpp"
#include "messaging/rabbitmq_topology.hpp"

namespace msdemo::messaging {

namespace {

constexpr const char* kReader = "reader";

tl::unexpected<Error> no_letter(std::int64_t id) {
  return fail(Code::dead_letter_not_found, fmt::format("there is no dead letter {}", id));
}

}  // namespace

Result<std::unique_ptr<RabbitmqConnection>> RabbitmqInspector::connect() const {
  return RabbitmqConnection::open(settings_.place.address, std::chrono::seconds(0),
                                  real_clock().steady_now() + settings_.call);
}

Result<std::vector<QueueState>> RabbitmqInspector::queues() {
  auto connection = connect();
  if (!connection) return fail(connection.error());
  const RabbitmqNames& names = settings_.place.names;
  std::vector<QueueState> queues;
  const auto add = [&](const std::string& queue, const std::string& group,
                       std::optional<std::int64_t> dead) -> Result<void> {
    const auto ready = (*connection)->count(queue);
    if (!ready) return fail(ready.error());
    if (!*ready) return {};
    queues.push_back({.topic = queue,
                      .group = group,
                      .ready = **ready,
                      .in_flight = {},
                      .dead = dead,
                      .redelivered = {},
                      .oldest_age_ms = {},
                      .published_per_s = {},
                      .acked_per_s = {}});
    return {};
  };
  for (const std::string& group : groups_) {
    const auto dead = (*connection)->count(names.dead_letters(group));
    if (!dead) return fail(dead.error());
    auto done = add(names.queue(group), group, *dead);
    if (done) done = add(names.copies(group), group, std::nullopt);
    if (!done) return fail(done.error());
  }
  if (auto done = add(names.unheard(), "", std::nullopt); !done) return fail(done.error());
  std::sort(queues.begin(), queues.end(),
            [](const QueueState& one, const QueueState& other) { return one.topic < other.topic; });
  return queues;
}

Result<std::vector<PeekedMessage>> RabbitmqInspector::peek(const std::string& topic, std::size_t) {
  if (auto checked = check_topic(topic); !checked) return fail(checked.error());
  return fail(Code::lab_failed, "RabbitMQ shows no message without giving it out",
              "its management plugin can take one and put it back");
}

// ---- dead letters

Result<void> RabbitmqInspector::visit_letters(const Visit& visit) const {
  auto connection = connect();
  if (!connection) return fail(connection.error());
  for (const std::string& group : groups_) {
    const auto count = (*connection)->count(settings_.place.names.dead_letters(group));
    if (!count) return fail(count.error());
    if (count->value_or(0) == 0) continue;
    const auto more = visit_letters_of(group, **count, visit);
    if (!more) return fail(more.error());
    if (!*more) return {};
  }
  return {};
}

/// With a connection of its own: when that is closed, RabbitMQ takes back what was only read.
Result<bool> RabbitmqInspector::visit_letters_of(const std::string& group, std::int64_t count,
                                                 const Visit& visit) const {
  auto connection = connect();
  if (!connection) return fail(connection.error());
  RabbitmqConnection& letters = **connection;
  std::int64_t left = std::min<std::int64_t>(count, limits::kDeadLettersRead);
  auto reading =
      letters.consume(settings_.place.names.dead_letters(group), kReader, static_cast<int>(left));
  if (!reading) return fail(reading.error());
  const SteadyTime end = real_clock().steady_now() + settings_.call;
  while (left > 0) {
    const auto came = letters.read(end);
    if (!came) return fail(came.error());
    if (!*came) break;  // somebody else reads them
    for (AmqpMessage& message : letters.take_arrived(kReader)) {
      --left;
      const auto letter =
          to_dead_letter(message, group, settings_.limits.max_attempts, settings_.place.names);
      const auto more = visit(letters, message, letter);
      if (!more || !*more) return more;
    }
  }
  return true;
}

Result<std::vector<DeadLetter>> RabbitmqInspector::dead_letters(const std::string& topic,
                                                                std::size_t limit,
                                                                std::int64_t after) {
  std::map<std::int64_t, DeadLetter> oldest;
  auto visited = visit_letters([&](RabbitmqConnection&, AmqpMessage&, const DeadLetter& letter) {
    const bool asked = letter.id > after && (topic.empty() || letter.message.topic == topic);
    if (asked) oldest.emplace(letter.id, letter);
    if (oldest.size() > limit) oldest.erase(std::prev(oldest.end()));
    return Result<bool>(true);
  });
  if (!visited) return fail(visited.error());
  std::vector<DeadLetter> letters;
  for (auto& [id, letter] : oldest) letters.push_back(std::move(letter));
  return letters;
}

Result<DeadLetter> RabbitmqInspector::dead_letter(std::int64_t id) {
  std::optional<DeadLetter> found;
  auto visited = visit_letters([&](RabbitmqConnection&, AmqpMessage&, const DeadLetter& letter) {
    if (letter.id == id) found = letter;
    return Result<bool>(!found);
  });
  if (!visited) return fail(visited.error());
  if (!found) return no_letter(id);
  return std::move(*found);
}

Result<void> RabbitmqInspector::redrive(std::int64_t id) {
  bool found = false;
  const auto redrive_it = [&](RabbitmqConnection& letters, AmqpMessage& message,
                              const DeadLetter& letter) -> Result<bool> {
    if (letter.id != id) return true;
    found = true;
    const std::uint64_t tag = message.tag;
    auto done = letters.send(to_redriven(std::move(message), letter.group, settings_.place.names));
    if (!done) return fail(done.error());
    const auto confirmed = letters.await_confirmed();
    if (!confirmed) return fail(confirmed.error());
    if (confirmed->refused > 0 || !confirmed->unheard.empty()) {
      return fail(Code::topic_full, fmt::format("the queue of group {} is full", letter.group),
                  "try again when its consumers have caught up");
    }
    done = letters.ack(tag, RabbitmqConnection::Ack::this_one);
    if (done) done = letters.flush();
    if (!done) return fail(done.error());
    return false;
  };
  if (auto visited = visit_letters(redrive_it); !visited) return visited;
  return found ? Result<void>() : no_letter(id);
}

}  // namespace msdemo::messaging
