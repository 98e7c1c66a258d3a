// What topics, groups and patterns may be called, and which topics a pattern stands for.
#pragma once

#include <string_view>

namespace msdemo::messaging {

inline constexpr std::string_view kNameRule =
    "1 to 64 characters of a-z, 0-9, '.' and '-' (not counting a last '.dead')";
inline constexpr std::string_view kPatternRule =
    "a topic's name, in which any word between dots may be '*'";

/// Of a topic or a group. A topic's dead letters get its name and `.dead`, which must not make the
/// longest name too long.
bool valid_name(std::string_view name);
bool valid_pattern(std::string_view pattern);

bool has_wildcard(std::string_view pattern);

/// `*` is one word, but never the `dead` at the end of `<topic>.dead`.
bool matches(std::string_view pattern, std::string_view topic);

/// Is it `<topic>.dead`?
bool is_dead_topic(std::string_view topic);

}  // namespace msdemo::messaging
