// What people and programs are told of orders that were placed, and the exit status that goes with
// it.
#pragma once

#include <string>
#include <vector>

#include "base/json.hpp"
#include "commands/order_desk.hpp"
#include "commands/program.hpp"

namespace msdemo::commands {

/// As docs/reference/json.md fixes it. `waited`: until it was no longer pending.
Json to_json(const Placed& placed, bool waited);

/// One line of an order that was not refused.
std::string headline(const Placed& placed);

/// The same, or what went wrong.
std::string outcome_line(const Placed& placed);

/// Tells people why an order that was waited for is not confirmed, and what to do next. Returns its
/// exit status.
int tell_ending(const Program& program, const contracts::Order& order);

/// The exit status of the first that was not accepted, else of the first that did not end well.
int exit_status_of(const std::vector<Placed>& all, bool waited);

/// How many came to what, on stderr.
void tell_totals(const std::vector<Placed>& all);

}  // namespace msdemo::commands
