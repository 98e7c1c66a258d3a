#include "messaging/embedded_broker.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <atomic>

#include "base/json.hpp"
#include "base/limits.hpp"
#include "contracts/fields.hpp"
#include "contracts/problem.hpp"
#include "messaging/message_rules.hpp"

namespace msdemo::messaging {

namespace {

using std::chrono::milliseconds;

tl::unexpected<Error> nonsense(std::string_view what) {
  return fail(Code::invalid_reply, fmt::format("the broker answered something else than {}", what));
}

/// One exchange; an answer other than 2xx is its error.
Result<std::string> exchange(http::Client& client, std::string method, std::string target,
                             std::string body, milliseconds wait = limits::kBrokerCall) {
  auto answer = client.send(
      {.method = std::move(method), .target = std::move(target), .body = std::move(body)}, wait);
  if (!answer) return fail(std::move(answer.error()));
  if (answer->status < 200 || answer->status > 299) {
    return fail(contracts::from_problem(answer->status, answer->body));
  }
  return std::move(answer->body);
}

Result<void> command(http::Client& client, std::string method, std::string target, std::string body,
                     milliseconds wait = limits::kBrokerCall) {
  const auto answer = exchange(client, std::move(method), std::move(target), std::move(body), wait);
  if (!answer) return fail(answer.error());
  return {};
}

std::string take_text(Json& json, const char* field) {
  return std::move(json.at(field).get_ref<std::string&>());
}

Message message_of(Json& json) {
  return {take_text(json, "topic"), take_text(json, "key"), take_text(json, "body")};
}

// How the parts of an answer are read; they throw on what is not as it should be.

void read(Json& json, Delivery& delivery) {
  delivery = {.id = json.at("id").get<std::int64_t>(),
              .lease = json.at("lease").get<std::int64_t>(),
              .attempt = json.at("attempt").get<int>(),
              .published_unix_nano = json.at("published_unix_nano").get<std::int64_t>(),
              .message = message_of(json),
              .reason = json.value("reason", "")};
}

void read(Json& json, QueueState& queue) {
  const Json& age = json.at("oldest_age_ms");
  queue = {.topic = take_text(json, "topic"),
           .group = take_text(json, "group"),
           .ready = json.at("ready").get<std::int64_t>(),
           .in_flight = json.at("in_flight").get<std::int64_t>(),
           .dead = json.at("dead").get<std::int64_t>(),
           .redelivered = json.at("redelivered").get<std::int64_t>(),
           .oldest_age_ms = age.is_null() ? std::nullopt : std::optional(age.get<std::int64_t>()),
           .published_per_s = json.at("published_per_s").get<double>(),
           .acked_per_s = json.at("acked_per_s").get<double>()};
}

void read(Json& json, PeekedMessage& message) {
  message = {.id = json.at("id").get<std::int64_t>(),
             .published_at = take_text(json, "published_at"),
             .group = take_text(json, "group"),
             .state = take_text(json, "state"),
             .attempts = json.at("attempts").get<int>(),
             .message = message_of(json)};
}

void read(Json& json, DeadLetter& letter) {
  letter = {.id = json.at("id").get<std::int64_t>(),
            .died_at = take_text(json, "died_at"),
            .group = take_text(json, "group"),
            .attempts = json.at("attempts").get<int>(),
            .reason = take_text(json, "reason"),
            .message = message_of(json)};
}

void read(Json& json, std::optional<std::int64_t>& number) {
  if (!json.is_null()) number = json.get<std::int64_t>();
}

template <class Item>
void read(Json& json, std::vector<Item>& items) {
  items.resize(json.get_ref<Json::array_t&>().size());
  for (std::size_t i = 0; i < items.size(); ++i) read(json.at(i), items[i]);
}

/// An answer as a T, by `take(json, T&)`.
template <class T, class Take>
Result<T> parse_answer(const Result<std::string>& answer, std::string_view what, Take&& take) {
  if (!answer) return fail(answer.error());
  auto json = parse_json(*answer);
  if (!json) return nonsense(what);
  try {
    T value;
    take(*json, value);
    return value;
  } catch (const Json::exception&) {
    return nonsense(what);
  }
}

template <class Item>
Result<std::vector<Item>> parse_list(const Result<std::string>& answer, const char* name) {
  return parse_answer<std::vector<Item>>(
      answer, name, [name](Json& json, std::vector<Item>& items) { read(json.at(name), items); });
}

/// A name for a path. What no path can carry is no name for the broker either.
Result<std::string> path_segment(std::string_view field, const std::string& name) {
  if (name.empty() || name.find('/') != std::string::npos) {
    return contracts::invalid(field, "a name without '/'");
  }
  return http::percent_encode(name);
}

class EmbeddedSubscription final : public Subscription {
 public:
  /// `group` is a path segment, `topics` the body of a subscription.
  EmbeddedSubscription(const std::string& url, const std::string& group, std::string topics)
      : receiving_(url, "broker"),
        settling_(url, "broker"),
        path_("/groups/" + group),
        topics_(std::move(topics)) {}

  Result<void> subscribe() { return command(settling_, "PUT", path_, topics_); }

  Result<std::vector<Delivery>> receive(std::size_t max, milliseconds wait) override {
    auto deliveries = receive_once(max, wait);
    if (!deliveries && deliveries.error().code == Code::group_not_found) {
      // The broker started anew with nothing: what was published since is to be had all the same.
      if (const auto again = subscribe(); !again) return fail(again.error());
      deliveries = receive_once(max, wait);
    }
    if (!deliveries && interrupted_) return std::vector<Delivery>();
    return deliveries;
  }

