// Reads the fields of a JSON body, and says in one voice what is wrong with one.
#pragma once

#include <cstdint>
#include <limits>
#include <string>
#include <string_view>

#include "base/error.hpp"
#include "base/json.hpp"

namespace msdemo::contracts {

/// An invalid_field error: `<field> must be <rule>`.
tl::unexpected<Error> invalid(std::string_view field, std::string_view rule);

/// Ids are 1…2^63−1.
Result<std::int64_t> check_id(std::string_view field, std::string_view text);

/// The body of a request: one JSON object. Unknown fields are ignored (robustness principle).
class Fields {
 public:
  static Result<Fields> parse(std::string_view body);

  /// An id: a JSON integer from 1 to 2^63−1; `7.0` and `"7"` are not.
  Result<std::int64_t> id(const char* field) const;

  /// A text of 1…limits::kTextCodePoints code points of valid UTF-8 without U+0000.
  Result<std::string> text(const char* field) const;

 private:
  explicit Fields(Json object) : object_(std::move(object)) {}

  Json object_;
};

}  // namespace msdemo::contracts
