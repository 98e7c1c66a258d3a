// Async: server/user/worker.cpp -> [server/order/worker.cpp] -> cli/timeline/layout.cpp
#include "order/worker.hpp"

#include <fmt/format.h>

#include "base/text.hpp"
#include "contracts/messages.hpp"

namespace msdemo::order {

namespace {

using contracts::OrderStatus;
using messaging::Received;
namespace topics = contracts::topics;

Result<Decision> decide_by_reply(const Received& received) {
  const auto reply = contracts::parse_lookup_replied(received.event.data);
  if (!reply) return fail(reply.error());
  Decision decision{.event = &received.event,
                    .order_id = reply->order_id,
                    .status = OrderStatus::confirmed,
                    .span = &received.span};
  if (reply->username) {
    decision.username = *reply->username;
  } else {
    decision.status = OrderStatus::rejected;
    decision.reason = fmt::format("user {} does not exist", reply->user_id);
  }
  return decision;
}

Result<Decision> decide_by_death(const Received& received) {
  const auto request = contracts::parse_lookup_requested(received.event.data);
  if (!request) return fail(request.error());
  return Decision{.event = &received.event,
                  .order_id = request->order_id,
                  .status = OrderStatus::failed,
                  .reason = "the user lookup is a dead letter: " + received.delivery.reason,
                  .span = &received.span};
}

Result<Decision> decide(const Received& received) {
  const bool dead = received.delivery.message.topic.ends_with(topics::kDeadSuffix);
  const std::string& type = received.event.type;
  if (!dead && type == topics::kLookupReplied) return decide_by_reply(received);
  if (dead && type == topics::kLookupRequested) return decide_by_death(received);
  return fail(Code::invalid_message, fmt::format("nobody here understands the type {}", type));
}

}  // namespace

std::vector<std::string> OrderWorker::topics() {
  return {std::string(topics::kLookupReplied),
          fmt::format("{}{}", topics::kLookupRequested, topics::kDeadSuffix)};
}

Result<void> OrderWorker::handle(std::span<const Received> batch) {
  std::vector<Decision> decisions;
  decisions.reserve(batch.size());
  for (const Received& received : batch) {
    auto decision = decide(received);
    if (!decision) return fail(std::move(decision.error()));
    decisions.push_back(std::move(*decision));
  }
  const auto changed = store_.decide(decisions, format_rfc3339(clock_.system_now()));
  if (!changed) return fail(changed.error());
  for (const contracts::Order& order : *changed) waiters_.decided(order.id);
  return {};
}

}  // namespace msdemo::order
