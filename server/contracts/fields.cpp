#include "contracts/fields.hpp"

#include <fmt/format.h>

#include "base/limits.hpp"
#include "base/text.hpp"

namespace msdemo::contracts {

namespace {

constexpr std::string_view kIdRule = "an integer from 1 to 9223372036854775807";

/// Stands for a byte that is not UTF-8 until we know which field it is in: U+FFFF is not a
/// character, so no text has it.
constexpr std::string_view kInvalidMark = "\xef\xbf\xbf";

std::string text_rule() {
  return fmt::format("text of 1 to {} characters of valid UTF-8 without U+0000",
                     limits::kTextCodePoints);
}

}  // namespace

tl::unexpected<Error> invalid(std::string_view field, std::string_view rule) {
  return fail(Error{.code = Code::invalid_field,
                    .message = fmt::format("{} must be {}", field, rule),
                    .field = std::string(field)});
}

Result<std::int64_t> check_id(std::string_view field, std::string_view text) {
  const auto id = parse_integer(text);
  if (!id || *id < 1) return invalid(field, kIdRule);
  return *id;
}

Result<Fields> Fields::parse(std::string_view body) {
  const bool utf8 = count_code_points(body).has_value();
  auto json = utf8 ? parse_json(body) : parse_json(replace_invalid_utf8(body, kInvalidMark));
  if (!json) return fail(std::move(json.error()));
  if (!json->is_object()) return fail(Code::malformed_json, "the body must be a JSON object");
  return Fields(std::move(*json));
}

Result<std::int64_t> Fields::id(const char* field) const {
  const auto value = object_.find(field);
  if (value == object_.end()) return invalid(field, fmt::format("given: {}", kIdRule));
  const bool in_range = value->is_number_unsigned() && value->get<std::uint64_t>() >= 1 &&
                        value->get<std::uint64_t>() <= std::uint64_t{INT64_MAX};
  if (!in_range) return invalid(field, kIdRule);
  return value->get<std::int64_t>();
}

Result<std::string> Fields::text(const char* field) const {
  const auto value = object_.find(field);
  if (value == object_.end()) return invalid(field, fmt::format("given: {}", text_rule()));
  if (!value->is_string()) return invalid(field, text_rule());
  const auto& text = value->get_ref<const std::string&>();
  const auto length = count_code_points(text);
  const bool bad = !length || *length < 1 || *length > limits::kTextCodePoints ||
                   text.find('\0') != std::string::npos ||
                   text.find(kInvalidMark) != std::string::npos;
  if (bad) return invalid(field, text_rule());
  return text;
}

}  // namespace msdemo::contracts
