// Names of words between dots, as topics are, and patterns for them.
#pragma once

#include <string_view>

namespace msdemo {

/// Does `name` have the words of `pattern`, of which `*` is any one word?
bool words_match(std::string_view pattern, std::string_view name);

}  // namespace msdemo
