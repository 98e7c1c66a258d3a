// The exercises about calls: chapters 1 to 3.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "base/duration.hpp"
#include "base/text.hpp"
#include "commands/chapter_checks.hpp"
#include "timeline/span_reading.hpp"

namespace msdemo::commands {

namespace {

constexpr std::int64_t kSeededUsers = 3;

/// The newest order by call of a user whom the learner created, and how it went.
struct OwnOrder {
  Json order;
  const Trace* spans = nullptr;
};

std::optional<OwnOrder> own_order(const std::vector<Trace>& traces,
                                  const std::vector<Json>& orders) {
  for (const Trace& spans : traces) {
    const auto* placed = placing_span(spans);
    if (placed == nullptr || status_of(*placed) != 201) continue;
    const auto id = timeline::integer_of(*placed, "msdemo.order.id");
    const auto found = std::ranges::find_if(orders, [&](const Json& order) {
      return order.value("id", std::int64_t{0}) == id &&
             order.value("user_id", std::int64_t{0}) > kSeededUsers;
    });
    if (found != orders.end()) return OwnOrder{*found, &spans};
  }
  return std::nullopt;
}

/// Whether an order was refused because the user service said 404, and none was stored.
bool refused_for_404(const Trace& spans) {
  const auto* placed = placing_span(spans);
  const auto* asked = find_span(spans, "user", "GET /users/{id}");
  return placed != nullptr && asked != nullptr && status_of(*placed) == 422 &&
         status_of(*asked) == 404 && find_span(spans, "order", "INSERT orders") == nullptr;
}

Finding share_of_asking(const LearnersLab& lab, const OwnOrder& own) {
  constexpr double kTolerance = 0.05;  // of it: the timeline tells three digits
  constexpr std::string_view kWhat = "the share of the wait that went into asking for the name";
  const auto* whole = find_span(*own.spans, "client", "order create");
  double asking = 0;
  for (const trace::SpanRecord& span : *own.spans) {
    if (span.service == "order" && span.name == "GET /users/{id}") asking += milliseconds_of(span);
  }
  if (whole == nullptr || asking <= 0) {
    return unknown("your order's trace has no row `order create`",
                   "place it with `msdemo order create`, which always leaves a trace");
  }
  const double share = asking / milliseconds_of(*whole);
  Finding finding = judge_answer(lab, kWhat, share, share * kTolerance);
  if (finding.state == Finding::State::wrong) {
    finding.hint = fmt::format(
        "`msdemo trace show {}`: divide the order service's row `GET /users/{{id}}` by the row "
        "`order create`",
        whole->trace_id.hex());
  }
  return finding;
}

/// The fault of this kind that hit most; nothing if there is none.
std::optional<faults::Fault> find_fault(const std::vector<faults::Fault>& all,
                                        std::string_view kind) {
  std::optional<faults::Fault> most;
  for (const faults::Fault& fault : all) {
    if (fault.spec.kind == kind && (!most || fault.hits > most->hits)) most = fault;
  }
  return most;
}

/// When the confirmed orders were stored, in seconds, in order.
std::vector<double> stored_at(const std::vector<Json>& orders) {
  std::vector<double> times;
  for (const Json& order : orders) {
    std::string text = order.value("created_at", "");
    if (order.value("status", "") != "confirmed" || text.empty()) continue;
    text.insert(text.size() - 1, "000");  // told in milliseconds, read as microseconds
    const auto time = parse_rfc3339_us(text);
    if (!time) continue;
    times.push_back(std::chrono::duration<double>(time->time_since_epoch()).count());
  }
  std::ranges::sort(times);
  return times;
}

/// The most orders a second that were stored over any kWindow.
double busiest_rate(const std::vector<double>& times) {
  constexpr double kWindow = 3;
  std::size_t most = 0;
  std::size_t first = 0;
  for (std::size_t last = 0; last < times.size(); ++last) {
    while (times[last] - times[first] > kWindow) ++first;
    most = std::max(most, last - first + 1);
  }
  return static_cast<double>(most) / kWindow;
}

/// What chapter 2's exercise sets up: how many at once, and how long each takes.
struct Limit {
  double threads = 0;
  double seconds = 0;
  std::int64_t hits = 0;

