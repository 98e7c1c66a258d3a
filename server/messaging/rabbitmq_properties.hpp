// The properties and headers of a message, to and from rabbitmq-c's structures.
#pragma once

#include <array>
#include <string>

#include "messaging/rabbitmq_library.hpp"
#include "messaging/rabbitmq_message.hpp"

namespace msdemo::messaging {

/// Points into itself and into its message, which must outlive it.
class AmqpProperties {
 public:
  explicit AmqpProperties(const AmqpMessage& message);
  AmqpProperties(const AmqpProperties&) = delete;
  AmqpProperties& operator=(const AmqpProperties&) = delete;

  const amqp_basic_properties_t& get() const { return properties_; }

 private:
  void add_text(std::string_view name, const std::string& value);
  void add_number(std::string_view name, std::int64_t value);

  std::string id_;
  std::array<amqp_table_entry_t, 7> headers_;
  amqp_basic_properties_t properties_{};
};

/// What `properties` say of `message`. What is missing or of another kind keeps its default.
void read_properties(const amqp_basic_properties_t& properties, AmqpMessage& message);

}  // namespace msdemo::messaging
