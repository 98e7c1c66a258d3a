#include "commands/style_summary.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <vector>

#include "commands/table.hpp"
#include "timeline/terminal.hpp"

namespace msdemo::commands {

namespace {

using contracts::OrderStatus;

std::optional<double> median(std::vector<double> values) {
  if (values.empty()) return std::nullopt;
  std::sort(values.begin(), values.end());
  const std::size_t middle = values.size() / 2;
  return values.size() % 2 == 1 ? values[middle] : (values[middle - 1] + values[middle]) / 2;
}

std::optional<double> maximum(const std::vector<double>& values) {
  if (values.empty()) return std::nullopt;
  return *std::max_element(values.begin(), values.end());
}

void count(StyleSummary& summary, const OrderOutcome& order) {
  ++summary.orders;
  summary.thread_time_ms += order.response_ms;
  if (order.order_id) ++summary.accepted;
  if (order.status == OrderStatus::confirmed) ++summary.completed;
  if (order.status == OrderStatus::rejected) ++summary.rejected;
  if (order.status == OrderStatus::failed) ++summary.failed;
  if (order.status == OrderStatus::pending) ++summary.lost;
}

template <class T>
Json or_null(const std::optional<T>& value) {
  return value ? Json(*value) : Json();
}

std::string duration(std::optional<double> ms) {
  constexpr double kNanosecondsPerMillisecond = 1e6;
  if (!ms) return "-";
  return timeline::format_duration(static_cast<std::int64_t>(*ms * kNanosecondsPerMillisecond));
}

/// `38 times sooner` for 38, `1.1 times later` for 1/1.1.
std::string how_much_sooner(double ratio) {
  constexpr double kHardlyAny = 1.05;
  constexpr double kWhole = 10;
  const double times = std::max(ratio, 1 / ratio);
  if (times < kHardlyAny) return "about as soon";
  return fmt::format("{:.{}f} times {}", times, times < kWhole ? 1 : 0,
                     ratio > 1 ? "sooner" : "later");
}

}  // namespace

StyleSummary summarize(std::span<const OrderOutcome> orders, OrderStyle style) {
  StyleSummary summary;
  std::vector<double> responses;
  std::vector<double> completions;
  std::optional<std::int64_t> duplicates = 0;
  for (const OrderOutcome& order : orders) {
    if (order.style != style) continue;
    count(summary, order);
    if (order.http_status != 0) responses.push_back(order.response_ms);
    if (order.completed_ms) completions.push_back(*order.completed_ms);
    duplicates = duplicates && order.duplicates ? std::optional(*duplicates + *order.duplicates)
                                                : std::nullopt;
  }
  summary.response_median_ms = median(responses);
  summary.response_max_ms = maximum(responses);
  summary.completion_median_ms = median(completions);
  summary.completion_max_ms = maximum(completions);
  summary.duplicates = duplicates;
  return summary;
}

Json to_json(const OrderOutcome& order) {
  return {{"style", to_string(order.style)},
          {"order_id", or_null(order.order_id)},
          {"status", order.status ? Json(contracts::to_string(*order.status)) : Json()},
          {"http_status", order.http_status == 0 ? Json() : Json(order.http_status)},
          {"response_ms", order.response_ms},
          {"completed_ms", or_null(order.completed_ms)},
          {"trace_id", order.trace_id}};
}

Json to_json(const StyleSummary& summary) {
  return {{"response_median_ms", or_null(summary.response_median_ms)},
          {"response_max_ms", or_null(summary.response_max_ms)},
          {"completion_median_ms", or_null(summary.completion_median_ms)},
          {"completion_max_ms", or_null(summary.completion_max_ms)},
          {"thread_time_ms", summary.thread_time_ms},
          {"orders", summary.orders},
          {"accepted", summary.accepted},
          {"completed", summary.completed},
          {"rejected", summary.rejected},
          {"failed", summary.failed},
          {"duplicates", or_null(summary.duplicates)},
          {"lost", summary.lost}};
}

std::string format_summaries(const StyleSummary& sync, const StyleSummary& async) {
  std::vector<std::vector<std::string>> cells = {{"", "SYNC", "ASYNC"}};
  const auto time = [&](const char* what, auto member) {
    cells.push_back({what, duration(sync.*member), duration(async.*member)});
  };
  const auto number = [&](const char* what, std::int64_t StyleSummary::*member) {
    cells.push_back({what, std::to_string(sync.*member), std::to_string(async.*member)});
  };
  const auto known = [](const std::optional<std::int64_t>& value) {
    return value ? std::to_string(*value) : std::string("-");
  };
  time("response time, median", &StyleSummary::response_median_ms);
  time("response time, longest", &StyleSummary::response_max_ms);
  time("completion time, median", &StyleSummary::completion_median_ms);
  time("completion time, longest", &StyleSummary::completion_max_ms);
  time("caller's thread-time", &StyleSummary::thread_time_ms);
  number("orders", &StyleSummary::orders);
  number("accepted", &StyleSummary::accepted);
  number("completed", &StyleSummary::completed);
  number("rejected", &StyleSummary::rejected);
  number("failed", &StyleSummary::failed);
  cells.push_back({"duplicates", known(sync.duplicates), known(async.duplicates)});
  number("lost", &StyleSummary::lost);
  return format_table(cells, "<>>");
}

std::string conclude(const StyleSummary& sync, const StyleSummary& async) {
  if (!sync.response_median_ms || !async.response_median_ms || !sync.completion_median_ms ||
      !async.completion_median_ms) {
    return {};
  }
  return fmt::format("The async caller was free {}; its work was done {}.",
                     how_much_sooner(*sync.response_median_ms / *async.response_median_ms),
                     how_much_sooner(*sync.completion_median_ms / *async.completion_median_ms));
}

}  // namespace msdemo::commands
