// How lists are paged: by id, so that a page stays right while rows are added.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/error.hpp"

namespace msdemo::contracts {

/// `?limit=&after=`: at most `limit` items whose id is greater than `after`.
struct PageRequest {
  std::int64_t limit;
  std::int64_t after;
};

/// `limit` is 1…limits::kPageMax (default limits::kPageDefault), `after` an id or 0, the start.
Result<PageRequest> parse_page(const std::optional<std::string>& limit,
                               const std::optional<std::string>& after);

/// One page, in order of id. `next` is the `after` of the next page; nothing on the last page.
template <class Item>
struct Page {
  std::vector<Item> items;
  std::optional<std::int64_t> next;
};

/// Makes a page of `items`, which hold up to `limit` + 1: the extra one tells that more follow.
template <class Item>
Page<Item> make_page(std::vector<Item> items, std::int64_t limit) {
  Page<Item> page{std::move(items), std::nullopt};
  if (static_cast<std::int64_t>(page.items.size()) > limit) {
    page.items.pop_back();
    page.next = page.items.back().id;
  }
  return page;
}

}  // namespace msdemo::contracts
