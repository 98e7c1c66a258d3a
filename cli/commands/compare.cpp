// `compare`: the same orders by call and by message, on one time axis and in one table, so that
// everybody can see what waiting costs.
#include <fmt/format.h>
#include <poll.h>
#include <sys/eventfd.h>

#include <algorithm>
#include <atomic>
#include <thread>

#include "base/limits.hpp"
#include "commands/commands.hpp"
#include "commands/compare_table.hpp"
#include "commands/order_desk.hpp"
#include "commands/progress.hpp"
#include "commands/service_call.hpp"
#include "commands/service_faults.hpp"
#include "commands/style_summary.hpp"
#include "lab/termination.hpp"
#include "timeline/comparison.hpp"
#include "timeline/terminal.hpp"

namespace msdemo::commands {

namespace {

using contracts::OrderStatus;
using timeline::ComparedOrder;

struct CompareOptions {
  std::size_t orders = 5;
  std::string user_latency;
  std::int64_t user = 1;
  std::string item = "book";
};

/// An order with everything that is known about it in the end.
struct Observed {
  Placed placed;
  std::vector<trace::SpanRecord> spans;
  std::optional<std::int64_t> receipts;
};

/// Calls `on_signal` once, from a thread of its own, when Ctrl-C or a relative comes.
class SignalWatch {
 public:
  SignalWatch(lab::TerminationSignals& signals, std::function<void()> on_signal)
      : stop_(::eventfd(0, EFD_CLOEXEC)), thread_([this, &signals, act = std::move(on_signal)] {
          pollfd events[] = {{signals.descriptor(), POLLIN, 0}, {stop_.get(), POLLIN, 0}};
          while (::poll(events, std::size(events), -1) < 0) {
          }
          if (events[0].revents == 0) return;
          came_ = true;
          act();
        }) {}
  SignalWatch(const SignalWatch&) = delete;
  SignalWatch& operator=(const SignalWatch&) = delete;
  ~SignalWatch() {
    ::eventfd_write(stop_.get(), 1);
    thread_.join();
  }

  bool came() const { return came_; }

 private:
  http::FileDescriptor stop_;
  std::atomic<bool> came_ = false;
  std::thread thread_;
};

/// Makes a replica of the user service slow as long as this lives, and then as slow as it was
/// before.
class UserLatency {
 public:
  using All = std::vector<std::unique_ptr<UserLatency>>;

  /// To all replicas, or none.
  static Result<All> add(const Program& program, const lab::Lab& lab, const std::string& value) {
    const auto replicas = lab.replicas("user");
    if (!replicas) return fail(replicas.error());
    All all;
    for (const lab::Replica& replica : *replicas) {
      auto one = add(program, lab, replica, value);
      if (!one) return fail(std::move(one.error()));
      all.push_back(std::move(*one));
    }
    return all;
  }
  UserLatency(const UserLatency&) = delete;
  UserLatency& operator=(const UserLatency&) = delete;
  ~UserLatency() {
    if (const auto undone = faults_->undo(added_, before_); !undone) {
      print_note(program_,
                 fmt::format("the latency of user may still be there ({}): {}",
                             undone.error().message, command_line(program_.lab, "fault list")));
    }
  }

 private:
  static Result<std::unique_ptr<UserLatency>> add(const Program& program, const lab::Lab& lab,
                                                  const lab::Replica& replica,
                                                  const std::string& value) {
    auto faults = std::make_unique<ServiceFaults>(lab, replica);
    auto before = faults->list();
    if (!before) return fail(before.error());
    const auto added = faults->add({.kind = "latency", .value = value});
    if (!added) return fail(added.error());
    for (const faults::Fault& fault : *before) {
      const bool replaced = fault.id == added->id;
      print_note(program,
                 fmt::format("{} has {} already; it {}", replica.name, in_words(fault.spec),
                             replaced ? "is put back afterwards" : "stays"));
    }
    return std::unique_ptr<UserLatency>(
        new UserLatency(program, std::move(faults), *added, std::move(*before)));
  }

  UserLatency(const Program& program, std::unique_ptr<ServiceFaults> faults, faults::Fault added,
              std::vector<faults::Fault> before)
      : program_(program),
        faults_(std::move(faults)),
        added_(std::move(added)),
        before_(std::move(before)) {}

