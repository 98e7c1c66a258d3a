#include "messaging/kafka_client.hpp"

#include <fmt/format.h>
#include <spdlog/spdlog.h>
#include <syslog.h>

#include <array>
#include <cstdlib>

#include "base/text.hpp"

namespace msdemo::messaging {

namespace {

void log_line(const rd_kafka_t*, int level, const char*, const char* text) {
  const auto severity = level <= LOG_ERR       ? spdlog::level::warn
                        : level <= LOG_WARNING ? spdlog::level::info
                                               : spdlog::level::debug;
  spdlog::log(severity, "kafka: {}", escape_control(text));
}

std::string described(rd_kafka_resp_err_t code, const std::string& what) {
  return fmt::format("{}: {}", what, rd_kafka_err2str(code));
}

}  // namespace

KafkaConfiguration::KafkaConfiguration(const KafkaSettings& settings) : conf_(rd_kafka_conf_new()) {
  std::array<char, 256> problem{};
  for (const auto& [name, value] : settings) {
    if (rd_kafka_conf_set(conf_.get(), name, value.c_str(), problem.data(), problem.size()) !=
        RD_KAFKA_CONF_OK) {
      spdlog::critical("kafka: {}", problem.data());
      std::abort();
    }
  }
  rd_kafka_conf_set_log_cb(conf_.get(), log_line);
}

KafkaSettings common_kafka_settings(const std::string& servers, std::chrono::milliseconds call) {
  return {{"bootstrap.servers", servers},
          {"client.id", "msdemo"},
          {"socket.timeout.ms", std::to_string(call.count())},
          {"socket.nagle.disable", "true"},
          {"reconnect.backoff.ms", "50"},
          {"reconnect.backoff.max.ms", "1000"},
          {"allow.auto.create.topics", "false"},
          {"log.connection.close", "false"}};
}

Result<KafkaHandle> make_kafka_client(rd_kafka_type_t type, KafkaConfiguration configuration) {
  std::array<char, 256> problem{};
  KafkaHandle client(rd_kafka_new(type, configuration.get(), problem.data(), problem.size()));
  if (!client) {
    return fail(Code::lab_failed, fmt::format("Kafka's client cannot start: {}", problem.data()));
  }
  configuration.release();  // the client's now
  return client;
}

KafkaPartitions make_kafka_partitions(std::size_t expected) {
  return KafkaPartitions(rd_kafka_topic_partition_list_new(static_cast<int>(expected)));
}

Error kafka_error(rd_kafka_resp_err_t code, const std::string& what) {
  const auto as = [&](Code ours) { return Error{.code = ours, .message = described(code, what)}; };
  switch (code) {
    case RD_KAFKA_RESP_ERR__TIMED_OUT:
    case RD_KAFKA_RESP_ERR__TIMED_OUT_QUEUE:
    case RD_KAFKA_RESP_ERR__MSG_TIMED_OUT:
    case RD_KAFKA_RESP_ERR_REQUEST_TIMED_OUT:
      return as(Code::timeout);
    case RD_KAFKA_RESP_ERR_ILLEGAL_GENERATION:
    case RD_KAFKA_RESP_ERR_UNKNOWN_MEMBER_ID:
    case RD_KAFKA_RESP_ERR_REBALANCE_IN_PROGRESS:
    case RD_KAFKA_RESP_ERR_COORDINATOR_LOAD_IN_PROGRESS:
      return as(Code::overloaded);  // while a group changes; soon it is decided
    case RD_KAFKA_RESP_ERR_MSG_SIZE_TOO_LARGE:
      return as(Code::body_too_large);
    case RD_KAFKA_RESP_ERR__TRANSPORT:
    case RD_KAFKA_RESP_ERR__ALL_BROKERS_DOWN:
      return as(Code::connection_lost);
    default:
      return as(Code::invalid_reply);
  }
}

Error kafka_refusal(rd_kafka_resp_err_t code, const std::string& what) {
  Error error = kafka_error(code, what);
  if (!error.definite()) error.code = Code::unreachable;
  return error;
}

Result<KafkaMetadata> kafka_metadata(rd_kafka_t* client, std::chrono::milliseconds call) {
  const rd_kafka_metadata_t* metadata = nullptr;
  const auto code = rd_kafka_metadata(client, 1, nullptr, &metadata, kafka_ms(call));
  if (code != RD_KAFKA_RESP_ERR_NO_ERROR) {
    return fail(kafka_refusal(code, "Kafka does not say which topics it has"));
  }
  return KafkaMetadata(metadata);
}

Result<KafkaEvent> await_kafka_event(rd_kafka_queue_t* queue, std::chrono::milliseconds call,
                                     const std::string& what) {
  KafkaEvent event(rd_kafka_queue_poll(queue, kafka_ms(call)));
  if (!event) return fail(kafka_error(RD_KAFKA_RESP_ERR__TIMED_OUT, what));
  const auto code = rd_kafka_event_error(event.get());
  if (code != RD_KAFKA_RESP_ERR_NO_ERROR) return fail(kafka_error(code, what));
  return event;
}

std::string kafka_header(const rd_kafka_message_t& message, const char* name) {
  rd_kafka_headers_t* headers = nullptr;
  const void* value = nullptr;
  std::size_t size = 0;
  if (rd_kafka_message_headers(&message, &headers) != RD_KAFKA_RESP_ERR_NO_ERROR ||
      rd_kafka_header_get_last(headers, name, &value, &size) != RD_KAFKA_RESP_ERR_NO_ERROR) {
    return {};
  }
  return kafka_text(value, size);
}

}  // namespace msdemo::messaging
