#include "contracts/page.hpp"

#include <fmt/format.h>

#include "base/limits.hpp"
#include "base/text.hpp"
#include "contracts/fields.hpp"

namespace msdemo::contracts {

Result<PageRequest> parse_page(const std::optional<std::string>& limit,
                               const std::optional<std::string>& after) {
  PageRequest page{limits::kPageDefault, 0};
  if (limit) {
    const auto value = parse_integer(*limit);
    if (!value || *value < 1 || *value > limits::kPageMax) {
      return invalid("limit", fmt::format("an integer from 1 to {}", limits::kPageMax));
    }
    page.limit = *value;
  }
  if (after) {
    const auto value = parse_integer(*after);
    if (!value || *value < 0) return invalid("after", "an id, or 0 for the start");
    page.after = *value;
  }
  return page;
}

}  // namespace msdemo::contracts
