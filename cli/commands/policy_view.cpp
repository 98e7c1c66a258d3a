#include "commands/policy_view.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "base/text.hpp"
#include "commands/table.hpp"
#include "timeline/text_width.hpp"

namespace msdemo::commands {

namespace {

const std::vector<std::string>& presets() {
  static const std::vector<std::string> names = {"naive", "standard"};
  return names;
}

constexpr const char* kPreset = "preset";

Result<void> check_preset(const std::string& word, std::string_view service,
                          std::span<const PolicySetting> known) {
  if (std::ranges::count(presets(), word) > 0) return {};
  const auto key = std::ranges::find(known, word, &PolicySetting::key);
  if (key != known.end()) {
    return fail(
        Code::usage, fmt::format("'{}' needs a value", word),
        fmt::format("for example: msdemo policy set {} {}={}", service, word, key->standard));
  }
  const std::string meant = nearest(word, presets());
  return fail(Code::usage,
              fmt::format("'{}' is neither a preset nor KEY=VALUE", escape_control(word)),
              meant.empty() ? "the presets are: naive, standard"
                            : fmt::format("did you mean '{}'?", meant));
}

/// The settings as rows, a meaning that is too long for `columns` on several lines.
std::string settings_table(const std::vector<PolicySetting>& settings, int columns, bool color) {
  constexpr int kMeaningMin = 20;
  constexpr int kMeaningLines = 6;
  constexpr int kGaps = 4 * 2;
  std::vector<std::vector<Cell>> rows = {{{"KEY", Style::faint},
                                          {"VALUE", Style::faint},
                                          {"NAIVE", Style::faint},
                                          {"STANDARD", Style::faint},
                                          {"MEANING", Style::faint}}};
  std::vector<int> widths;
  for (const Cell& heading : rows.front()) widths.push_back(timeline::columns_of(heading.text));
  for (const PolicySetting& setting : settings) {
    const std::string* texts[] = {&setting.key, &setting.value, &setting.naive, &setting.standard};
    for (std::size_t i = 0; i < std::size(texts); ++i) {
      widths[i] = std::max(widths[i], timeline::columns_of(timeline::printable(*texts[i])));
    }
  }
  const int before = widths[0] + widths[1] + widths[2] + widths[3] + kGaps;
  const int rest = std::max(columns - before, kMeaningMin);
  for (const PolicySetting& setting : settings) {
    const bool changed = setting.value != setting.standard;
    auto meaning = timeline::wrap(timeline::printable(setting.meaning), rest, kMeaningLines);
    if (meaning.empty()) meaning.emplace_back();
    rows.push_back({{setting.key},
                    {setting.value, changed ? std::optional(Style::warn) : std::nullopt},
                    {setting.naive, Style::faint},
                    {setting.standard, Style::faint},
                    {meaning.front()}});
    for (std::size_t i = 1; i < meaning.size(); ++i) {
      rows.push_back({{}, {}, {}, {}, {meaning[i]}});
    }
  }
  return format_table(rows, {}, color);
}

Style style_of_breaker(const std::string& state) {
  return state == "closed" ? Style::good : state == "open" ? Style::bad : Style::warn;
}

std::string calls_table(const std::vector<CallsToPeer>& all, bool color) {
  std::vector<std::vector<Cell>> rows(1);
  for (const char* heading : {"CALLEE", "BREAKER", "IN FLIGHT", "CALLS", "ATTEMPTS", "PER CALL",
                              "FAILED", "REFUSED", "REJECTED"}) {
    rows.front().push_back({heading, Style::faint});
  }
  for (const CallsToPeer& calls : all) {
    const auto per_call = static_cast<double>(calls.attempts) / static_cast<double>(calls.calls);
    rows.push_back({{calls.peer},
                    {calls.breaker, style_of_breaker(calls.breaker)},
                    {std::to_string(calls.in_flight)},
                    {std::to_string(calls.calls)},
                    {std::to_string(calls.attempts)},
                    {calls.calls > 0 ? fmt::format("{:.2f}", per_call) : "-"},
                    {std::to_string(calls.failed_attempts)},
                    {std::to_string(calls.retries_refused)},
                    {std::to_string(calls.rejected)}});
  }
  return format_table(rows, "<<>>>>>>>", color);
}

}  // namespace

Result<Json> parse_policy(std::span<const std::string> words, std::string_view service,
                          std::span<const PolicySetting> known) {
  Json changes = Json::object();
  for (const std::string& word : words) {
    const auto equals = word.find('=');
    const bool is_preset = equals == std::string::npos;
    if (is_preset) {
      if (auto checked = check_preset(word, service, known); !checked) {
        return fail(std::move(checked.error()));
      }
    }
    const std::string key = is_preset ? kPreset : word.substr(0, equals);
    if (changes.contains(key)) {
      return fail(Code::usage, fmt::format("there are two values for '{}'", escape_control(key)));
    }
    changes[key] = is_preset ? word : word.substr(equals + 1);
  }
  return changes;
}

std::vector<std::string> policy_changes(std::string_view service, const Policy& before,
                                        const Policy& after) {
  std::vector<std::string> lines;
  for (const PolicySetting& now : after.settings) {
    const auto then = std::ranges::find(before.settings, now.key, &PolicySetting::key);
    if (then == before.settings.end() || then->value == now.value) continue;
    lines.push_back(fmt::format("{}: {} {} -> {}", service, now.key, then->value, now.value));
  }
  return lines;
}

std::string format_policy(std::string_view service, const Policy& policy, int columns, bool color) {
  std::string out =
      fmt::format("{}: {}\n", paint(color, Style::strong, service), escape_control(policy.preset));
  out += settings_table(policy.settings, columns, color);
  if (!policy.calls.empty()) out += "\n" + calls_table(policy.calls, color);
  return out;
}

Json policy_document(std::string_view service, const Policy& policy) {
  Json settings = Json::object();
  for (const PolicySetting& setting : policy.settings) settings[setting.key] = setting.value;
  Json calls = Json::array();
  for (const CallsToPeer& each : policy.calls) calls.push_back(to_json(each));
  return {{"service", service},
          {"preset", policy.preset},
          {"settings", std::move(settings)},
          {"calls", std::move(calls)}};
}

}  // namespace msdemo::commands
