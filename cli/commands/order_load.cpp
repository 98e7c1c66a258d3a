#include "commands/order_load.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "commands/service_call.hpp"
#include "contracts/problem.hpp"
#include "load/http_load.hpp"
#include "load/tally.hpp"

namespace msdemo::commands {

namespace {

constexpr std::string_view kHeader =
    "second  started  confirmed  failed  p50 ms   p99 ms  goodput\n";

/// `1,358`
std::string with_separators(std::size_t number) {
  constexpr std::size_t kGroup = 3;
  std::string text = std::to_string(number);
  for (std::size_t at = text.size(); at > kGroup;) text.insert(at -= kGroup, 1, ',');
  return text;
}

std::string format_ms(const std::optional<double>& time) {
  return time ? fmt::format("{:.1f}", *time) : "–";
}

std::string bar(const load::Second& second) {
  constexpr std::size_t kWidth = 10;
  const std::size_t wanted = std::max(second.started, second.confirmed + second.failed);
  if (wanted == 0) return {};
  const std::size_t full = (second.confirmed * kWidth + wanted / 2) / wanted;
  std::string text;
  for (std::size_t i = 0; i < kWidth; ++i) text += i < full ? "█" : "░";
  return text;
}

/// Why a start did not become an order; nothing if it did.
std::optional<Code> failure_of(const load::Ended& ended, bool foreign) {
  constexpr int kRefused = 400;
  if (ended.status == 0) return find_code(ended.failure, 0);
  if (ended.status >= kRefused) return contracts::from_problem(ended.status, ended.body).code;
  // What a foreign program answers with 2xx counts as a success: nobody here knows better.
  if (foreign) return std::nullopt;
  const auto order = contracts::parse_order(ended.body);
  return order ? std::nullopt : std::optional(order.error().code);
}

/// The load as it goes on: the tally, and everything that is told of it.
class LoadRun {
 public:
  LoadRun(const Program& program, OrderDesk& desk, const OrderLoad& load)
      : program_(program),
        desk_(desk),
        load_(load),
        foreign_(desk.lab().foreign("order")),
        tally_(load::Pacer(load.rate), load.count) {}

  Result<void> run() {
    if (!program_.json) fmt::print("{}", kHeader);
    load::Plan plan = desk_.untraced(load_.order, load_.style);
    plan.rate_per_s = load_.rate;
    plan.count = load_.count;
    plan.connections = limits::kOrdersOutstanding;
    plan.endure = true;
    const auto outcome =
        load::run_load(plan, {.ended = [this](const load::Ended& ended) { note(ended); },
                              .second = [this] { end_second(); },
                              .interrupted = {}});
    if (!outcome) return fail(with_hint(outcome.error()));
    if (tally_.pending()) end_second();
    return {};
  }

  load::Summary summary() const { return tally_.summary(); }
  const std::vector<load::Second>& seconds() const { return seconds_; }
  int exit_status() const { return exit_status_; }

 private:
  void note(const load::Ended& ended) {
    if (ended.failure == load::kDropped) {
      return note_failure(ended.failure, ended.definite, exit_status::kRefused);
    }
    const auto code = failure_of(ended, foreign_);
    if (!code) return tally_.confirmed(ended.number, ended.ended - ended.intended);
    const CodeInfo& row = info(*code);
    note_failure(row.name, row.definite, row.exit_status);
  }

  void note_failure(std::string_view name, bool definite, int exit_status) {
    tally_.failed(name, definite);
    if (exit_status_ == exit_status::kDone) exit_status_ = exit_status;
  }

  void end_second() {
    const load::Second& second = seconds_.emplace_back(tally_.take_second());
    if (program_.json) return;
    fmt::print("{:>6}  {:>7}  {:>9}  {:>6}  {:>6}  {:>7}  {}{}\n", second.number, second.started,
               second.confirmed, second.failed, format_ms(second.p50_ms), format_ms(second.p99_ms),
               bar(second),
               second.failed == 0 ? "" : fmt::format("  mostly {}", second.most_frequent));
    std::fflush(stdout);
  }

