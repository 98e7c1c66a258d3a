#include "messaging/names.hpp"

#include <algorithm>

#include "base/limits.hpp"
#include "base/word_pattern.hpp"
#include "contracts/messages.hpp"

namespace msdemo::messaging {

namespace {

using contracts::topics::kDeadSuffix;

std::string_view first_word(std::string_view name) {
  return name.substr(0, name.find('.'));
}

bool valid(std::string_view name, bool wildcards) {
  if (is_dead_topic(name)) name.remove_suffix(kDeadSuffix.size());
  if (name.empty() || name.size() > limits::kTopicBytes) return false;
  return std::all_of(name.begin(), name.end(), [wildcards](char c) {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '.' || c == '-' ||
           (wildcards && c == '*');
  });
}

}  // namespace

bool valid_name(std::string_view name) {
  return valid(name, false);
}

bool valid_pattern(std::string_view pattern) {
  if (!valid(pattern, true)) return false;
  for (std::string_view rest = pattern;;) {
    const std::string_view word = first_word(rest);
    if (has_wildcard(word) && word != "*") return false;
    if (word.size() == rest.size()) return true;
    rest.remove_prefix(word.size() + 1);
  }
}

bool has_wildcard(std::string_view pattern) {
  return pattern.find('*') != std::string_view::npos;
}

bool matches(std::string_view pattern, std::string_view topic) {
  return is_dead_topic(topic) == is_dead_topic(pattern) && words_match(pattern, topic);
}

bool is_dead_topic(std::string_view topic) {
  return topic.size() >= kDeadSuffix.size() &&
         topic.substr(topic.size() - kDeadSuffix.size()) == kDeadSuffix;
}

}  // namespace msdemo::messaging
