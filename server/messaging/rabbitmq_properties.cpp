#include "messaging/rabbitmq_properties.hpp"

#include <optional>

#include "base/text.hpp"

namespace msdemo::messaging {

namespace {

constexpr std::int64_t kNanosecondsPerSecond = 1'000'000'000;
constexpr std::uint8_t kPersistent = 2;

constexpr std::string_view kTopic = "msdemo-topic";
constexpr std::string_view kKey = "msdemo-key";
constexpr std::string_view kPublished = "msdemo-published-unix-nano";
constexpr std::string_view kGroup = "msdemo-group";
constexpr std::string_view kReason = "msdemo-reason";
constexpr std::string_view kAttempts = "msdemo-attempts";
constexpr std::string_view kDied = "msdemo-died-unix-nano";

// Given by RabbitMQ: how often a quorum queue took it back, and what became of it before (a list of
// tables, the latest death first).
constexpr std::string_view kReturns = "x-delivery-count";
constexpr std::string_view kDeaths = "x-death";
constexpr std::string_view kDeathQueue = "queue";
constexpr std::string_view kDeathTime = "time";

/// Every kind of integer: which one RabbitMQ chooses differs from version to version.
std::optional<std::int64_t> integer_of(const amqp_field_value_t& value) {
  switch (value.kind) {
    case AMQP_FIELD_KIND_I8:
      return value.value.i8;
    case AMQP_FIELD_KIND_U8:
      return value.value.u8;
    case AMQP_FIELD_KIND_I16:
      return value.value.i16;
    case AMQP_FIELD_KIND_U16:
      return value.value.u16;
    case AMQP_FIELD_KIND_I32:
      return value.value.i32;
    case AMQP_FIELD_KIND_U32:
      return value.value.u32;
    case AMQP_FIELD_KIND_I64:
      return value.value.i64;
    case AMQP_FIELD_KIND_U64:
    case AMQP_FIELD_KIND_TIMESTAMP:
      return static_cast<std::int64_t>(value.value.u64);
    default:
      return std::nullopt;
  }
}

void read_integer(const amqp_field_value_t& value, std::int64_t& number) {
  number = integer_of(value).value_or(number);
}

void read_text(const amqp_field_value_t& value, std::string& text) {
  if (value.kind == AMQP_FIELD_KIND_UTF8 || value.kind == AMQP_FIELD_KIND_BYTES) {
    text = text_of(value.value.bytes);
  }
}

void read_deaths(const amqp_field_value_t& value, AmqpMessage& message) {
  if (value.kind != AMQP_FIELD_KIND_ARRAY || value.value.array.num_entries == 0) return;
  const amqp_field_value_t& latest = value.value.array.entries[0];
  if (latest.kind != AMQP_FIELD_KIND_TABLE) return;
  for (int i = 0; i < latest.value.table.num_entries; ++i) {
    const amqp_table_entry_t& entry = latest.value.table.entries[i];
    if (view_of(entry.key) == kDeathQueue) read_text(entry.value, message.died_in);
    if (view_of(entry.key) == kDeathTime) {
      message.died_unix_nano = integer_of(entry.value).value_or(0) * kNanosecondsPerSecond;
    }
  }
}

}  // namespace

AmqpProperties::AmqpProperties(const AmqpMessage& message) : id_(std::to_string(message.id)) {
  properties_._flags = AMQP_BASIC_DELIVERY_MODE_FLAG | AMQP_BASIC_MESSAGE_ID_FLAG |
                       AMQP_BASIC_TIMESTAMP_FLAG | AMQP_BASIC_HEADERS_FLAG;
  properties_.delivery_mode = kPersistent;
  properties_.message_id = bytes_of(id_);
  properties_.timestamp =
      static_cast<std::uint64_t>(message.published_unix_nano / kNanosecondsPerSecond);
  properties_.headers.entries = headers_.data();
  add_number(kPublished, message.published_unix_nano);
  add_text(kTopic, message.topic);
  if (!message.key.empty()) add_text(kKey, message.key);
  if (message.died_unix_nano == 0) return;
  add_text(kGroup, message.group);
  add_text(kReason, message.reason);
  add_number(kAttempts, message.attempts);
  add_number(kDied, message.died_unix_nano);
}

void AmqpProperties::add_text(std::string_view name, const std::string& value) {
  amqp_table_entry_t& entry =
      headers_.at(static_cast<std::size_t>(properties_.headers.num_entries++));
  entry.key = bytes_of(name);
  entry.value.kind = AMQP_FIELD_KIND_UTF8;
  entry.value.value.bytes = bytes_of(value);
}

void AmqpProperties::add_number(std::string_view name, std::int64_t value) {
  amqp_table_entry_t& entry =
      headers_.at(static_cast<std::size_t>(properties_.headers.num_entries++));
  entry.key = bytes_of(name);
  entry.value.kind = AMQP_FIELD_KIND_I64;
  entry.value.value.i64 = value;
}

void read_properties(const amqp_basic_properties_t& properties, AmqpMessage& message) {
  if ((properties._flags & AMQP_BASIC_TIMESTAMP_FLAG) != 0) {
    message.published_unix_nano =
        static_cast<std::int64_t>(properties.timestamp) * kNanosecondsPerSecond;
  }
  if ((properties._flags & AMQP_BASIC_MESSAGE_ID_FLAG) != 0) {
    message.id = parse_integer(view_of(properties.message_id)).value_or(0);
  }
  if ((properties._flags & AMQP_BASIC_HEADERS_FLAG) == 0) return;
  const amqp_table_entry_t* deaths = nullptr;
  for (int i = 0; i < properties.headers.num_entries; ++i) {
    const amqp_table_entry_t& entry = properties.headers.entries[i];
    const std::string_view name = view_of(entry.key);
    if (name == kTopic) read_text(entry.value, message.topic);
    if (name == kKey) read_text(entry.value, message.key);
    if (name == kPublished) read_integer(entry.value, message.published_unix_nano);
    if (name == kGroup) read_text(entry.value, message.group);
    if (name == kReason) read_text(entry.value, message.reason);
    if (name == kAttempts) read_integer(entry.value, message.attempts);
    if (name == kDied) read_integer(entry.value, message.died_unix_nano);
    if (name == kReturns) read_integer(entry.value, message.returns);
    if (name == kDeaths) deaths = &entry;
  }
  // A copy that dies itself has both; the later death is RabbitMQ's.
  if (deaths != nullptr) read_deaths(deaths->value, message);
}

}  // namespace msdemo::messaging
