// The exercises about messages: chapters 4 and 5.
#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <set>

#include "commands/chapter_checks.hpp"
#include "timeline/span_reading.hpp"

namespace msdemo::commands {

namespace {

/// The status of each order, by its number.
std::map<std::int64_t, std::string> statuses(const std::vector<Json>& orders) {
  std::map<std::int64_t, std::string> all;
  for (const Json& order : orders) {
    all[order.value("id", std::int64_t{0})] = order.value("status", "");
  }
  return all;
}

std::int64_t order_of(const trace::SpanRecord& placed) {
  return timeline::integer_of(placed, "msdemo.order.id").value_or(0);
}

/// How many seconds a message stayed in the queue of `topic`; 0 if the trace does not tell.
double seconds_in_queue(const Trace& spans, std::string_view topic) {
  const auto found = std::ranges::find_if(spans, [&](const trace::SpanRecord& span) {
    return timeline::is_queue(span) && timeline::topic_of(span) == topic;
  });
  return found == spans.end() ? 0 : milliseconds_of(*found) / 1000;
}

/// Orders that were accepted by message and whose question waited for so long.
struct Patience {
  std::size_t confirmed = 0;
  std::size_t open = 0;
  double longest_s = 0;
};

Patience patience_of(const std::vector<Trace>& traces, const std::vector<Json>& orders) {
  constexpr double kLong = 2;
  const auto status = statuses(orders);
  Patience patience;
  for (const Trace& spans : traces) {
    const auto* placed = placing_span(spans);
    if (placed == nullptr || status_of(*placed) != 202) continue;
    const auto order = status.find(order_of(*placed));
    if (order == status.end()) continue;
    if (order->second == "pending") ++patience.open;
    const double waited = seconds_in_queue(spans, "user.lookup.requested");
    if (order->second != "confirmed" || waited < kLong) continue;
    ++patience.confirmed;
    patience.longest_s = std::max(patience.longest_s, waited);
  }
  return patience;
}

/// Whether an order was placed by a request whose answer got lost, and told by another.
bool repeated_safely(const std::vector<Trace>& traces) {
  std::set<std::int64_t> unanswered;
  std::set<std::int64_t> answered;
  for (const Trace& spans : traces) {
    const auto* placed = placing_span(spans);
    if (placed == nullptr || order_of(*placed) == 0) continue;
    const std::int64_t status = status_of(*placed);
    (status == 0 ? unanswered : answered).insert(order_of(*placed));
  }
  return std::ranges::any_of(unanswered,
                             [&](std::int64_t order) { return answered.contains(order); });
}

/// The newest order whose confirmation the notify service was given more than once.
std::optional<std::int64_t> told_again(const std::vector<Trace>& traces) {
  for (const Trace& spans : traces) {
    const auto* placed = placing_span(spans);
    if (placed == nullptr) continue;
    const bool again = std::ranges::any_of(spans, [](const trace::SpanRecord& span) {
      return span.service == "notify" && timeline::attempt_of(span) > 1;
    });
    if (again) return order_of(*placed);
  }
  return std::nullopt;
}

/// Whether the user service refused this order's message for good.
bool was_refused(const Trace& spans) {
  return std::ranges::any_of(spans, [](const trace::SpanRecord& span) {
    return span.service == "user" &&
           std::ranges::any_of(span.events, [](const trace::SpanEvent& event) {
             return event.name == "fault.nack" &&
                    timeline::text_of(event.attributes, "rule").find("for good") !=
                        std::string::npos;
           });
  });
}

Finding judge_repetition(const std::vector<Trace>& traces) {
  if (repeated_safely(traces)) {
    return right("an answer was lost, the request was repeated, and there is one order");
  }
  return wrong("no order was placed whose answer was lost, and told when it was asked for again",
               "`msdemo fault add order drop=after --first 1 --route 'POST /orders'`, then twice "
               "the same `msdemo order create … --idempotency-key KEY`");
}

Result<Finding> judge_receipt(LearnersLab& lab, const std::vector<Trace>& traces) {
  const auto order = told_again(traces);
  if (!order) {
    return wrong("the notify service was given no message twice",
                 "`msdemo fault add notify crash=before-ack`, then an order by message; and let it "
                 "come back before you look");
  }
  const auto receipts = lab.receipts(*order);
  if (!receipts) return fail(receipts.error());
  const std::string text = fmt::format(
      "the message about order {} came more than once; receipts for it: {}", *order, *receipts);
  return *receipts == 1 ? right(text) : wrong(text, "one is right; has the service come back?");
}

Finding judge_redrive(const std::vector<Trace>& traces, const std::vector<Json>& orders) {
  const auto status = statuses(orders);
  std::optional<std::int64_t> still;
  for (const Trace& spans : traces) {
    const auto* placed = placing_span(spans);
    if (placed == nullptr || !was_refused(spans)) continue;
    const auto order = status.find(order_of(*placed));
    if (order == status.end()) continue;
    if (order->second == "confirmed") {
      return right(fmt::format("order {} was a dead letter, and is confirmed", order->first));
    }
    still = order->first;
  }
  if (still) {
    return wrong(fmt::format("order {} was a dead letter, and is {}", *still, status.at(*still)),
                 "`msdemo queue dead redrive`");
  }
  return wrong("no order's message was refused for good",
               "`msdemo fault add user nack=dead --first 1`, then an order by message");
}

}  // namespace

Findings check_messages(LearnersLab& lab) {
  constexpr std::size_t kWanted = 5;
  constexpr double kTolerance = 0.05;
  const auto orders = lab.orders();
  if (!orders) return fail(orders.error());
  const auto traces = lab.traces();
  if (!traces) return fail(traces.error());
  if (traces->empty()) return std::vector{no_orders()};
  const Patience patience = patience_of(*traces, *orders);
  std::vector<Finding> findings;
  const std::string text =
      fmt::format("{} orders by message waited for 2 s and more in the queue, and are confirmed",
                  patience.confirmed);
  findings.push_back(patience.confirmed >= kWanted
                         ? right(text)
                         : wrong(text,
                                 "`msdemo stop user`, then `msdemo order create … --async "
                                 "--count 5`, and `msdemo start user` after some seconds"));
  if (patience.open > 0) {
    findings.push_back(wrong(fmt::format("{} are still pending", patience.open),
                             "is the user service there again? `msdemo ps`"));
  }
  if (patience.confirmed == 0) return findings;
  Finding answer = judge_answer(lab, "the seconds that the longest of them waited",
                                patience.longest_s, patience.longest_s * kTolerance);
  if (answer.state == Finding::State::wrong) {
    answer.hint = "`msdemo trace list`, and in each the row `queue user.lookup.requested`";
  }
  findings.push_back(std::move(answer));
  return findings;
}

Findings check_once(LearnersLab& lab) {
  const auto orders = lab.orders();
  if (!orders) return fail(orders.error());
  const auto traces = lab.traces();
  if (!traces) return fail(traces.error());
  if (traces->empty()) return std::vector{no_orders()};
  auto receipt = judge_receipt(lab, *traces);
  if (!receipt) return fail(receipt.error());
  return std::vector{judge_repetition(*traces), *receipt, judge_redrive(*traces, *orders)};
}

}  // namespace msdemo::commands
