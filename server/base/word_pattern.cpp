#include "base/word_pattern.hpp"

namespace msdemo {

bool words_match(std::string_view pattern, std::string_view name) {
  for (;;) {
    const auto wanted = pattern.substr(0, pattern.find('.'));
    const auto word = name.substr(0, name.find('.'));
    if (wanted != "*" && wanted != word) return false;
    const bool last = wanted.size() == pattern.size();
    if (last != (word.size() == name.size())) return false;
    if (last) return true;
    pattern.remove_prefix(wanted.size() + 1);
    name.remove_prefix(word.size() + 1);
  }
}

}  // namespace msdemo
