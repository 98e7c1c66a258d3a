// The exercises about what is shared with others: events (chapter 6) and contracts (chapter 8).
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <set>

#include "commands/chapter_checks.hpp"

namespace msdemo::commands {

namespace {

using messaging::QueueState;

constexpr std::int64_t kOwnOrder = 800;  ///< the number that chapter 8 asks for

bool is_event(const QueueState& queue) {
  return queue.topic == "order.confirmed" || queue.topic == "order.rejected";
}

/// Who is neither of the lab nor nobody.
bool is_learners(const QueueState& queue) {
  constexpr std::array<std::string_view, 4> kOurs{"", "user", "order", "notify"};
  return std::ranges::find(kOurs, queue.group) == kOurs.end();
}

Finding judge_group(const std::vector<QueueState>& queues) {
  std::set<std::string> groups;
  std::int64_t waiting = 0;
  for (const QueueState& queue : queues) {
    if (!is_event(queue) || !is_learners(queue)) continue;
    groups.insert(queue.group);
    waiting += queue.ready + queue.in_flight.value_or(0);
  }
  if (groups.empty()) {
    return wrong("no group of yours is subscribed to order.*",
                 "`curl -X PUT $(msdemo url broker)/groups/NAME`, as in the chapter");
  }
  if (waiting > 0) {
    return wrong(
        fmt::format("group {}: {} of its messages are not acked", *groups.begin(), waiting),
        "receive them, and ack each with its id and lease before five seconds are over");
  }
  return right(fmt::format("group {} has acked all its messages", *groups.begin()));
}

Finding judge_own_receipt(std::size_t receipts) {
  if (receipts == 1) return right(fmt::format("notify has a receipt for order {}", kOwnOrder));
  if (receipts == 0) {
    return wrong(fmt::format("notify has no receipt for order {}", kOwnOrder),
                 "publish it as say.sh does, with all the fields that an order has");
  }
  return wrong(fmt::format("notify has {} receipts for order {}", receipts, kOwnOrder),
               "one event has one id, however often it is published");
}

Finding judge_dead(const std::vector<messaging::DeadLetter>& letters) {
  const auto found = std::ranges::find_if(letters, [](const messaging::DeadLetter& letter) {
    return letter.group == "notify" && letter.message.topic == "order.confirmed";
  });
  if (found != letters.end()) {
    return right(fmt::format("notify could not read one: {}", found->reason));
  }
  return wrong("there is no order.confirmed that notify could not read",
               "leave out what it needs: `status`, say; `msdemo queue dead list`");
}

/// By a program that is not ours: its request is the beginning of its trace.
bool placed_from_outside(const Trace& spans) {
  const auto* placed = placing_span(spans);
  return placed != nullptr && !placed->parent_span_id.valid() && status_of(*placed) / 100 == 2;
}

}  // namespace

Findings check_one_to_many(LearnersLab& lab) {
  constexpr std::int64_t kWanted = 3;
  const auto queues = lab.queues();
  if (!queues) return fail(queues.error());
  const auto orders = lab.orders();
  if (!orders) return fail(orders.error());
  const auto with_status = [&](std::string_view status) {
    return std::ranges::count_if(
        *orders, [&](const Json& order) { return order.value("status", "") == status; });
  };
  const std::int64_t rejected = with_status("rejected");
  std::vector<Finding> findings{judge_group(*queues)};
  const std::string text =
      fmt::format("{} orders are confirmed, {} rejected", with_status("confirmed"), rejected);
  const bool enough = with_status("confirmed") + rejected >= kWanted && rejected > 0;
  findings.push_back(enough ? right(text)
                            : wrong(text,
                                    "three by message, one of them for a user who does not exist: "
                                    "`msdemo order create --user 9 --item book --async`"));
  if (!enough) return findings;
  Finding answer =
      judge_answer(lab, "how many were not order.confirmed", static_cast<double>(rejected), 0);
  if (answer.state == Finding::State::wrong) answer.hint = "look at \"topic\" in what you received";
  findings.push_back(std::move(answer));
  return findings;
}

Findings check_changing(LearnersLab& lab) {
  const auto traces = lab.traces();
  if (!traces) return fail(traces.error());
  const auto receipts = lab.receipts(kOwnOrder);
  if (!receipts) return fail(receipts.error());
  const auto letters = lab.dead_letters();
  if (!letters) return fail(letters.error());
  const bool outside = std::ranges::any_of(*traces, placed_from_outside);
  return std::vector{
      outside ? right("an order was placed by something else than msdemo; whether it had a field "
                      "too many, only you know: nobody keeps it")
              : wrong("no order was placed by anything but msdemo",
                      "`curl $(msdemo url order)/orders …`, as in the chapter"),
      judge_own_receipt(*receipts), judge_dead(*letters)};
}

}  // namespace msdemo::commands
