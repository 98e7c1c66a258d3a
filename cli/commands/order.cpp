// The order trail: [cli/commands/order.cpp] -> server/http/client.cpp
// A person types `msdemo order create`; here their order becomes a traced HTTP call (OrderDesk
// sends it, for `compare` too), and the answer and the collected trace become what they see.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "base/limits.hpp"
#include "base/text.hpp"
#include "commands/commands.hpp"
#include "commands/order_desk.hpp"
#include "commands/order_load.hpp"
#include "commands/order_view.hpp"
#include "commands/progress.hpp"
#include "commands/service_call.hpp"
#include "commands/table.hpp"
#include "commands/trace_view.hpp"
#include "contracts/order.hpp"

namespace msdemo::commands {

namespace {

using contracts::Order;
using contracts::OrderStatus;

constexpr double kRateMin = 0.1;  ///< orders per second

struct OrderOptions {
  std::int64_t user = 0;
  std::string item;
  std::size_t count = 0;    ///< 0 when it was not said
  std::size_t at_once = 1;  ///< how many of them
  double rate = 0;          ///< per second; 0: one after the other
  std::string key;
  bool async = false;
  bool wait = false;      ///< until the order is no longer pending
  bool timeline = false;  ///< asked for, where it is not drawn anyway
  bool no_timeline = false;
  std::int64_t id = 0;
  std::int64_t limit = limits::kPageDefault;
  std::int64_t after = 0;
  std::string status;
  std::int64_t of_user = 0;

