// The `Prefer` header (RFC 7240): how a caller would like to be answered.
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>

namespace msdemo::http {

struct Preferences {
  bool respond_async = false;
  std::optional<std::chrono::seconds> wait{};
};

/// Reads the preferences that this program knows; of one that is named twice the first counts, and
/// what it does not know or cannot read is ignored, as the RFC says. A longer wait than
/// limits::kOrderWait is shortened to that.
Preferences parse_preferences(std::string_view header);

/// What `Preference-Applied` says when these were honoured; empty if there is nothing to say.
std::string format_applied(const Preferences& preferences);

}  // namespace msdemo::http
