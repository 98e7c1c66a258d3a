#include "base/json.hpp"

#include <fmt/format.h>

#include "base/limits.hpp"

template class nlohmann::basic_json<nlohmann::ordered_map>;

namespace msdemo {

namespace {

/// nlohmann's parser does not recurse, but a document should not be able to cost memory out of
/// proportion to its size.
bool nests_too_deep(std::string_view text) {
  std::size_t depth = 0;
  bool in_string = false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (in_string) {
      if (c == '\\') ++i;
      if (c == '"') in_string = false;
    } else if (c == '"') {
      in_string = true;
    } else if (c == '{' || c == '[') {
      if (++depth > limits::kJsonDepth) return true;
    } else if ((c == '}' || c == ']') && depth > 0) {
      --depth;
    }
  }
  return false;
}

/// "…: syntax error while parsing value - unexpected end of input" -> the part after the position.
std::string reason(std::string_view what) {
  const auto colon = what.find(": ");
  return std::string(colon == std::string_view::npos ? what : what.substr(colon + 2));
}

}  // namespace

Result<Json> parse_json(std::string_view text) {
  if (text.empty()) return fail(Code::malformed_json, "the body is empty, a JSON object is needed");
  if (nests_too_deep(text)) {
    return fail(Code::malformed_json,
                fmt::format("the JSON nests deeper than {} levels", limits::kJsonDepth));
  }
  try {
    return Json::parse(text);
  } catch (const Json::parse_error& error) {
    return fail(Code::malformed_json,
                fmt::format("not JSON at byte {}: {}", error.byte, reason(error.what())));
  } catch (const Json::exception& error) {
    return fail(Code::malformed_json, reason(error.what()));
  }
}

std::string dump_json(const Json& value) {
  return value.dump(-1, ' ', false, Json::error_handler_t::replace);
}

}  // namespace msdemo
