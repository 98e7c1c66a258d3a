// What a consumer hears that settles deliveries whose lease has ended, of whichever broker.
#pragma once

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <cstdint>
#include <vector>

#include "messaging/broker.hpp"

namespace msdemo::messaging {

/// Collects them, so that all others can be settled nonetheless.
class StaleLeases {
 public:
  StaleLeases() = default;
  explicit StaleLeases(const Delivery& delivery) { add(delivery); }
  explicit StaleLeases(std::vector<std::int64_t> message_ids) : ids_(std::move(message_ids)) {}

  void add(const Delivery& delivery) { ids_.push_back(delivery.id); }

  /// Fails with stale_lease, naming the messages, if there are any.
  Result<void> result() const {
    if (ids_.empty()) return {};
    return fail(Code::stale_lease,
                fmt::format("the lease has ended of message {}; what else was named is settled",
                            fmt::join(ids_, ", ")),
                "handle a message again when it comes again, or extend its lease in time");
  }

 private:
  std::vector<std::int64_t> ids_;
};

}  // namespace msdemo::messaging
