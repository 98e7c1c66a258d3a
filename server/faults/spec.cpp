#include "faults/spec.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

#include "base/duration.hpp"
#include "base/limits.hpp"
#include "base/text.hpp"
#include "faults/kind.hpp"

namespace msdemo::faults {

namespace {

using std::chrono::microseconds;

const std::vector<std::string>& parameters() {
  static const std::vector<std::string> names = {"kind", "value", "jitter", "route", "percent",
                                                 "nth",  "first", "after",  "for",   "seed"};
  return names;
}

tl::unexpected<Error> invalid(std::string field, std::string message, std::string hint = {}) {
  return fail(Error{.code = Code::invalid_field,
                    .message = std::move(message),
                    .hint = std::move(hint),
                    .field = std::move(field)});
}

std::string did_you_mean(std::string_view typed, const std::vector<std::string>& names,
                         std::string otherwise) {
  const std::string meant = nearest(typed, names);
  return meant.empty() ? std::move(otherwise) : fmt::format("did you mean {}?", meant);
}

Result<std::string> text(const Json& json, const char* field) {
  const auto found = json.find(field);
  if (found == json.end()) return std::string();
  if (!found->is_string()) return invalid(field, fmt::format("{} must be a text", field));
  return found->get<std::string>();
}

/// A whole number within the range, or nothing if there is none.
Result<std::optional<std::int64_t>> number(const Json& json, const char* field, std::int64_t least,
                                           std::int64_t most) {
  const auto found = json.find(field);
  if (found == json.end()) return std::nullopt;
  const bool fits = found->is_number_integer() &&
                    !(found->is_number_unsigned() &&
                      found->get<std::uint64_t>() > static_cast<std::uint64_t>(most)) &&
                    found->get<std::int64_t>() >= least && found->get<std::int64_t>() <= most;
  if (fits) return found->get<std::int64_t>();
  return invalid(field, fmt::format("{} must be an integer from {} to {}", field, least, most));
}

Result<std::optional<microseconds>> duration(const Json& json, const char* field,
                                             microseconds shortest, std::chrono::seconds longest) {
  const auto given = text(json, field);
  if (!given) return fail(given.error());
  if (!json.contains(field)) return std::nullopt;
  const auto length = parse_duration(*given, longest);
  if (length && *length >= shortest) return *length;
  return invalid(field,
                 fmt::format("{} must be a time such as 500ms or 10s, {} to {}", field,
                             format_duration(shortest), format_duration(longest)),
                 fmt::format("for example {}", duration_text(std::max<microseconds>(
                                                   shortest, std::chrono::milliseconds(20)))));
}

Result<std::vector<std::int64_t>> read_nth(const Json& json) {
  std::vector<std::int64_t> numbers;
  const auto found = json.find("nth");
  if (found == json.end()) return numbers;
  bool fits = found->is_array() && !found->empty() && found->size() <= limits::kFaultNumbers;
  for (std::size_t i = 0; fits && i < found->size(); ++i) {
    const auto one = number({{"nth", found->at(i)}}, "nth", 1, limits::kFaultCount);
    fits = one.has_value();
    if (fits) numbers.push_back(**one);
  }
  if (!fits) {
    return invalid("nth",
                   fmt::format("nth must be 1 to {} integers from 1 to {}", limits::kFaultNumbers,
                               limits::kFaultCount),
                   "for example 1,2: the first and the second");
  }
  std::ranges::sort(numbers);
  numbers.erase(std::unique(numbers.begin(), numbers.end()), numbers.end());
  return numbers;
}

Result<std::optional<double>> read_percent(const Json& json) {
  const auto found = json.find("percent");
  if (found == json.end()) return std::nullopt;
  const double percent = found->is_number() ? found->get<double>() : 0;
  if (percent > 0 && percent <= 100) return percent;
  return invalid("percent", "percent must be a number over 0 and at most 100", "for example 20");
}

Result<Trigger> read_trigger(const Json& json) {
  auto nth = read_nth(json);
  if (!nth) return fail(std::move(nth.error()));
  const auto first = number(json, "first", 1, limits::kFaultCount);
  if (!first) return fail(first.error());
  const auto after = number(json, "after", 1, limits::kFaultCount);
  if (!after) return fail(after.error());
  const auto percent = read_percent(json);
  if (!percent) return fail(percent.error());
  if (!nth->empty() && (*first || *after)) {
    return invalid("nth", "nth does not go with first or after: it says exactly which already",
                   "give nth alone, or first and after");
  }
  return Trigger{
      .nth = std::move(*nth), .first = *first, .after = after->value_or(0), .percent = *percent};
}

Result<void> check_names(const Json& json) {
  for (const auto& [name, value] : json.items()) {
    if (std::ranges::count(parameters(), name) > 0) continue;
    return invalid(name, fmt::format("a fault has no parameter {}", escape_control(name)),
                   did_you_mean(name, parameters(),
                                fmt::format("there are {}", fmt::join(parameters(), ", "))));
  }
  return {};
}

Result<void> check_value(const Spec& spec) {
  const Kind* kind = find_kind(spec.kind);
  if (kind == nullptr) {
    std::vector<std::string> names;
    for (const Kind& each : kinds()) names.emplace_back(each.name);
    return invalid("kind", fmt::format("kind must be one of {}", fmt::join(names, ", ")),
                   did_you_mean(spec.kind, names, "for example latency"));
  }
  if (!kind->make(spec)) {
    return invalid("value", fmt::format("{} must be {}", kind->name, kind->rule),
                   did_you_mean(spec.value, kind->choices,
                                fmt::format("for example {}={}", kind->name, kind->example)));
  }
  if (spec.jitter && spec.kind != "latency") {
    return invalid("jitter", fmt::format("jitter belongs to latency, not to {}", kind->name));
  }
  return {};
}

}  // namespace

Result<Spec> parse_spec(const Json& json) {
  if (!json.is_object()) return fail(Code::malformed_json, "the body must be a JSON object");
  if (auto checked = check_names(json); !checked) return fail(std::move(checked.error()));
  auto kind = text(json, "kind");
  if (!kind) return fail(std::move(kind.error()));
  auto value = text(json, "value");
  if (!value) return fail(std::move(value.error()));
  auto route = text(json, "route");
  if (!route) return fail(std::move(route.error()));
  const auto jitter = duration(json, "jitter", microseconds(0), limits::kFaultTime);
  if (!jitter) return fail(jitter.error());
  auto trigger = read_trigger(json);
  if (!trigger) return fail(std::move(trigger.error()));
  const auto lasts = duration(json, "for", microseconds(1000), limits::kFaultLasts);
  if (!lasts) return fail(lasts.error());
  const auto seed = number(json, "seed", 0, INT64_MAX);
  if (!seed) return fail(seed.error());
  Spec spec{.kind = std::move(*kind),
            .value = std::move(*value),
            .jitter = *jitter,
            .route = std::move(*route),
            .trigger = std::move(*trigger),
            .lasts = *lasts,
            .seed = *seed};
  if (auto checked = check_value(spec); !checked) return fail(std::move(checked.error()));
  return spec;
}

Json to_json(const Spec& spec) {
  const Trigger& trigger = spec.trigger;
  Json json = {{"kind", spec.kind}, {"value", spec.value}};
  if (spec.jitter) json["jitter"] = duration_text(*spec.jitter);
  if (!spec.route.empty()) json["route"] = spec.route;
  if (trigger.percent) json["percent"] = *trigger.percent;
  if (!trigger.nth.empty()) json["nth"] = trigger.nth;
  if (trigger.first) json["first"] = *trigger.first;
  if (trigger.after > 0) json["after"] = trigger.after;
  if (spec.lasts) json["for"] = duration_text(*spec.lasts);
  if (spec.seed) json["seed"] = *spec.seed;
  return json;
}

std::string in_words(const Spec& spec) {
  std::string words = fmt::format("{}={}", spec.kind, spec.value);
  if (spec.jitter) words += fmt::format(", jitter={}", duration_text(*spec.jitter));
  const std::string trigger = in_words(spec.trigger);
  return trigger.empty() ? words : fmt::format("{}, {}", words, trigger);
}

}  // namespace msdemo::faults
