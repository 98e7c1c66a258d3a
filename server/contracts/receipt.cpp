#include "contracts/receipt.hpp"

namespace msdemo::contracts {

Json to_json(const Receipt& receipt) {
  return {{"id", receipt.id},
          {"order_id", receipt.order_id},
          {"status", receipt.status},
          {"text", receipt.text},
          {"sent_at", receipt.sent_at}};
}

Json to_json(const Page<Receipt>& page) {
  Json receipts = Json::array();
  for (const Receipt& receipt : page.items) receipts.push_back(to_json(receipt));
  return {{"receipts", std::move(receipts)}, {"next", page.next ? Json(*page.next) : Json()}};
}

}  // namespace msdemo::contracts
