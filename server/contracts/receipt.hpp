// What travels about receipts.
#pragma once

#include <cstdint>
#include <string>

#include "base/json.hpp"
#include "contracts/page.hpp"

namespace msdemo::contracts {

/// What a customer was told about an order.
struct Receipt {
  std::int64_t id;
  std::int64_t order_id;
  std::string status;  ///< the order's: `confirmed` or `rejected`
  std::string text;
  std::string sent_at;  ///< RFC 3339, UTC
};

Json to_json(const Receipt& receipt);

/// `{"receipts":[…],"next":id or null}`
Json to_json(const Page<Receipt>& page);

}  // namespace msdemo::contracts