  const Program& program_;
  std::unique_ptr<ServiceFaults> faults_;
  const faults::Fault added_;
  const std::vector<faults::Fault> before_;
};

tl::unexpected<Error> interrupted() {
  return fail(Code::lab_failed, "interrupted: the orders that were placed stay",
              "`msdemo order list` shows them");
}

/// All sync orders one after the other, then all async ones, then waits for these.
Result<std::vector<Placed>> place_all(const Program& program, OrderDesk& desk,
                                      const CompareOptions& options, const SignalWatch& signals) {
  std::vector<Placed> all;
  for (const OrderStyle style : {OrderStyle::sync, OrderStyle::async}) {
    Progress progress(options.orders,
                      style == OrderStyle::sync ? "sync orders placed" : "async orders placed");
    for (std::size_t i = 1; i <= options.orders; ++i) {
      all.push_back(desk.place({options.user, options.item}, style));
      if (signals.came()) return interrupted();
      const bool answered = all.back().order || all.back().http_status != 0;
      if (all.size() == 1 && !answered) return fail(all.back().order.error());
      progress.done(i);
    }
  }
  Progress progress(all.size(), "orders awaited");
  const auto waited = desk.await(all, [&](std::size_t count) { progress.done(count); });
  if (signals.came()) return interrupted();
  if (!waited) print_note(program, "not all orders could be awaited: " + waited.error().message);
  return all;
}

Result<std::int64_t> count_receipts(http::Client& notify, std::int64_t order_id) {
  const auto page = ask(notify, {.target = fmt::format("/receipts?order_id={}", order_id)});
  if (!page) return fail(page.error());
  const auto receipts = page->find("receipts");
  if (!page->is_object() || receipts == page->end()) {
    return fail(Code::invalid_reply, "notify's answer has no receipts");
  }
  return static_cast<std::int64_t>(receipts->size());
}

/// Adds what only the lab and the notify service know: traces and receipts.
Result<std::vector<Observed>> observe(const Program& program, OrderDesk& desk,
                                      std::vector<Placed> placed, const SignalWatch& signals) {
  const auto notify_urls = desk.lab().urls("notify");
  if (!notify_urls) return fail(notify_urls.error());
  http::Client notify(*notify_urls, "notify");
  std::vector<Observed> all;
  Progress progress(placed.size(), "traces collected");
  for (Placed& order : placed) {
    auto spans = desk.trace(order);
    if (!spans) return fail(spans.error());
    if (signals.came()) return interrupted();
    all.push_back({std::move(order), std::move(*spans), std::nullopt});
    progress.done(all.size());
  }
  for (Observed& order : all) {
    if (order.placed.style == OrderStyle::sync || !order.placed.order) continue;
    const auto receipts = count_receipts(notify, order.placed.order->id);
    if (!receipts) {
      print_note(program, "duplicates are unknown: " + receipts.error().message);
      break;
    }
    order.receipts = *receipts;
  }
  return all;
}

/// When the work was done; 0 if it was not, as far as anybody knows.
std::int64_t done_unix_nano(const Observed& order) {
  const Placed& placed = order.placed;
  if (placed.style == OrderStyle::sync) {
    const bool refused = !placed.order && placed.order.error().code != Code::unknown_user;
    return refused ? 0 : placed.asked_unix_nano + placed.answered.count();
  }
  if (!placed.ended) return 0;
  std::int64_t done = 0;
  for (const trace::SpanRecord& span : order.spans) {
    const bool decides = span.kind == trace::SpanKind::consumer &&
                         span.name == "process user.lookup.replied" &&
                         span.status != trace::SpanStatus::error;
    if (decides && (done == 0 || span.end_unix_nano < done)) done = span.end_unix_nano;
  }
  return done == 0 ? placed.asked_unix_nano + placed.ended->count() : done;
}

std::optional<OrderStatus> status_of(const Placed& placed) {
  if (placed.order) return placed.order->status;
  const Error& error = placed.order.error();
  if (error.code == Code::unknown_user) return OrderStatus::rejected;
  return error.definite() ? std::optional(OrderStatus::failed) : std::nullopt;
}

OrderOutcome outcome_of(const Observed& order) {
  const Placed& placed = order.placed;
  const std::int64_t done = done_unix_nano(order);
  OrderOutcome outcome{.style = placed.style,
                       .status = status_of(placed),
                       .http_status = placed.http_status,
                       .response_ms = milliseconds(placed.answered),
                       .trace_id = placed.trace_id};
  if (placed.order) outcome.order_id = placed.order->id;
  if (done != 0) {
    outcome.completed_ms = milliseconds(std::chrono::nanoseconds(done - placed.asked_unix_nano));
  }
  if (order.receipts) outcome.duplicates = std::max<std::int64_t>(*order.receipts - 1, 0);
  return outcome;
}

ComparedOrder compared(Observed order) {
  const Placed& placed = order.placed;
  const auto status = status_of(placed);
  return {.style = std::string(to_string(placed.style)),
          .label = placed.order ? fmt::format("order {}", placed.order->id) : "no order",
          .asked_unix_nano = placed.asked_unix_nano,
          .free_unix_nano = placed.asked_unix_nano + placed.answered.count(),
          .done_unix_nano = done_unix_nano(order),
          .failed = status != OrderStatus::confirmed && status != OrderStatus::pending,
          .remark = placed.order ? placed.order->reason : placed.order.error().message,
          .spans = std::move(order.spans)};
}

int print(const Program& program, std::vector<Observed> observed) {
  std::vector<OrderOutcome> outcomes;
  for (const Observed& order : observed) outcomes.push_back(outcome_of(order));
  const StyleSummary sync = summarize(outcomes, OrderStyle::sync);
  const StyleSummary async = summarize(outcomes, OrderStyle::async);
  if (program.json) {
    Json orders = Json::array();
    for (const OrderOutcome& outcome : outcomes) orders.push_back(to_json(outcome));
    print_json({{"orders", std::move(orders)}, {"sync", to_json(sync)}, {"async", to_json(async)}});
    return exit_status::kDone;
  }
  std::vector<ComparedOrder> orders;
  for (Observed& order : observed) orders.push_back(compared(std::move(order)));
  const std::string picture = timeline::draw(
      timeline::compare(orders),
      {.columns = columns(stdout), .color = use_color(program, stdout), .title = {}});
  fmt::print("{}\n{}", picture, format_summaries(sync, async));
  const std::string conclusion = conclude(sync, async);
  if (!conclusion.empty()) fmt::print("\n{}\n", conclusion);
  return exit_status::kDone;
}

int compare(const Program& program, const CompareOptions& options) {
  lab::TerminationSignals signals;
  auto desk = OrderDesk::open(program.lab);
  if (!desk) return report(program, desk.error());
  if (auto own = (*desk)->lab().check_own("compare"); !own) return report(program, own.error());
  const SignalWatch watch(signals, [&] { (*desk)->interrupt(); });
  UserLatency::All latency;
  if (!options.user_latency.empty()) {
    auto added = UserLatency::add(program, (*desk)->lab(), options.user_latency);
    if (!added) return report(program, added.error());
    latency = std::move(*added);
  }
  auto placed = place_all(program, **desk, options, watch);
  latency.clear();
  if (!placed) return report(program, placed.error());
  auto observed = observe(program, **desk, std::move(*placed), watch);
  if (!observed) return report(program, observed.error());
  return print(program, std::move(*observed));
}

}  // namespace

void add_compare(CLI::App& app, Program& program) {
  auto options = std::make_shared<CompareOptions>();
  CLI::App* command =
      app.add_subcommand("compare", "Place the same orders by call and by message, side by side");
  set_help(*command,
           "msdemo compare\n"
           "msdemo compare --orders 20 --user-latency 100ms\n"
           "msdemo compare table calm.json slow.json");
  command->add_option("--orders", options->orders, "How many of each style")
      ->check(CLI::Range(std::size_t{1}, limits::kOrdersCompared))
      ->capture_default_str();
  command->add_option("--user-latency", options->user_latency,
                      "100ms, 1.5s: makes the user service slow meanwhile");
  command->add_option("--user", options->user, "Who orders: a user's id")->capture_default_str();
  command->add_option("--item", options->item, "What: 1 to 255 characters")->capture_default_str();
  add_json_flag(*command, program);
  command->require_subcommand(0, 1);
  add_compare_table(*command, program);
  command->callback([&program, command, options] {
    if (!command->get_subcommands().empty()) return;
    program.run = [&program, options] { return compare(program, *options); };
  });
}

}  // namespace msdemo::commands
