#include "http/preference.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "base/limits.hpp"
#include "base/text.hpp"
#include "http/framing.hpp"

namespace msdemo::http {

namespace {

std::string_view trimmed(std::string_view text) {
  const auto begin = text.find_first_not_of(" \t");
  if (begin == text.npos) return {};
  return text.substr(begin, text.find_last_not_of(" \t") - begin + 1);
}

std::optional<std::chrono::seconds> seconds_of(std::string_view value) {
  if (value.size() >= 2 && value.front() == '"' && value.back() == '"') {
    value = value.substr(1, value.size() - 2);
  }
  const auto number = parse_integer(value);
  if (!number || *number < 0) return std::nullopt;
  return std::chrono::seconds(std::min<std::int64_t>(*number, limits::kOrderWait.count()));
}

}  // namespace

Preferences parse_preferences(std::string_view header) {
  Preferences found;
  while (!header.empty()) {
    const auto comma = header.find(',');
    std::string_view preference = header.substr(0, comma);
    header.remove_prefix(comma == header.npos ? header.size() : comma + 1);
    preference = trimmed(preference.substr(0, preference.find(';')));
    const auto equals = preference.find('=');
    const std::string_view name = trimmed(preference.substr(0, equals));
    if (equal_names(name, "respond-async") && equals == preference.npos) {
      found.respond_async = true;
    } else if (equal_names(name, "wait") && equals != preference.npos && !found.wait) {
      found.wait = seconds_of(trimmed(preference.substr(equals + 1)));
    }
  }
  return found;
}

std::string format_applied(const Preferences& preferences) {
  std::string applied = preferences.respond_async ? "respond-async" : "";
  if (preferences.wait) {
    applied += fmt::format("{}wait={}", applied.empty() ? "" : ", ", preferences.wait->count());
  }
  return applied;
}

}  // namespace msdemo::http
