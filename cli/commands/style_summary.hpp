// What a comparison of both styles found, in numbers: the arithmetic alone, without a lab.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>

#include "base/json.hpp"
#include "commands/order_desk.hpp"
#include "contracts/order.hpp"

namespace msdemo::commands {

/// How one order of a comparison went.
struct OrderOutcome {
  OrderStyle style = OrderStyle::sync;
  std::optional<std::int64_t> order_id{};          ///< if it was accepted
  std::optional<contracts::OrderStatus> status{};  ///< nothing: no answer tells
  int http_status = 0;                             ///< 0 when no answer came
  double response_ms = 0;                          ///< until the caller was free
  std::optional<double> completed_ms{};            ///< until the work was done, if it was
  std::string trace_id{};
  std::optional<std::int64_t> duplicates{};  ///< receipts beyond one; nothing: unknown
};

/// Times are of those orders that have one; medians and maxima are nothing if none has.
struct StyleSummary {
  std::optional<double> response_median_ms;
  std::optional<double> response_max_ms;
  std::optional<double> completion_median_ms;
  std::optional<double> completion_max_ms;
  double thread_time_ms = 0;  ///< how long the caller was blocked, all orders together
  std::int64_t orders = 0;
  std::int64_t accepted = 0;
  std::int64_t completed = 0;  ///< confirmed
  std::int64_t rejected = 0;
  std::int64_t failed = 0;
  std::optional<std::int64_t> duplicates;  ///< nothing if it is unknown for one of them
  std::int64_t lost = 0;                   ///< accepted, but neither of the three
};

/// Of those orders that have `style`.
StyleSummary summarize(std::span<const OrderOutcome> orders, OrderStyle style);

Json to_json(const OrderOutcome& order);
Json to_json(const StyleSummary& summary);

/// A table with a column for each style.
std::string format_summaries(const StyleSummary& sync, const StyleSummary& async);

/// One sentence: how much sooner the async caller was free, and how much later its work was done.
/// Empty when one of the styles has no times.
std::string conclude(const StyleSummary& sync, const StyleSummary& async);

}  // namespace msdemo::commands
