// `order create --rate`: orders at a constant rate, whether or not earlier ones were answered, and
// what became of them second by second.
#pragma once

#include <cstddef>

#include "commands/order_desk.hpp"
#include "commands/program.hpp"

namespace msdemo::commands {

struct OrderLoad {
  contracts::NewOrder order;
  OrderStyle style = OrderStyle::sync;
  double rate = 0;        ///< orders per second, more than 0 and up to limits::kOrderRate
  std::size_t count = 0;  ///< all in all
};

/// Places the orders, prints a line a second and a summary. Returns the exit status of the first
/// failure. The orders are not traced by the client; services sample a few by themselves.
int place_load(const Program& program, OrderDesk& desk, const OrderLoad& load);

}  // namespace msdemo::commands
