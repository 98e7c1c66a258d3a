// The order trail: [cli/commands/order.cpp] -> server/http/client.cpp
// A person types `msdemo order create`; here their order becomes a traced HTTP call, and the answer
// and the collected trace become what they see.
#include <fmt/format.h>
#include <unistd.h>

#include <chrono>

#include "base/clock.hpp"
#include "base/limits.hpp"
#include "base/rng.hpp"
#include "base/text.hpp"
#include "commands/commands.hpp"
#include "commands/service_call.hpp"
#include "commands/table.hpp"
#include "commands/trace_view.hpp"
#include "contracts/order.hpp"
#include "http/otlp_sink.hpp"
#include "lab/client.hpp"

namespace msdemo::commands {

namespace {

using contracts::Order;

struct OrderOptions {
  std::int64_t user = 0;
  std::string item;
  std::size_t count = 1;
  std::string key;
  bool timeline = false;  ///< asked for, where it is not drawn anyway
  bool no_timeline = false;
  std::int64_t id = 0;
  std::int64_t limit = limits::kPageDefault;
  std::int64_t after = 0;
  std::string status;
  std::int64_t of_user = 0;
};

/// The lab, its order service, and a tracer that samples everything: a person is watching.
class OrderDesk {
 public:
  OrderDesk(lab::Lab lab, const std::string& order_url)
      : lab_(std::move(lab)),
        orders_(order_url, "order"),
        sink_({lab_.control_url(), "/v1/traces"}),
        recorder_(sink_),
        sampler_(real_clock(), trace::Sampler::Rule::always),
        rng_(random_seed()),
        tracer_("client", recorder_, sampler_, real_clock(), rng_) {}

  struct Placed {
    Result<Order> order;
    int http_status = 0;  ///< 0 when no answer came
    std::string trace_id;
    double elapsed_ms = 0;
  };

  Placed place(const contracts::NewOrder& new_order, const std::string& key);

  /// The order's trace, complete or as far as it came.
  Result<std::vector<trace::SpanRecord>> trace(const std::string& trace_id) {
    recorder_.flush();
    return wait_for_trace(lab_, trace_id);
  }

  Result<Json> ask(const std::string& target) {
    const auto answer = call(orders_, {.target = target});
    if (!answer) return fail(answer.error());
    auto json = parse_json(answer->body);
    if (!json) return fail(Code::invalid_reply, json.error().message);
    return json;
  }

 private:
  lab::Lab lab_;
  http::Client orders_;
  http::OtlpSink sink_;
  trace::Recorder recorder_;
  trace::Sampler sampler_;
  Rng rng_;
  trace::Tracer tracer_;
};

OrderDesk::Placed OrderDesk::place(const contracts::NewOrder& new_order, const std::string& key) {
  http::ClientRequest request{
      .method = "POST", .target = "/orders", .body = dump_json(contracts::to_json(new_order))};
  if (!key.empty()) request.headers.emplace_back("Idempotency-Key", key);

  trace::Span span = tracer_.start("order create", trace::SpanKind::internal, std::nullopt);
  const auto began = std::chrono::steady_clock::now();
  const auto answer = call(orders_, request, &span, "/orders");
  const auto took = std::chrono::steady_clock::now() - began;
  auto order = answer ? contracts::parse_order(answer->body) : fail(answer.error());
  if (!order) span.fail(order.error().message);
  const int refused_status = order ? 0 : info(order.error().code).http_status;
  return {.order = std::move(order),
          .http_status = answer ? answer->status : refused_status,
          .trace_id = span.context().trace_id.hex(),
          .elapsed_ms = std::chrono::duration<double, std::milli>(took).count()};
}

Result<std::unique_ptr<OrderDesk>> open_desk(const Program& program) {
  auto lab = lab::Lab::find(program.lab);
  if (!lab) return fail(lab.error());
  const auto url = lab->url("order");
  if (!url) return fail(url.error());
  return std::make_unique<OrderDesk>(std::move(*lab), *url);
}

Json to_json(const OrderDesk::Placed& placed) {
  Json json = placed.order ? Json{{"order", contracts::to_json(*placed.order)}}
                           : Json{{"error", commands::to_json(placed.order.error())}};
  json["http_status"] = placed.http_status == 0 ? Json() : Json(placed.http_status);
  json["elapsed_ms"] = placed.elapsed_ms;
  json["trace_id"] = placed.trace_id;
  return json;
}

std::string headline(const OrderDesk::Placed& placed) {
  const Order& order = *placed.order;
  return fmt::format("order {} {} · {} for {} · HTTP {} after {:.2f} ms", order.id,
                     contracts::to_string(order.status), escape_control(order.item_name),
                     escape_control(order.username), placed.http_status, placed.elapsed_ms);
}

int create_one(const Program& program, OrderDesk& desk, const OrderOptions& options) {
  OrderDesk::Placed placed = desk.place({options.user, options.item}, options.key);
  if (program.json) {
    if (!placed.order) {
      placed.order.error().trace_id = placed.trace_id;
      return report(program, placed.order.error());
    }
    print_json(to_json(placed));
    return exit_status::kDone;
  }
  int status = exit_status::kDone;
  if (placed.order) {
    fmt::print("{}\n", headline(placed));
  } else {
    status = report(program, placed.order.error());
  }
  if (!options.no_timeline) {
    const auto spans = desk.trace(placed.trace_id);
    if (!spans) return report(program, spans.error());
    fmt::print("\n{}\ntrace {}\n", draw_trace(program, *spans, {}), placed.trace_id);
  }
  return status;
}

/// A line in place while orders are being placed, on a terminal and not before a second has passed.
class Progress {
 public:
  explicit Progress(std::size_t total) : total_(total), shown_(::isatty(STDERR_FILENO) == 1) {}

