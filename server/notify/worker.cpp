#include "notify/worker.hpp"

#include <fmt/format.h>
#include <spdlog/spdlog.h>

#include "base/text.hpp"
#include "contracts/messages.hpp"

namespace msdemo::notify {

namespace {

using messaging::Received;

std::string text_for(const contracts::Order& order) {
  if (order.status == contracts::OrderStatus::confirmed) {
    return fmt::format("Thank you, {}: your order {} ({}) is confirmed.", order.username, order.id,
                       order.item_name);
  }
  return fmt::format("Your order {} ({}) is rejected: {}.", order.id, order.item_name,
                     order.reason);
}

Result<NewReceipt> receipt_for(const Received& received) {
  const auto order = contracts::parse_order_event(received.event.data);
  if (!order) return fail(order.error());
  return NewReceipt{.event = &received.event,
                    .order_id = order->id,
                    .status = std::string(to_string(order->status)),
                    .text = text_for(*order)};
}

}  // namespace

Result<void> NotifyWorker::handle(std::span<const Received> batch) {
  std::vector<NewReceipt> receipts;
  receipts.reserve(batch.size());
  for (const Received& received : batch) {
    auto receipt = receipt_for(received);
    if (!receipt) return fail(std::move(receipt.error()));
    receipts.push_back(std::move(*receipt));
  }
  const auto sent = store_.add(receipts, format_rfc3339_us(clock_.system_now()),
                               batch.size() == 1 ? &batch.front().span : nullptr);
  if (!sent) return fail(sent.error());
  for (const contracts::Receipt& receipt : *sent) {
    spdlog::info("receipt {}: {}", receipt.id, escape_control(receipt.text));
  }
  return {};
}

}  // namespace msdemo::notify
