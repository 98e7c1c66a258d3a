// librdkafka's C API, made safe to hold: what it hands out is owned, and its errors are ours.
#pragma once

#include <librdkafka/rdkafka.h>

#include <chrono>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "base/error.hpp"

namespace msdemo::messaging {

template <auto destroy>
struct KafkaDestroy {
  template <class T>
  void operator()(T* object) const {
    destroy(object);
  }
};

using KafkaHandle = std::unique_ptr<rd_kafka_t, KafkaDestroy<rd_kafka_destroy>>;
using KafkaQueue = std::unique_ptr<rd_kafka_queue_t, KafkaDestroy<rd_kafka_queue_destroy>>;
using KafkaEvent = std::unique_ptr<rd_kafka_event_t, KafkaDestroy<rd_kafka_event_destroy>>;
using KafkaError = std::unique_ptr<rd_kafka_error_t, KafkaDestroy<rd_kafka_error_destroy>>;
using KafkaMessage = std::unique_ptr<rd_kafka_message_t, KafkaDestroy<rd_kafka_message_destroy>>;
using KafkaPartitions = std::unique_ptr<rd_kafka_topic_partition_list_t,
                                        KafkaDestroy<rd_kafka_topic_partition_list_destroy>>;
using KafkaAdminOptions =
    std::unique_ptr<rd_kafka_AdminOptions_t, KafkaDestroy<rd_kafka_AdminOptions_destroy>>;
using KafkaMetadata =
    std::unique_ptr<const rd_kafka_metadata_t, KafkaDestroy<rd_kafka_metadata_destroy>>;
using KafkaSettings = std::vector<std::pair<const char*, std::string>>;

/// A configuration on its way to make_kafka_client(). Its log is this process's log.
class KafkaConfiguration {
 public:
  /// All are names that the library knows; anything else is a bug.
  explicit KafkaConfiguration(const KafkaSettings& settings);

  rd_kafka_conf_t* get() const { return conf_.get(); }
  rd_kafka_conf_t* release() { return conf_.release(); }

 private:
  std::unique_ptr<rd_kafka_conf_t, KafkaDestroy<rd_kafka_conf_destroy>> conf_;
};

/// What every client of ours is told: whom to ask, and to be quick about coming back.
KafkaSettings common_kafka_settings(const std::string& servers, std::chrono::milliseconds call);

/// Connects to nothing yet. Fails with lab_failed when the library cannot start its threads.
Result<KafkaHandle> make_kafka_client(rd_kafka_type_t type, KafkaConfiguration configuration);

KafkaPartitions make_kafka_partitions(std::size_t expected = 8);

/// What `code` means for a call that may have had an effect; `what` says which.
Error kafka_error(rd_kafka_resp_err_t code, const std::string& what);

/// The same where certainly nothing was done: what else would be indefinite is `unreachable`.
Error kafka_refusal(rd_kafka_resp_err_t code, const std::string& what);

/// Topics and brokers as they are now. Never makes a topic.
Result<KafkaMetadata> kafka_metadata(rd_kafka_t* client, std::chrono::milliseconds call);

/// The next event of `queue`; a failure of it is an error as kafka_error() says.
Result<KafkaEvent> await_kafka_event(rd_kafka_queue_t* queue, std::chrono::milliseconds call,
                                     const std::string& what);

inline int kafka_ms(std::chrono::milliseconds time) {
  return static_cast<int>(time.count());
}

/// The text of a header; empty without one.
std::string kafka_header(const rd_kafka_message_t& message, const char* name);

inline std::string kafka_text(const void* data, std::size_t size) {
  return data == nullptr ? std::string() : std::string(static_cast<const char*>(data), size);
}

}  // namespace msdemo::messaging