  OrderStyle style() const { return async ? OrderStyle::async : OrderStyle::sync; }
};

/// What to type when the system, and not the order itself, was at fault.
void hint_at_why(const Program& program, const Placed& placed, bool foreign, Error& error) {
  if (placed.http_status != 0 && placed.http_status < 500) return;
  const std::string why =
      foreign ? fmt::format("`{}` may tell why", command_line(program.lab, "logs order"))
              : fmt::format("`{}` tells why",
                            command_line(program.lab, fmt::format("why {}", placed.trace_id)));
  error.hint = error.hint.empty() ? why : fmt::format("{}; {}", error.hint, why);
}

/// Draws what is known of an order so far.
Result<void> print_timeline(const Program& program, OrderDesk& desk, const Placed& placed) {
  const auto spans = desk.trace(placed);
  if (!spans) return fail(spans.error());
  fmt::print("\n{}\ntrace {}\n", draw_trace(program, *spans, {}), placed.trace_id);
  return {};
}

/// An order that was accepted: what is said of it, now and when it has ended.
int follow_one(const Program& program, OrderDesk& desk, const OrderOptions& options,
               Placed& placed) {
  const bool waits = options.wait && placed.style == OrderStyle::async;
  if (!program.json) {
    fmt::print("{}\n", headline(placed));
    std::fflush(stdout);
  }
  if (placed.pending() && !waits) {
    if (!program.json) {
      fmt::print("  {}\n  {}\n",
                 command_line(program.lab, fmt::format("order get {} --wait", placed.order->id)),
                 command_line(program.lab, fmt::format("trace show {}", placed.trace_id)));
    }
    return exit_status::kDone;
  }
  if (waits) {
    if (const auto waited = desk.await({&placed, 1}); !waited) {
      // In JSON the order itself, which is still pending, is the one document.
      return program.json ? info(waited.error().code).exit_status : report(program, waited.error());
    }
    if (!program.json && placed.ended) fmt::print("{}\n", headline(placed));
  }
  return tell_ending(program, *placed.order);
}

int create_one(const Program& program, OrderDesk& desk, const OrderOptions& options) {
  Placed placed = desk.place({options.user, options.item}, options.style(), options.key);
  int status = exit_status::kDone;
  if (placed.order) {
    status = follow_one(program, desk, options, placed);
  } else if (placed.foreign_answer) {
    if (!program.json) fmt::print("{}\n", headline(placed));
  } else {
    placed.order.error().trace_id = placed.trace_id;
    hint_at_why(program, placed, desk.lab().foreign("order"), placed.order.error());
    status = report(program, placed.order.error());
  }
  if (program.json) {
    if (!placed.refused()) print_json(to_json(placed, options.wait));
    return status;
  }
  if (options.no_timeline) return status;
  const auto printed = print_timeline(program, desk, placed);
  return printed ? status : report(program, printed.error());
}

/// One after the other, or several at once.
std::vector<Placed> place_many(OrderDesk& desk, const OrderOptions& options) {
  std::vector<Placed> all;
  Progress progress(options.count, "orders placed");
  if (options.at_once > 1) {
    return desk.place_together({options.user, options.item}, options.style(), options.count,
                               options.at_once, [&](std::size_t done) { progress.done(done); });
  }
  while (all.size() < options.count) {
    all.push_back(desk.place({options.user, options.item}, options.style()));
    progress.done(all.size());
  }
  return all;
}

Result<void> await_many(OrderDesk& desk, std::vector<Placed>& all) {
  Progress progress(all.size(), "orders awaited");
  return desk.await(all, [&](std::size_t count) { progress.done(count); });
}

int create_many(const Program& program, OrderDesk& desk, const OrderOptions& options) {
  std::vector<Placed> all = place_many(desk, options);
  const auto waited = options.wait ? await_many(desk, all) : Result<void>();
  if (program.json) {
    Json documents = Json::array();
    for (const Placed& placed : all) documents.push_back(to_json(placed, options.wait));
    print_json({{"orders", std::move(documents)}});
    return exit_status_of(all, options.wait);
  }
  const bool together = options.at_once > 1;
  const bool draws = together ? !options.no_timeline : options.timeline;
  if (!together || !draws) {
    for (const Placed& placed : all) fmt::print("{}\n", outcome_line(placed));
  }
  const std::size_t pictures = together ? 1 : limits::kTimelinesPerCommand;
  for (std::size_t i = 0; draws && i < std::min(all.size(), pictures); ++i) {
    if (const auto printed = print_timeline(program, desk, all[i]); !printed) {
      return report(program, printed.error());
    }
  }
  tell_totals(all);
  return waited ? exit_status_of(all, options.wait) : report(program, waited.error());
}

int create_at_rate(const Program& program, OrderDesk& desk, const OrderOptions& options) {
  constexpr double kUsualSeconds = 10;
  const auto usual = static_cast<std::size_t>(std::ceil(options.rate * kUsualSeconds));
  return place_load(
      program, desk,
      {.order = {options.user, options.item},
       .style = options.style(),
       .rate = options.rate,
       .count = options.count > 0 ? options.count : std::min(usual, limits::kOrdersPerCommand)});
}

int create(const Program& program, const OrderOptions& options) {
  if (options.count > 1 && !options.key.empty()) {
    return report(program, {Code::usage, "--idempotency-key names one order, --count asks for many",
                            "leave one of them out"});
  }
  if (options.at_once > 1 && options.count > limits::kOrdersCompared) {
    return report(program, {Code::usage,
                            fmt::format("--concurrency draws all orders on one axis, so --count is "
                                        "at most {} with it",
                                        limits::kOrdersCompared),
                            "for many orders: --rate"});
  }
  auto desk = OrderDesk::open(program.lab);
  if (!desk) return report(program, desk.error());
  if (options.async) {
    const auto own = (*desk)->lab().check_own("--async");
    if (!own) return report(program, own.error());
  }
  if (options.rate > 0) return create_at_rate(program, **desk, options);
  return options.count > 1 ? create_many(program, **desk, options)
                           : create_one(program, **desk, options);
}

void show(const std::vector<Json>& orders) {
  const auto text = [](const Json& order, const char* field) {
    const Json value = order.value(field, Json());
    return value.is_string() ? value.get<std::string>() : std::string();
  };
  const bool reasons = std::any_of(orders.begin(), orders.end(), [&](const Json& order) {
    return !text(order, "reason").empty();
  });
  std::vector<std::vector<std::string>> table = {
      {"ID", "STATUS", "USER", "NAME", "CREATED", "ITEM"}};
  if (reasons) table.front().emplace_back("REASON");
  for (const Json& order : orders) {
    table.push_back({std::to_string(order.value("id", std::int64_t{0})), text(order, "status"),
                     std::to_string(order.value("user_id", std::int64_t{0})),
                     text(order, "username"), text(order, "created_at"), text(order, "item_name")});
    if (reasons) table.back().push_back(text(order, "reason"));
  }
  fmt::print("{}", format_table(table));
}

int get(const Program& program, const OrderOptions& options) {
  auto desk = OrderDesk::open(program.lab);
  if (!desk) return report(program, desk.error());
  const auto json = (*desk)->ask(fmt::format("/orders/{}", options.id));
  if (!json) return report(program, json.error());
  auto order = contracts::order_from_json(*json);
  if (order && options.wait && order->status == OrderStatus::pending) {
    order = (*desk)->await(options.id);
  }
  if (!order) return report(program, order.error());
  const Json document = contracts::to_json(*order);
  program.json ? print_json(document) : show({document});
  std::fflush(stdout);
  return options.wait ? tell_ending(program, *order) : exit_status::kDone;
}

int list(const Program& program, const OrderOptions& options) {
  auto desk = OrderDesk::open(program.lab);
  if (!desk) return report(program, desk.error());
  std::string target = fmt::format("/orders?limit={}&after={}", options.limit, options.after);
  if (!options.status.empty()) target += "&status=" + http::percent_encode(options.status);
  if (options.of_user != 0) target += fmt::format("&user_id={}", options.of_user);
  const auto page = (*desk)->ask(target);
  if (!page) return report(program, page.error());
  if (program.json) {
    print_json(*page);
    return exit_status::kDone;
  }
  if (!page->is_object() || !page->contains("orders") || !page->at("orders").is_array()) {
    return report(program, {Code::invalid_reply, "the answer is no list of orders"});
  }
  show(page->at("orders").get<std::vector<Json>>());
  if (const Json next = page->value("next", Json()); !next.is_null()) {
    fmt::print(stderr, "More: msdemo order list --after {}\n", next.dump());
  }
  return exit_status::kDone;
}

void add_create(CLI::App& order, Program& program, const std::shared_ptr<OrderOptions>& options) {
  CLI::App* command = order.add_subcommand("create", "Place an order and draw what happened");
  set_help(*command,
           "msdemo order create --user 1 --item book\n"
           "msdemo order create --user 1 --item book --async --wait\n"
           "msdemo order create --user 1 --item book --count 20\n"
           "msdemo order create --user 1 --item book --count 20 --concurrency 20\n"
           "msdemo order create --user 1 --item book --rate 100 --count 1000");
  command->add_option("--user", options->user, "Who orders: a user's id")->required();
  command->add_option("--item", options->item, "What: 1 to 255 characters")->required();
  command->add_flag("--async", options->async, "Place it by message: accepted at once, done later");
  CLI::Option* wait =
      command->add_flag("--wait", options->wait, "Return when it is no longer pending");
  command
      ->add_option("--count", options->count,
                   "How many orders, else 1, or as many as the rate has in 10 s")
      ->check(CLI::Range(std::size_t{1}, limits::kOrdersPerCommand));
  CLI::Option* at_once =
      command
          ->add_option("--concurrency", options->at_once,
                       "So many of them at once, all in one timeline; else one after the other")
          ->check(CLI::Range(std::size_t{1}, limits::kPooledConnections));
  CLI::Option* key = command->add_option("--idempotency-key", options->key,
                                         "Repeat safely: the same key and order are placed once");
  CLI::Option* rate = command->add_option(
      "--rate", options->rate,
      "Orders per second, started on time whether or not earlier ones were answered");
  rate->check(CLI::Range(kRateMin, limits::kOrderRate))
      ->excludes(wait)
      ->excludes(key)
      ->excludes(at_once);
  auto* no_timeline =
      command->add_flag("--no-timeline", options->no_timeline, "Do not draw the timeline");
  command
      ->add_flag("--timeline", options->timeline,
                 fmt::format("Draw it for several orders too, at most {} of them",
                             limits::kTimelinesPerCommand))
      ->excludes(no_timeline)
      ->excludes(rate);
  add_json_flag(*command, program);
  command->callback([&program, options] {
    if (options->at_once > 1 && options->count == 0) options->count = options->at_once;
    program.run = [&program, options] { return create(program, *options); };
  });
}

}  // namespace

void add_order(CLI::App& app, Program& program) {
  auto options = std::make_shared<OrderOptions>();
  CLI::App* order = app.add_subcommand("order", "Place orders and look them up");
  set_help(*order, "msdemo order create --user 1 --item book\nmsdemo order list");
  order->require_subcommand(0, 1);
  add_create(*order, program, options);

  CLI::App* get_command = order->add_subcommand("get", "Look up one order");
  set_help(*get_command, "msdemo order get 1\nmsdemo order get 1 --wait");
  get_command->add_option("ID", options->id, "The order's id")->required();
  get_command->add_flag("--wait", options->wait, "Return when it is no longer pending");
  add_json_flag(*get_command, program);
  get_command->callback([&program, options] {
    program.run = [&program, options] { return get(program, *options); };
  });

  CLI::App* list_command = order->add_subcommand("list", "List orders by id");
  set_help(*list_command, "msdemo order list --status confirmed --user 1");
  list_command->add_option("--limit", options->limit, "How many, 1 to 1000")->capture_default_str();
  list_command->add_option("--after", options->after, "Only ids greater than this")
      ->capture_default_str();
  list_command->add_option("--status", options->status,
                           "Only pending, confirmed, rejected or failed ones");
  list_command->add_option("--user", options->of_user, "Only this user's");
  add_json_flag(*list_command, program);
  list_command->callback([&program, options] {
    program.run = [&program, options] { return list(program, *options); };
  });
}

}  // namespace msdemo::commands
