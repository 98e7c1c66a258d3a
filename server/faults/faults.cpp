#include "faults/faults.hpp"

#include <fmt/format.h>
#include <signal.h>
#include <unistd.h>

#include <algorithm>
#include <charconv>
#include <optional>
#include <utility>

#include "base/limits.hpp"

namespace msdemo::faults {

namespace {

tl::unexpected<Error> invalid(const std::string& field, std::string message) {
  return fail(Error{.code = Code::invalid_field, .message = std::move(message), .field = field});
}

/// Digits, and perhaps a point among them.
std::optional<double> parse_decimal(std::string_view text) {
  if (text.find_first_not_of("0123456789.") != text.npos) return std::nullopt;
  double value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return value;
}

/// `100ms`, `1.5s`, `250us`; nothing if it is no time or too long a one.
std::optional<std::chrono::microseconds> parse_latency(std::string_view text) {
  struct Unit {
    std::string_view suffix;
    double microseconds;
  };
  for (const Unit& unit : {Unit{"us", 1}, Unit{"ms", 1e3}, Unit{"s", 1e6}}) {
    if (!text.ends_with(unit.suffix)) continue;
    const auto amount = parse_decimal(text.substr(0, text.size() - unit.suffix.size()));
    if (!amount) continue;
    const std::chrono::duration<double, std::micro> length(*amount * unit.microseconds);
    if (length > limits::kFaultTime) return std::nullopt;
    return std::chrono::duration_cast<std::chrono::microseconds>(length);
  }
  return std::nullopt;
}

Result<void> check(const std::string& kind, const std::string& value) {
  if (kind == "latency") {
    if (parse_latency(value)) return {};
    return invalid("value",
                   fmt::format("latency must be a time such as 100ms or 1.5s, at most {} s",
                               limits::kFaultTime.count()));
  }
  if (kind == "crash") {
    if (std::ranges::count(crash_points(), value) > 0) return {};
    return invalid("value",
                   fmt::format("crash must be one of {}", fmt::join(crash_points(), ", ")));
  }
  return invalid("kind", "kind must be latency or crash");
}

}  // namespace

Json to_json(const Fault& fault) {
  return {{"id", fault.id}, {"kind", fault.kind}, {"value", fault.value}, {"hits", fault.hits}};
}

const std::vector<std::string_view>& crash_points() {
  static const std::vector<std::string_view> points = {
      "after-commit", "before-publish", "after-publish", "after-receive", "before-ack"};
  return points;
}

Result<Fault> Faults::add(const std::string& kind, const std::string& value) {
  if (auto checked = check(kind, value); !checked) return fail(std::move(checked.error()));
  const std::lock_guard lock(mutex_);
  auto fault = std::ranges::find(faults_, kind, &Fault::kind);
  if (fault == faults_.end()) {
    faults_.push_back({.id = ++added_, .kind = kind, .value = {}});
    fault = faults_.end() - 1;
  }
  fault->value = value;
  any_ = true;
  return *fault;
}

std::vector<Fault> Faults::list() const {
  const std::lock_guard lock(mutex_);
  return faults_;
}

std::size_t Faults::clear() {
  const std::lock_guard lock(mutex_);
  any_ = false;
  return std::exchange(faults_, {}).size();
}

std::chrono::microseconds Faults::latency() {
  if (!any_) return {};
  const std::lock_guard lock(mutex_);
  const auto fault = std::ranges::find(faults_, "latency", &Fault::kind);
  if (fault == faults_.end()) return {};
  const auto length = parse_latency(fault->value).value_or(std::chrono::microseconds(0));
  if (length.count() > 0) ++fault->hits;
  return length;
}

void Faults::reach(std::string_view point) {
  if (!any_) return;
  const std::lock_guard lock(mutex_);
  const auto fault = std::ranges::find(faults_, "crash", &Fault::kind);
  if (fault != faults_.end() && fault->value == point) ::kill(::getpid(), SIGKILL);
}

}  // namespace msdemo::faults