  Result<void> extend(std::span<const Delivery> deliveries) override {
    return settle("extend", deliveries, Json::object());
  }

  Result<void> ack(std::span<const Delivery> deliveries) override {
    return settle("ack", deliveries, Json::object());
  }

  Result<void> retry_later(const Delivery& delivery, milliseconds delay) override {
    return settle("retry", {&delivery, 1}, {{"delay_ms", delay.count()}});
  }

  Result<void> dead_letter(const Delivery& delivery, const std::string& reason) override {
    return settle("dead", {&delivery, 1}, {{"reason", reason}});
  }

  void interrupt() override {
    interrupted_ = true;
    receiving_.interrupt();
  }

 private:
  Result<std::vector<Delivery>> receive_once(std::size_t max, milliseconds wait) {
    wait = std::clamp<milliseconds>(wait, milliseconds(0), limits::kReceiveWait);
    const Json wanted = {{"max", std::clamp<std::size_t>(max, 1, limits::kBatchMessages)},
                         {"wait_ms", wait.count()}};
    return parse_list<Delivery>(exchange(receiving_, "POST", path_ + "/receive", dump_json(wanted),
                                         wait + limits::kBrokerCall),
                                "deliveries");
  }

  Result<void> settle(std::string_view how, std::span<const Delivery> deliveries, Json body) {
    if (deliveries.empty()) return {};
    Json list = Json::array();
    for (const Delivery& delivery : deliveries) {
      list.push_back({{"id", delivery.id}, {"lease", delivery.lease}});
    }
    body["deliveries"] = std::move(list);
    return command(settling_, "POST", fmt::format("{}/{}", path_, how), dump_json(body));
  }

  http::Client receiving_;  ///< its exchange may take long, and is broken by interrupt()
  http::Client settling_;
  const std::string path_;
  const std::string topics_;
  std::atomic<bool> interrupted_ = false;
};

}  // namespace

Result<void> EmbeddedBroker::publish(std::span<const Message> batch) {
  if (batch.empty()) return {};
  Json list = Json::array();
  list.get_ref<Json::array_t&>().reserve(batch.size());
  for (const Message& message : batch) {
    // JSON cannot carry anything else, and must not change it in silence.
    if (const auto checked = check_utf8(message, list.size()); !checked) return checked;
    list.push_back({{"topic", message.topic}, {"key", message.key}, {"body", message.body}});
  }
  Json body;
  body["messages"] = std::move(list);
  return command(client_, "POST", "/messages", dump_json(body), patience_);
}

Result<std::unique_ptr<Subscription>> EmbeddedBroker::subscribe(
    const std::string& group, std::span<const std::string> topics) {
  const auto name = path_segment("group", group);
  if (!name) return fail(name.error());
  const Json body = {{"topics", std::vector<std::string>(topics.begin(), topics.end())}};
  auto subscription =
      std::make_unique<EmbeddedSubscription>(client_.urls().front(), *name, dump_json(body));
  if (const auto done = subscription->subscribe(); !done) return fail(done.error());
  return subscription;
}

Result<std::vector<QueueState>> EmbeddedBroker::queues() {
  return parse_list<QueueState>(exchange(client_, "GET", "/queues", {}, patience_), "queues");
}

Result<std::vector<PeekedMessage>> EmbeddedBroker::peek(const std::string& topic,
                                                        std::size_t limit) {
  const auto name = path_segment("topic", topic);
  if (!name) return fail(name.error());
  return parse_list<PeekedMessage>(
      exchange(client_, "GET", fmt::format("/topics/{}/messages?limit={}", *name, limit), {},
               patience_),
      "messages");
}

Result<std::vector<DeadLetter>> EmbeddedBroker::dead_letters(const std::string& topic,
                                                             std::size_t limit,
                                                             std::int64_t after) {
  struct Page {
    std::vector<DeadLetter> letters;
    std::optional<std::int64_t> next = 0;
  };
  std::vector<DeadLetter> all;
  // One answer holds as many as it has room for.
  for (std::optional<std::int64_t> from = after; from && all.size() < limit;) {
    const std::size_t most =
        std::min(limit - all.size(), static_cast<std::size_t>(limits::kPageMax));
    auto page = parse_answer<Page>(exchange(client_, "GET",
                                            fmt::format("/dead?topic={}&limit={}&after={}",
                                                        http::percent_encode(topic), most, *from),
                                            {}, patience_),
                                   "dead letters", [](Json& json, Page& read_page) {
                                     read(json.at("dead_letters"), read_page.letters);
                                     read_page.next.reset();
                                     read(json.at("next"), read_page.next);
                                   });
    if (!page) return fail(std::move(page.error()));
    std::move(page->letters.begin(), page->letters.end(), std::back_inserter(all));
    from = page->next;
  }
  return all;
}

Result<DeadLetter> EmbeddedBroker::dead_letter(std::int64_t id) {
  return parse_answer<DeadLetter>(
      exchange(client_, "GET", fmt::format("/dead/{}", id), {}, patience_), "a dead letter",
      [](Json& json, DeadLetter& letter) { read(json, letter); });
}

Result<void> EmbeddedBroker::redrive(std::int64_t id) {
  return command(client_, "POST", fmt::format("/dead/{}/redrive", id), "{}", patience_);
}

}  // namespace msdemo::messaging