  double per_second() const { return threads / seconds; }
};

Result<std::optional<Limit>> limit_of_user(LearnersLab& lab) {
  const auto policy = lab.policy("user");
  if (!policy) return fail(policy.error());
  const auto faults = lab.faults("user");
  if (!faults) return fail(faults.error());
  const auto threads = parse_integer(setting(*policy, "threads"));
  const auto latency = find_fault(*faults, "latency");
  if (!threads || !latency) return std::nullopt;
  const auto time = parse_duration(latency->spec.value, std::chrono::seconds(60));
  if (!time) return std::nullopt;
  return Limit{static_cast<double>(*threads), std::chrono::duration<double>(*time).count(),
               latency->hits};
}

Finding judge_limit(const Limit& limit) {
  const std::string text = fmt::format("the user service works on {} at once, for {:.0f} ms each",
                                       limit.threads, limit.seconds * 1000);
  const bool own = limit.threads >= 2 && limit.threads <= 9 && limit.threads != 4 &&
                   limit.threads != 8 && limit.seconds >= 0.03 && limit.seconds <= 0.09;
  if (own) return right(text);
  return wrong(text,
               "choose 2 to 9 threads, not 4 or 8, and 30 to 90 ms: `msdemo policy set user "
               "naive threads=3`, `msdemo fault add user latency=40ms --route "
               "'/users/{id}'`");
}

Finding judge_load(const Limit& limit, double measured) {
  constexpr double kLeast = 0.75;  // what everything else takes, on a machine that is busy
  constexpr double kMost = 1.1;
  const double share = measured / limit.per_second();
  if (share >= kLeast && share <= kMost) {
    return right(
        fmt::format("your load met that limit: {:.0f} orders a second were placed, in the "
                    "busiest three seconds",
                    measured));
  }
  return wrong(fmt::format("in the busiest three seconds {:.0f} orders a second were placed, which "
                           "is {} than this limit lets pass",
                           measured, share < kLeast ? "far less" : "more"),
               share < kLeast ? "send twice as many as you predict, for 6 s; and the order service "
                                "should have the policy `naive`, or it gives up on what waits"
                              : "these are from before the limit: begin with `msdemo up --fresh`");
}

/// How many orders the order service was asked for since its start, and how many it placed.
struct Tally {
  double asked = 0;
  double placed = 0;
};

Result<Tally> tally_orders(LearnersLab& lab) {
  const auto samples = lab.metrics("order");
  if (!samples) return fail(samples.error());
  Tally tally;
  for (const Sample& sample : *samples) {
    if (!sample.name.ends_with("request_duration_seconds_count")) continue;
    if (sample.label("method") != "POST" || sample.label("route") != "/orders") continue;
    tally.asked += sample.value;
    if (sample.label("status") == "201") tally.placed += sample.value;
  }
  return tally;
}

Finding judge_share(const Tally& tally) {
  constexpr double kWanted = 0.97;
  const double share = tally.placed / tally.asked;
  const std::string text =
      fmt::format("{:.1f} % of {:.0f} orders were confirmed", share * 100, tally.asked);
  if (share >= kWanted) return right(text);
  return wrong(text,
               "`msdemo why TRACE` of a failed order says what refused the last retry; that "
               "is the setting to change");
}

Finding judge_attempts(const CallsToPeer& calls) {
  constexpr double kMost = 1.5;
  const double attempts = static_cast<double>(calls.attempts) / static_cast<double>(calls.calls);
  const std::string text = fmt::format("it took {:.2f} attempts per call", attempts);
  if (attempts < kMost) return right(text);
  return wrong(text, "fewer retries would do");
}

}  // namespace

Findings check_first_call(LearnersLab& lab) {
  const auto orders = lab.orders();
  if (!orders) return fail(orders.error());
  const auto traces = lab.traces();
  if (!traces) return fail(traces.error());
  if (traces->empty()) return std::vector{no_orders()};
  std::vector<Finding> findings;
  const auto own = own_order(*traces, *orders);
  if (own) {
    findings.push_back(right(fmt::format("order {} of {}, a user that you created, was placed: 201",
                                         own->order.value("id", std::int64_t{0}),
                                         own->order.value("username", ""))));
  } else {
    findings.push_back(wrong("there is no order by call of a user that you created",
                             "`msdemo user create --name YOU` prints the new user's number; then "
                             "`msdemo order create --user NUMBER --item book`"));
  }
  if (std::ranges::any_of(*traces, refused_for_404)) {
    findings.push_back(
        right("an order was refused with 422, because the user service said 404, "
              "and nothing was stored"));
  } else {
    findings.push_back(wrong("no order was refused because its user does not exist",
                             "`msdemo order create --user 99 --item book`"));
  }
  if (own) findings.push_back(share_of_asking(lab, *own));
  return findings;
}

Findings check_waiting(LearnersLab& lab) {
  constexpr std::int64_t kHits = 100;
  constexpr double kTolerance = 0.05;
  const auto limit = limit_of_user(lab);
  if (!limit) return fail(limit.error());
  if (!*limit || (*limit)->hits == 0) {
    return std::vector{unknown("the user service has no latency that hit anything",
                               "`msdemo fault add user latency=40ms --route '/users/{id}'`, and "
                               "then orders")};
  }
  const auto orders = lab.orders();
  if (!orders) return fail(orders.error());
  std::vector<Finding> findings = {judge_limit(**limit)};
  if ((*limit)->hits < kHits) {
    findings.push_back(wrong(fmt::format("only {} requests met it", (*limit)->hits),
                             "send twice as many orders as can pass, for 6 s"));
  } else {
    findings.push_back(judge_load(**limit, busiest_rate(stored_at(*orders))));
  }
  const double expected = (*limit)->per_second();
  Finding answer =
      judge_answer(lab, "how many orders a second can pass", expected, expected * kTolerance);
  if (answer.state == Finding::State::wrong) answer.hint = "Little: λ = L / W, W in seconds";
  findings.push_back(std::move(answer));
  return findings;
}

Findings check_failing(LearnersLab& lab) {
  constexpr double kLeastPercent = 20;
  constexpr double kLeastOrders = 200;
  constexpr double kTolerance = 0.005;
  const auto policy = lab.policy("order");
  if (!policy) return fail(policy.error());
  const auto faults = lab.faults("user");
  if (!faults) return fail(faults.error());
  const auto tally = tally_orders(lab);
  if (!tally) return fail(tally.error());
  const auto error = find_fault(*faults, "error");
  const auto calls = std::ranges::find(policy->calls, "user", &CallsToPeer::peer);
  if (!error || error->hits == 0 || calls == policy->calls.end() || tally->asked < kLeastOrders) {
    return std::vector{unknown(
        fmt::format("there is nothing to judge: {:.0f} orders since the order service was started, "
                    "and {} errors of the user service",
                    tally->asked, error ? error->hits : 0),
        "the fault stays, and each try has 400 orders; see the exercise's steps 1, 2 and 4")};
  }
  const double percent = error->spec.trigger.percent.value_or(100);
  std::vector<Finding> findings;
  if (percent < kLeastPercent || error->met < calls->attempts) {
    findings.push_back(
        wrong(fmt::format("the fault hits {:.0f} %, and met {} of {} attempts", percent, error->met,
                          calls->attempts),
              "it must have been there all the time, with --percent 25: add it, restart the order "
              "service, try again"));
  } else {
    findings.push_back(
        right(fmt::format("the user service failed {} of {} times", error->hits, error->met)));
  }
  findings.push_back(judge_share(*tally));
  findings.push_back(judge_attempts(*calls));
  const double retries =
      static_cast<double>(parse_integer(setting(*policy, "retries")).value_or(0));
  Finding answer = judge_answer(lab, "the share that is confirmed",
                                1 - std::pow(percent / 100, retries + 1), kTolerance);
  if (answer.state == Finding::State::wrong) {
    answer.hint = "an order fails if all its attempts fail: multiply, and subtract that from 1";
  }
  findings.push_back(std::move(answer));
  return findings;
}

}  // namespace msdemo::commands
