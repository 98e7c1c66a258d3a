#include "support/order_ledger.hpp"

#include <algorithm>
#include <cstdlib>
#include <fstream>
#include <sstream>
#include <stdexcept>

#include "messaging/connect.hpp"
#include "support/must.hpp"

namespace msdemo::test {

namespace {

using namespace std::chrono_literals;

Json get(http::Client& client, const std::string& target) {
  const auto answer = must(client.send({.target = target}, 10s));
  if (answer.status != 200) throw std::runtime_error(target + ": " + answer.body);
  return must(parse_json(answer.body));
}

/// Every `items` that the service at `url` has.
std::vector<Json> all_of(const std::string& url, const std::string& items) {
  http::Client client(url);
  std::vector<Json> all;
  for (std::string after = "0"; after != "null";) {
    Json page = get(client, "/" + items + "?limit=1000&after=" + after);
    for (Json& item : page.at(items)) all.push_back(std::move(item));
    after = page.at("next").dump();
  }
  return all;
}

/// The lab's own broker, or the one that it was given.
std::unique_ptr<messaging::QueueInspector> inspector_of(const TestLab& lab) {
  std::ifstream given(lab.folder() / "broker-url");
  std::string url;
  if (!std::getline(given, url)) url = lab.service("broker").at("url");
  return must(messaging::inspect({.url = url}));
}

/// How many messages came again, as the consumers' logs tell: what a process counts dies with it.
int redelivered_to_consumers(const TestLab& lab) {
  int count = 0;
  for (const char* service : {"user", "order", "notify"}) {
    std::ifstream log(lab.folder() / "logs" / (std::string(service) + ".log"));
    for (std::string line; std::getline(log, line);) {
      constexpr std::string_view kWords = "messages that come again: ";
      const auto at = line.find(kWords);
      if (at != line.npos) count += std::stoi(line.substr(at + kWords.size()));
    }
  }
  return count;
}

/// As the order's user demands. A failed order is counted as such, not as lost.
bool kept(const Json& order, const PlacedOrder& placed) {
  const std::string right = placed.user_id == kNobody ? "rejected" : "confirmed";
  return order.at("item_name") == placed.key && order.at("user_id") == placed.user_id &&
         (order.at("status") == right || order.at("status") == "failed");
}

void enter_effects(const std::string& notify_url, const std::vector<Json>& orders, Ledger& ledger) {
  std::map<std::int64_t, int> receipts;
  for (const Json& receipt : all_of(notify_url, "receipts")) ++receipts[receipt.at("order_id")];
  for (const auto& [order, count] : receipts) ledger.duplicated_effects += count - 1;
  for (const Json& order : orders) {
    const bool decided = order.at("status") == "confirmed" || order.at("status") == "rejected";
    if (decided && receipts.count(order.at("id")) == 0) ++ledger.missing_effects;
  }
}

Ledger compare(const std::vector<Json>& orders, const Told& told) {
  Ledger ledger{.attempted = told.attempted(),
                .accepted = static_cast<int>(told.accepted().size()),
                .unknown = static_cast<int>(told.unknown().size())};
  std::map<std::int64_t, const Json*> by_id;
  std::set<std::string> keys;
  for (const Json& order : orders) {
    by_id[order.at("id")] = &order;
    keys.insert(order.at("item_name"));
    const std::string status = order.at("status");
    if (status == "confirmed") ++ledger.confirmed;
    if (status == "rejected") ++ledger.rejected;
    if (status == "failed") ++ledger.failed;
  }
  ledger.duplicated_orders = static_cast<int>(orders.size() - keys.size());
  for (const auto& [key, answer] : told.accepted()) {
    const bool all_kept = std::ranges::all_of(answer.ids, [&, &placed = answer.order](auto id) {
      const auto found = by_id.find(id);
      return found != by_id.end() && kept(*found->second, placed);
    });
    if (!all_kept) ++ledger.lost;
  }
  return ledger;
}

/// Whether the order service's outbox and all queues are empty right now.
bool nothing_under_way(http::Client& order_admin, messaging::QueueInspector& broker) {
  const auto metrics = order_admin.send({.target = "/metrics"}, 10s);
  if (!metrics || metrics->body.find("msdemo_outbox_messages 0\n") == std::string::npos) {
    return false;
  }
  const auto queues = broker.queues();
  return queues && std::ranges::all_of(*queues, [](const messaging::QueueState& queue) {
           // What no group has subscribed to is kept for whoever comes, like a dead letter's copy.
           return queue.group.empty() || (queue.ready == 0 && queue.in_flight.value_or(0) == 0);
         });
}

}  // namespace

http::ClientRequest PlacedOrder::request() const {
  http::ClientRequest request{.method = "POST",
                              .target = "/orders",
                              .body = dump_json({{"user_id", user_id}, {"item_name", key}})};
  request.headers.emplace_back("Idempotency-Key", key);
  if (async) request.headers.emplace_back("Prefer", "respond-async");
  return request;
}

void Told::attempt() {
  const std::lock_guard lock(mutex_);
  ++attempted_;
}

void Told::accept(const PlacedOrder& order, std::int64_t id) {
  {
    const std::lock_guard lock(mutex_);
    Answer& answer = accepted_[order.key];
    answer.order = order;
    answer.ids.insert(id);
    ++answers_;
  }
  changed_.notify_all();
}

void Told::unknown(const PlacedOrder& order) {
  const std::lock_guard lock(mutex_);
  unknown_.insert(order.key);
}

bool Told::await_answers(int more) {
  std::unique_lock lock(mutex_);
  const int target = answers_ + more;
  return changed_.wait_for(lock, 30s, [&] { return answers_ >= target; });
}

Writers::Writers(const std::string& url, Told& told, Writing writing) {
  for (int writer = 0; writer < kCount; ++writer) {
    threads_.emplace_back([=, this, &told] { write(url, writer, told, writing); });
  }
}

void Writers::stop() {
  done_.stop();
  finish();
}

void Writers::finish() {
  for (std::thread& thread : threads_) {
    if (thread.joinable()) thread.join();
  }
}

void Writers::write(const std::string& url, int writer, Told& told, const Writing& writing) const {
  constexpr int kEighth = 8;
  http::Client client(url);
  SteadyTime due = real_clock().steady_now();
  for (int nth = 0; nth < writing.orders; ++nth, due += writing.every) {
    if (!done_.wait(due - real_clock().steady_now())) return;
    const PlacedOrder order{
        .key = std::to_string(writer) + "-" + std::to_string(nth),
        .user_id = writing.async && nth % kEighth == 0 ? kNobody : 1,
        .async = writing.async,
    };
    const int status = order.async ? 202 : 201;
    const bool answered = eventually(
        [&] {
          told.attempt();
          const auto answer = client.send(order.request(), 10s);
          if (answer && answer->status == status) {
            told.accept(order, parse_json(answer->body)->at("id"));
            return true;
          }
          if (!answer && !answer.error().definite()) told.unknown(order);
          return false;
        },
        30s);
    if (!answered) return;
  }
}

int kills(int usual) {
  const char* value = std::getenv("MSDEMO_KILLS");
  return value == nullptr ? usual : std::atoi(value);
}

std::string Ledger::line() const {
  std::ostringstream text;
  text << "ledger: attempted " << attempted << ", accepted " << accepted << " (unknown at first "
       << unknown << "), confirmed " << confirmed << ", rejected " << rejected << ", failed "
       << failed << ", lost " << lost << ", duplicated orders " << duplicated_orders
       << ", duplicated effects " << duplicated_effects << ", missing effects " << missing_effects
       << ", redelivered " << redelivered << ", dead letters " << dead_letters;
  return text.str();
}

Ledger ledger_of_orders(const std::string& order_url, const Told& told) {
  return compare(all_of(order_url, "orders"), told);
}

Ledger ledger_of(const TestLab& lab, const Told& told) {
  const std::vector<Json> orders = all_of(lab.service("order").at("url"), "orders");
  Ledger ledger = compare(orders, told);
  enter_effects(lab.service("notify").at("url"), orders, ledger);
  ledger.redelivered = redelivered_to_consumers(lab);
  ledger.dead_letters = static_cast<int>(must(inspector_of(lab)->dead_letters("", 1000, 0)).size());
  return ledger;
}

bool settled(const TestLab& lab) {
  // A message may slip from the one into the other while they are looked at, but not each time.
  constexpr int kLooks = 10;
  http::Client order_admin(lab.service("order").at("admin_url").get<std::string>());
  const auto broker = inspector_of(lab);
  int quiet = 0;
  return eventually(
      [&] {
        quiet = nothing_under_way(order_admin, *broker) ? quiet + 1 : 0;
        return quiet == kLooks;
      },
      180s);
}

int redrive_all(const TestLab& lab) {
  const auto broker = inspector_of(lab);
  int count = 0;
  for (;;) {
    const auto letters = must(broker->dead_letters("", 1000, 0));
    if (letters.empty()) return count;
    for (const messaging::DeadLetter& letter : letters) must(broker->redrive(letter.id));
    count += static_cast<int>(letters.size());
  }
}

}  // namespace msdemo::test
