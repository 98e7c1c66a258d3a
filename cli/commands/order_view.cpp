#include "commands/order_view.hpp"

#include <fmt/format.h>

#include <map>

#include "base/text.hpp"

namespace msdemo::commands {

namespace {

using contracts::Order;
using contracts::OrderStatus;

constexpr std::size_t kAnswerShown = 120;  ///< bytes of a foreign program's

int exit_status_of(OrderStatus status) {
  if (status == OrderStatus::confirmed) return exit_status::kDone;
  return status == OrderStatus::pending ? exit_status::kUnknown : exit_status::kRefused;
}

Json result_of(const Placed& placed) {
  if (placed.order) return Json{{"order", contracts::to_json(*placed.order)}};
  if (!placed.foreign_answer) return Json{{"error", commands::to_json(placed.order.error())}};
  const auto answer = parse_json(*placed.foreign_answer);
  return Json{{"answer", answer ? *answer : Json(*placed.foreign_answer)}};
}

}  // namespace

Json to_json(const Placed& placed, bool waited) {
  Json json = result_of(placed);
  json["http_status"] = placed.http_status == 0 ? Json() : Json(placed.http_status);
  json["elapsed_ms"] = milliseconds(placed.answered);
  json["trace_id"] = placed.trace_id;
  if (waited && placed.style == OrderStyle::async) {
    json["completed_ms"] = placed.ended ? Json(milliseconds(*placed.ended)) : Json();
  }
  return json;
}

std::string headline(const Placed& placed) {
  if (placed.foreign_answer) {
    return fmt::format("order answered HTTP {} after {:.2f} ms: {}", placed.http_status,
                       milliseconds(placed.answered),
                       escape_control(placed.foreign_answer->substr(0, kAnswerShown)));
  }
  const Order& order = *placed.order;
  std::string text =
      fmt::format("order {} {} · {} for {} · HTTP {} after {:.2f} ms", order.id,
                  contracts::to_string(order.status), escape_control(order.item_name),
                  order.username.empty() ? fmt::format("user {}", order.user_id)
                                         : escape_control(order.username),
                  placed.http_status, milliseconds(placed.answered));
  if (placed.pending()) text += " — accepted; the work goes on";
  if (placed.ended) text += fmt::format(" · done after {:.2f} ms", milliseconds(*placed.ended));
  return text;
}

std::string outcome_line(const Placed& placed) {
  if (!placed.refused()) return headline(placed);
  const Error& error = placed.order.error();
  return fmt::format("{}: {}", error.name(), escape_control(error.message));
}

int tell_ending(const Program& program, const Order& order) {
  const int status = exit_status_of(order.status);
  if (program.json || status == exit_status::kDone) return status;
  const std::string name(contracts::to_string(order.status));
  std::string why = order.reason;
  std::string next = fmt::format("why {}", order.id);
  if (order.status == OrderStatus::pending) {
    why = fmt::format("order {} has not ended after {} s", order.id, kPatience.count());
    next = fmt::format("order get {} --wait", order.id);
  } else if (order.status == OrderStatus::failed) {
    next = "queue dead list";
  }
  std::fflush(stdout);
  fmt::print(stderr, "{} {}\n",
             paint(use_color(program, stderr), Style::bad, fmt::format("{}:", name)),
             escape_control(why));
  fmt::print(stderr, "  look at it: {}\n", command_line(program.lab, next));
  return status;
}

int exit_status_of(const std::vector<Placed>& all, bool waited) {
  int status = exit_status::kDone;
  for (const Placed& placed : all) {
    if (placed.refused()) return info(placed.order.error().code).exit_status;
    if (!placed.order) continue;
    const bool over = waited || !placed.pending();
    if (over && status == exit_status::kDone) status = exit_status_of(placed.order->status);
  }
  return status;
}

void tell_totals(const std::vector<Placed>& all) {
  std::map<std::string_view, std::size_t> by_outcome;
  std::size_t refused = 0;
  for (const Placed& placed : all) {
    if (placed.refused()) {
      ++refused;
    } else {
      ++by_outcome[placed.order ? contracts::to_string(placed.order->status) : "answered"];
    }
  }
  std::string text = fmt::format("{} placed, {} not", all.size() - refused, refused);
  for (const auto& [outcome, count] : by_outcome) text += fmt::format("; {} {}", count, outcome);
  std::fflush(stdout);
  fmt::print(stderr, "{}\n", text);
}

}  // namespace msdemo::commands