  void done(std::size_t count) {
    const auto now = std::chrono::steady_clock::now();
    if (!shown_ || now - began_ < std::chrono::seconds(1)) return;
    fmt::print(stderr, "\r{} of {} orders{}", count, total_, count == total_ ? "\r\x1b[K" : "");
  }

 private:
  const std::size_t total_;
  const bool shown_;
  const std::chrono::steady_clock::time_point began_ = std::chrono::steady_clock::now();
};

int create_many(const Program& program, OrderDesk& desk, const OrderOptions& options) {
  std::vector<OrderDesk::Placed> all;
  Progress progress(options.count);
  for (std::size_t i = 0; i < options.count; ++i) {
    all.push_back(desk.place({options.user, options.item}, {}));
    progress.done(all.size());
  }
  Json documents = Json::array();
  std::size_t failed = 0;
  int status = exit_status::kDone;
  for (const OrderDesk::Placed& placed : all) {
    if (!placed.order && failed++ == 0) status = info(placed.order.error().code).exit_status;
    if (program.json) {
      documents.push_back(to_json(placed));
    } else if (placed.order) {
      fmt::print("{}\n", headline(placed));
    } else {
      fmt::print("{}: {}\n", placed.order.error().name(),
                 escape_control(placed.order.error().message));
    }
  }
  if (program.json) {
    print_json({{"orders", std::move(documents)}});
    return status;
  }
  if (options.timeline) {
    for (std::size_t i = 0; i < std::min(all.size(), limits::kTimelinesPerCommand); ++i) {
      const auto spans = desk.trace(all[i].trace_id);
      if (!spans) return report(program, spans.error());
      fmt::print("\n{}", draw_trace(program, *spans, {"trace " + all[i].trace_id}));
    }
  }
  std::fflush(stdout);
  fmt::print(stderr, "{} placed, {} not\n", all.size() - failed, failed);
  return status;
}

int create(const Program& program, const OrderOptions& options) {
  if (options.count > 1 && !options.key.empty()) {
    return report(program, {Code::usage, "--idempotency-key names one order, --count asks for many",
                            "leave one of them out"});
  }
  auto desk = open_desk(program);
  if (!desk) return report(program, desk.error());
  return options.count == 1 ? create_one(program, **desk, options)
                            : create_many(program, **desk, options);
}

std::vector<std::string> cells(const Json& order) {
  return {std::to_string(order.value("id", std::int64_t{0})),
          order.value("status", ""),
          std::to_string(order.value("user_id", std::int64_t{0})),
          order.value("username", ""),
          order.value("created_at", ""),
          order.value("item_name", "")};
}

void show(const std::vector<Json>& orders) {
  std::vector<std::vector<std::string>> table = {
      {"ID", "STATUS", "USER", "NAME", "CREATED", "ITEM"}};
  for (const Json& order : orders) table.push_back(cells(order));
  fmt::print("{}", format_table(table));
}

int get(const Program& program, const OrderOptions& options) {
  auto desk = open_desk(program);
  if (!desk) return report(program, desk.error());
  const auto order = (*desk)->ask(fmt::format("/orders/{}", options.id));
  if (!order) return report(program, order.error());
  program.json ? print_json(*order) : show({*order});
  return exit_status::kDone;
}

int list(const Program& program, const OrderOptions& options) {
  auto desk = open_desk(program);
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
  show(page->at("orders").get<std::vector<Json>>());
  if (!page->at("next").is_null()) {
    fmt::print(stderr, "More: msdemo order list --after {}\n", page->at("next").dump());
  }
  return exit_status::kDone;
}

void add_create(CLI::App& order, Program& program, const std::shared_ptr<OrderOptions>& options) {
  CLI::App* command = order.add_subcommand("create", "Place an order and draw what happened");
  set_help(*command,
           "msdemo order create --user 1 --item book\n"
           "msdemo order create --user 1 --item book --count 20 --no-timeline");
  command->add_option("--user", options->user, "Who orders: a user's id")->required();
  command->add_option("--item", options->item, "What: 1 to 255 characters")->required();
  command->add_option("--count", options->count, "How many orders, one after the other")
      ->check(CLI::Range(std::size_t{1}, limits::kOrdersPerCommand))
      ->capture_default_str();
  command->add_option("--idempotency-key", options->key,
                      "Repeat safely: the same key and order are placed once");
  auto* no_timeline =
      command->add_flag("--no-timeline", options->no_timeline, "Do not draw the timeline");
  command
      ->add_flag("--timeline", options->timeline,
                 fmt::format("Draw it for several orders too, at most {} of them",
                             limits::kTimelinesPerCommand))
      ->excludes(no_timeline);
  add_json_flag(*command, program);
  command->callback([&program, options] {
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
  set_help(*get_command, "msdemo order get 1");
  get_command->add_option("ID", options->id, "The order's id")->required();
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
