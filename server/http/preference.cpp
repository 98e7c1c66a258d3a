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

/// As npos where there is none.
std::size_t find_outside_quotes(std::string_view text, char wanted) {
  bool quoted = false;
  for (std::size_t at = 0; at < text.size(); ++at) {
    if (quoted && text[at] == '\\') {
      ++at;
    } else if (text[at] == '"') {
      quoted = !quoted;
    } else if (text[at] == wanted && !quoted) {
      return at;
    }
  }
  return text.npos;
}

std::string_view unquoted(std::string_view value) {
  const bool quoted = value.size() >= 2 && value.front() == '"' && value.back() == '"';
  return quoted ? value.substr(1, value.size() - 2) : value;
}

std::optional<std::chrono::seconds> seconds_of(std::string_view value) {
  const auto number = parse_integer(value);
  if (!number || *number < 0) return std::nullopt;
  return std::chrono::seconds(std::min<std::int64_t>(*number, limits::kOrderWait.count()));
}

}  // namespace

Preferences parse_preferences(std::string_view header) {
  Preferences found;
  while (!header.empty()) {
    const auto comma = find_outside_quotes(header, ',');
    std::string_view preference = header.substr(0, comma);
    header.remove_prefix(comma == header.npos ? header.size() : comma + 1);
    preference = trimmed(preference.substr(0, find_outside_quotes(preference, ';')));
    const auto equals = preference.find('=');
    const std::string_view name = trimmed(preference.substr(0, equals));
    const std::string_view value = equals == preference.npos ? "" : preference.substr(equals + 1);
    if (equal_names(name, "respond-async") && unquoted(trimmed(value)).empty()) {
      found.respond_async = true;
    } else if (equal_names(name, "wait") && !found.wait) {
      found.wait = seconds_of(unquoted(trimmed(value)));
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
