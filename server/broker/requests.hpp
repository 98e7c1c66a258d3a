// The bodies of requests to the broker, read and checked.
#pragma once

#include <chrono>
#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.hpp"
#include "broker/store.hpp"
#include "messaging/broker.hpp"

namespace msdemo::broker {

struct ReceiveRequest {
  std::size_t max;
  std::chrono::milliseconds wait;
};

struct SettleRequest {
  std::vector<Held> deliveries;
  std::chrono::milliseconds delay{0};  ///< for retry
  std::string reason{};                ///< for dead
};

/// All fail with malformed_json, or with invalid_field and the field: `messages[3].key`.
/// parse_publish() also with body_too_large, naming the message.
Result<std::vector<messaging::Message>> parse_publish(std::string_view body);
Result<std::vector<std::string>> parse_subscribe(std::string_view body);
Result<ReceiveRequest> parse_receive(std::string_view body);
Result<SettleRequest> parse_settle(std::string_view body);

/// Of a path or a query. A topic's or a group's name.
Result<std::string> check_name(std::string_view field, std::string_view text);

}  // namespace msdemo::broker