  const Program& program_;
  OrderDesk& desk_;
  const OrderLoad& load_;
  const bool foreign_;
  std::vector<load::Second> seconds_;
  load::Tally tally_;
  int exit_status_ = exit_status::kDone;
};

/// How many requests the order service has sent to others so far; nothing if it does not tell.
std::optional<double> attempts_so_far(OrderDesk& desk) {
  const auto replicas = desk.lab().replicas("order");
  if (!replicas) return std::nullopt;
  double attempts = 0;
  for (const lab::Replica& replica : *replicas) {
    if (replica.foreign()) return std::nullopt;
    http::Client admin(replica.admin_url);
    const auto policy = ask(admin, {.target = "/policy"});
    if (!policy) return std::nullopt;
    try {
      for (const Json& call : policy->at("calls")) attempts += call.at("attempts").get<double>();
    } catch (const Json::exception&) {
      return std::nullopt;
    }
  }
  return attempts;
}

Json to_json(const LoadRun& run, double rate, const std::optional<double>& attempts) {
  const auto maybe = [](const std::optional<double>& value) {
    return value ? Json(*value) : Json();
  };
  Json seconds = Json::array();
  for (const load::Second& second : run.seconds()) {
    seconds.push_back({{"second", second.number},
                       {"started", second.started},
                       {"confirmed", second.confirmed},
                       {"failed", second.failed},
                       {"p50_ms", maybe(second.p50_ms)},
                       {"p99_ms", maybe(second.p99_ms)}});
  }
  const load::Summary summary = run.summary();
  Json failures = Json::array();
  for (const load::Failures& failure : summary.failures) {
    failures.push_back(
        {{"name", failure.name}, {"count", failure.count}, {"definite", failure.definite}});
  }
  return {{"rate_per_s", rate},
          {"seconds", std::move(seconds)},
          {"confirmed", summary.confirmed},
          {"failed", summary.failed},
          {"failures", std::move(failures)},
          {"goodput_percent", summary.goodput_percent},
          {"goodput_last_5s_percent", summary.goodput_last_5s_percent},
          {"attempts_per_order", maybe(attempts)}};
}

void print_summary(const load::Summary& summary, OrderStyle style,
                   const std::optional<double>& attempts) {
  fmt::print("\ngoodput: {:.0f} % ({} of {} orders {}), last {} s: {:.0f} %\n",
             summary.goodput_percent, with_separators(summary.confirmed),
             with_separators(summary.orders), style == OrderStyle::sync ? "confirmed" : "accepted",
             load::kLastSeconds.count(), summary.goodput_last_5s_percent);
  if (attempts) fmt::print("attempts per order: {:.2f}\n", *attempts);
  for (const load::Failures& failure : summary.failures) {
    fmt::print("failed: {} {} ({})\n", with_separators(failure.count), failure.name,
               failure.name == load::kDropped ? "never sent: too many were outstanding"
               : failure.definite             ? "definite: they did not happen"
                                              : "indefinite: nobody knows whether they happened");
  }
}

}  // namespace

int place_load(const Program& program, OrderDesk& desk, const OrderLoad& load) {
  const auto before = attempts_so_far(desk);
  LoadRun run(program, desk, load);
  if (const auto ran = run.run(); !ran) return report(program, ran.error());
  const auto after = attempts_so_far(desk);
  std::optional<double> attempts;
  // An order by message makes no call, and a service that was started again counts from 0.
  if (load.style == OrderStyle::sync && before && after && *after >= *before) {
    attempts = (*after - *before) / static_cast<double>(load.count);
  }
  if (program.json) {
    print_json(to_json(run, load.rate, attempts));
  } else {
    print_summary(run.summary(), load.style, attempts);
  }
  return run.exit_status();
}

}  // namespace msdemo::commands
