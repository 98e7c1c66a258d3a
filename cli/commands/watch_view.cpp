#include "commands/watch_view.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>

#include "base/duration.hpp"
#include "base/text.hpp"
#include "commands/table.hpp"
#include "timeline/terminal.hpp"
#include "timeline/text_width.hpp"

namespace msdemo::commands {

namespace {

using lab::ServiceState;
using messaging::QueueState;

constexpr std::string_view kUnknown = "-";

/// A column that is there from so many columns of the terminal on. Headings with blanks are as wide
/// as what may stand below, so that the picture stands still.
template <class Row>
struct Column {
  std::string_view heading;
  int from;
  Cell (*cell)(const Row&);
};

/// What a line of the first table is about.
struct ServiceRow {
  const WatchedService& service;
  const ServiceRates& rates;
  std::optional<std::int64_t> messages;  ///< waiting for the service's group
};

/// What a line of the second is about.
struct CallRow {
  const std::string& caller;
  const ServiceRates& rates;
  const PeerRates& call;
};

std::string rate(double per_second) {
  return fmt::format("{:.{}f}", per_second, per_second < 99.95 ? 1 : 0);
}

std::string number(std::optional<double> value) {
  return value ? fmt::format("{:.0f}", *value) : std::string(kUnknown);
}

std::string seconds(std::optional<double> value) {
  constexpr double kNanosecondsPerSecond = 1e9;
  if (!value) return std::string(kUnknown);
  return timeline::format_duration(static_cast<std::int64_t>(*value * kNanosecondsPerSecond));
}

/// What a binary fraction may be away from the decimal one it stands for.
constexpr double kRounding = 1e-6;

/// Rounded up, so that 0.0 means none.
std::string percent_lost(std::optional<double> share) {
  if (!share) return std::string(kUnknown);
  return fmt::format("{:.1f}", std::max(0.0, std::ceil(*share * 1000 - kRounding)) / 10);
}

/// Rounded down, so that 100.00 means all.
std::string percent_kept(std::optional<double> share) {
  if (!share) return std::string(kUnknown);
  return fmt::format("{:.2f}", std::floor(*share * 10'000 + kRounding) / 100);
}

std::optional<Style> style_if(bool condition, Style style) {
  return condition ? std::optional(style) : std::nullopt;
}

Style style_of(BreakerState state) {
  return state == BreakerState::closed      ? Style::good
         : state == BreakerState::half_open ? Style::warn
                                            : Style::bad;
}

/// Green where protection does better than the callees alone would.
std::optional<Style> style_of_availability(const ServiceRates& rates) {
  if (!rates.availability) return std::nullopt;
  if (rates.expected && *rates.availability > *rates.expected + kRounding) return Style::good;
  return style_if(*rates.availability < 1, Style::bad);
}

std::optional<std::int64_t> waiting(const WatchFrame& frame, const WatchedService& service) {
  if (!frame.queues) return std::nullopt;
  const std::string& group = service.group.empty() ? service.service : service.group;
  std::int64_t sum = 0;
  for (const QueueState& queue : *frame.queues) sum += queue.group == group ? queue.ready : 0;
  return sum;
}

const std::vector<Column<ServiceRow>>& service_columns() {
  using Row = const ServiceRow&;
  static const std::vector<Column<ServiceRow>> columns = {
      {"SERVICE", 0,
       [](Row row) -> Cell {
         return {row.service.service, Style::strong};
       }},
      {"REQ/S", 0, [](Row row) -> Cell { return {rate(row.rates.requests_per_s)}; }},
      {"ERR %", 0,
       [](Row row) -> Cell {
         return {percent_lost(row.rates.errors),
                 style_if(row.rates.errors.value_or(0) > 0, Style::bad)};
       }},
      {"    P50", 80, [](Row row) -> Cell { return {seconds(row.rates.p50_s)}; }},
      {"    P99", 0, [](Row row) -> Cell { return {seconds(row.rates.p99_s)}; }},
      {"IN FLIGHT", 0, [](Row row) -> Cell { return {number(row.rates.in_flight)}; }},
      {"QUEUED", 0,
       [](Row row) -> Cell {
         return {number(row.rates.queued), style_if(row.rates.queued.value_or(0) > 0, Style::warn)};
       }},
      {"SHED/S", 0,
       [](Row row) -> Cell {
         return {rate(row.rates.shed_per_s), style_if(row.rates.shed_per_s > 0, Style::bad)};
       }},
      {"MESSAGES", 80, [](Row row) -> Cell {
         return {row.messages ? std::to_string(*row.messages) : std::string(kUnknown),
                 style_if(row.messages.value_or(0) > 0, Style::warn)};
       }}};
  return columns;
}

const std::vector<Column<CallRow>>& call_columns() {
  using Row = const CallRow&;
  static const std::vector<Column<CallRow>> columns = {
      {"CALLS", 0,
       [](Row row) -> Cell {
         return {fmt::format("{} → {}", row.caller, row.call.peer), Style::strong};
       }},
      {"BREAKER  ", 0,
       [](Row row) -> Cell {
         return {std::string(to_string(row.call.breaker)), style_of(row.call.breaker)};
       }},
      {"IN FLIGHT", 110, [](Row row) -> Cell { return {number(row.call.in_flight)}; }},
      {"ATTEMPTS", 0,
       [](Row row) -> Cell {
         const auto& attempts = row.call.attempts_per_call;
         return {attempts ? fmt::format("{:.2f}", *attempts) : std::string(kUnknown),
                 style_if(attempts.value_or(0) > 1, Style::warn)};
       }},
      {"FAILED %", 80,
       [](Row row) -> Cell {
         return {percent_lost(row.call.failed),
                 style_if(row.call.failed.value_or(0) > 0, Style::bad)};
       }},
      {"REFUSED/S", 110,
       [](Row row) -> Cell {
         return {rate(row.call.retries_refused_per_s),
                 style_if(row.call.retries_refused_per_s > 0, Style::warn)};
       }},
      {"REJECTED/S", 80,
       [](Row row) -> Cell {
         return {rate(row.call.rejected_per_s), style_if(row.call.rejected_per_s > 0, Style::bad)};
       }},
      {"EXPECTED %", 0, [](Row row) -> Cell { return {percent_kept(row.rates.expected)}; }},
      {"MEASURED %", 0, [](Row row) -> Cell {
         return {percent_kept(row.rates.availability), style_of_availability(row.rates)};
       }}};
  return columns;
}

template <class Row>
std::vector<Cell> headings(const std::vector<Column<Row>>& columns, int width) {
  std::vector<Cell> cells;
  for (const Column<Row>& column : columns) {
    if (column.from <= width) cells.push_back({std::string(column.heading), Style::faint});
  }
  return cells;
}

template <class Row>
std::vector<Cell> cells_of(const std::vector<Column<Row>>& columns, int width, const Row& row) {
  std::vector<Cell> cells;
  for (const Column<Row>& column : columns) {
    if (column.from <= width) cells.push_back(column.cell(row));
  }
  return cells;
}

/// The rates of a service in the last frames, the highest as a full block; a blank for an interval
/// without an answer.
std::string sparkline(std::span<const WatchFrame> frames, std::size_t service) {
  constexpr std::array<std::string_view, 8> kBlocks = {"▁", "▂", "▃", "▄", "▅", "▆", "▇", "█"};
  const auto last = frames.last(std::min(frames.size(), kFramesShown));
  double highest = 0;
  for (const WatchFrame& frame : last) {
    const auto& rates = frame.services[service].rates;
    if (rates) highest = std::max(highest, rates->requests_per_s);
  }
  std::string line;
  for (const WatchFrame& frame : last) {
    const auto& rates = frame.services[service].rates;
    const double part = rates && highest > 0 ? rates->requests_per_s / highest : 0;
    line += rates ? kBlocks.at(static_cast<std::size_t>(part * (kBlocks.size() - 1))) : " ";
  }
  return line;
}

Style style_of(const WatchedService& unanswered) {
  if (unanswered.state == ServiceState::stopped) return Style::faint;
  const bool broken =
      unanswered.state == ServiceState::ready || unanswered.state == ServiceState::failed;
  return broken ? Style::bad : Style::warn;
}

std::string service_table(std::span<const WatchFrame> frames, const WatchView& view) {
  constexpr int kRoomForRates = 100;
  constexpr int kNameColumns = 9;  // of the longest heading or name, and two blanks
  const bool with_rates = view.columns >= kRoomForRates;
  const WatchFrame& frame = frames.back();
  std::vector<std::vector<Cell>> rows = {headings(service_columns(), view.columns)};
  if (with_rates) rows.front().push_back({"REQ/S OF LATE", Style::faint});
  for (std::size_t i = 0; i < frame.services.size(); ++i) {
    const WatchedService& service = frame.services[i];
    if (!service.rates) {
      const std::string problem =
          timeline::shorten(timeline::printable(service.problem), view.columns - kNameColumns);
      rows.push_back({{service.service, Style::strong}, {problem, style_of(service)}});
      continue;
    }
    rows.push_back(cells_of(service_columns(), view.columns,
                            {service, *service.rates, waiting(frame, service)}));
    if (with_rates) rows.back().push_back({sparkline(frames, i)});
  }
  return format_table(rows, "<>>>>>>>>", view.color);
}

std::string call_table(const WatchFrame& frame, const WatchView& view) {
  std::vector<std::vector<Cell>> rows = {headings(call_columns(), view.columns)};
  for (const WatchedService& service : frame.services) {
    if (!service.rates) continue;
    for (const PeerRates& call : service.rates->calls) {
      rows.push_back(
          cells_of(call_columns(), view.columns, {service.service, *service.rates, call}));
    }
  }
  return rows.size() == 1 ? "" : "\n" + format_table(rows, "<<>>>>>>>", view.color);
}

/// Where messages wait; nothing if they do nowhere.
std::string waiting_table(const WatchFrame& frame, const WatchView& view) {
  constexpr std::size_t kPlaces = 8;
  std::vector<std::vector<Cell>> rows = {{{"MESSAGES", Style::faint}, {"WAITING", Style::faint}}};
  for (const WatchedService& service : frame.services) {
    const double outbox = service.rates ? service.rates->outbox.value_or(0) : 0;
    if (outbox > 0) rows.push_back({{service.service + "'s outbox"}, {number(outbox)}});
  }
  for (const QueueState& queue : frame.queues.value_or(std::vector<QueueState>())) {
    if (queue.ready == 0 || queue.group.empty()) continue;
    rows.push_back(
        {{fmt::format("{} → {}", queue.topic, queue.group)}, {std::to_string(queue.ready)}});
  }
  if (rows.size() > 1 + kPlaces) {
    const std::size_t more = rows.size() - 1 - kPlaces;
    rows.resize(1 + kPlaces);
    rows.push_back({{fmt::format("and {} more: msdemo queue list", more)}});
  }
  return rows.size() == 1 ? "" : "\n" + format_table(rows, "<>", view.color);
}

Json or_null(std::optional<double> value) {
  return value ? Json(*value) : Json();
}

/// To the microsecond: no estimate is better.
Json milliseconds(std::optional<double> value_s) {
  return value_s ? Json(std::round(*value_s * 1e6) / 1e3) : Json();
}

Json to_json(const PeerRates& call) {
  return {{"peer", call.peer},
          {"breaker", to_string(call.breaker)},
          {"in_flight", call.in_flight},
          {"calls_per_s", call.calls_per_s},
          {"attempts_per_call", or_null(call.attempts_per_call)},
          {"failed_attempts", or_null(call.failed)},
          {"retries_refused_per_s", call.retries_refused_per_s},
          {"rejected_per_s", call.rejected_per_s}};
}

Json to_json(const ServiceRates& rates) {
  Json calls = Json::array();
  for (const PeerRates& call : rates.calls) calls.push_back(to_json(call));
  return {{"requests_per_s", rates.requests_per_s},
          {"errors", or_null(rates.errors)},
          {"p50_ms", milliseconds(rates.p50_s)},
          {"p99_ms", milliseconds(rates.p99_s)},
          {"shed_per_s", rates.shed_per_s},
          {"in_flight", or_null(rates.in_flight)},
          {"queued", or_null(rates.queued)},
          {"outbox", or_null(rates.outbox)},
          {"availability", or_null(rates.availability)},
          {"expected_availability", or_null(rates.expected)},
          {"calls", std::move(calls)}};
}

std::string clock_of(SystemTime time) {
  constexpr std::size_t kDate = std::string_view("2026-11-23T").size();
  return format_rfc3339(time).substr(kDate, std::string_view("00:40:01").size());
}

/// What is unknown is left out.
std::string in_words(const ServiceRates& rates) {
  std::string out = fmt::format("  {} requests/s", rate(rates.requests_per_s));
  if (rates.errors) out += fmt::format("  {} % errors", percent_lost(rates.errors));
  if (rates.p50_s)
    out += fmt::format("  p50 {}  p99 {}", seconds(rates.p50_s), seconds(rates.p99_s));
  if (rates.in_flight) out += fmt::format("  in flight {}", number(rates.in_flight));
  if (rates.queued) out += fmt::format("  queued {}", number(rates.queued));
  if (rates.shed_per_s > 0) out += fmt::format("  shed {}/s", rate(rates.shed_per_s));
  if (rates.availability) out += fmt::format("  available {} %", percent_kept(rates.availability));
  if (rates.expected) out += fmt::format(" (expected {} %)", percent_kept(rates.expected));
  for (const PeerRates& call : rates.calls) {
    out += fmt::format("  {}: breaker {}", call.peer, to_string(call.breaker));
    if (!call.attempts_per_call) continue;
    out += fmt::format(", {:.2f} attempts a call", *call.attempts_per_call);
  }
  if (rates.outbox) out += fmt::format("  outbox {}", number(rates.outbox));
  return out;
}

}  // namespace

std::string draw_watch(std::span<const WatchFrame> frames, const WatchView& view) {
  const WatchFrame& frame = frames.back();
  const std::string title = fmt::format("lab {} · {} UTC · every {} · Ctrl-C ends", view.lab,
                                        clock_of(frame.at), format_duration(view.interval));
  return paint(view.color, Style::faint, timeline::shorten(title, view.columns)) + "\n\n" +
         service_table(frames, view) + call_table(frame, view) + waiting_table(frame, view);
}

std::string format_watch_lines(const WatchFrame& frame) {
  std::string out;
  for (const WatchedService& service : frame.services) {
    out += fmt::format("{}  {:<6}", clock_of(frame.at), service.service);
    out += service.rates ? in_words(*service.rates) : "  " + escape_control(service.problem);
    if (const auto messages = waiting(frame, service)) {
      out += fmt::format("  messages {}", *messages);
    }
    out += '\n';
  }
  return out;
}

Json to_json(const WatchFrame& frame) {
  Json services = Json::array();
  for (const WatchedService& service : frame.services) {
    Json json = {{"service", service.service},
                 {"state", to_string(service.state)},
                 {"problem", service.problem.empty() ? Json() : Json(service.problem)},
                 {"rates", service.rates ? to_json(*service.rates) : Json()}};
    const auto messages = waiting(frame, service);
    json["messages"] = messages ? Json(*messages) : Json();
    services.push_back(std::move(json));
  }
  Json queues;
  if (frame.queues) {
    queues = Json::array();
    for (const QueueState& queue : *frame.queues) queues.push_back(to_json(queue));
  }
  return {{"time", format_rfc3339(frame.at)},
          {"interval_ms", frame.took.count()},
          {"services", std::move(services)},
          {"queues", std::move(queues)}};
}

}  // namespace msdemo::commands
