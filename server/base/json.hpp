// JSON from outside, with a limit on nesting and errors made for the person who sent it.
#pragma once

#include <nlohmann/json.hpp>
#include <string_view>

#include "base/error.hpp"

// Compiled once, in json.cpp: without this every file that touches JSON compiles a quarter longer.
extern template class nlohmann::basic_json<nlohmann::ordered_map>;

namespace msdemo {

/// Keeps members in the order they were written, which is the order people read them in.
using Json = nlohmann::ordered_json;

/// Parses one JSON document (RFC 8259). Fails with malformed_json, saying where and why; nesting
/// deeper than limits::kJsonDepth is refused before anything is built.
Result<Json> parse_json(std::string_view text);

/// `value` as compact JSON; strings that are not UTF-8 get U+FFFD instead of an exception.
std::string dump_json(const Json& value);

}  // namespace msdemo
