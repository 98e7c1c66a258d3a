#include "messaging/kafka_producer.hpp"

#include <fmt/format.h>

#include <condition_variable>
#include <mutex>

namespace msdemo::messaging {

namespace {

using std::chrono::milliseconds;

/// For the one who collects delivery reports to look up: it is woken when there is one.
constexpr int kReporterTick = 1000;

/// A report that is late comes at the library's next look at its clock.
constexpr milliseconds kLateReport{1500};

/// What became of the records of one call. It lives until the last report, which may come after
/// the call has given up.
class Outcome {
 public:
  explicit Outcome(std::size_t records) : pending_(records) {}

  /// Of one record.
  void report(rd_kafka_resp_err_t code, bool may_be_there) {
    const std::lock_guard lock(mutex_);
    if (code == RD_KAFKA_RESP_ERR_NO_ERROR) {
      some_there_ = true;
    } else {
      code_ = code;
      some_there_ = some_there_ || may_be_there;
    }
    if (--pending_ == 0) done_.notify_all();
  }

  bool await(milliseconds wait) {
    std::unique_lock lock(mutex_);
    return done_.wait_for(lock, wait, [&] { return pending_ == 0; });
  }

  Result<void> result() const {
    const std::lock_guard lock(mutex_);
    if (code_ == RD_KAFKA_RESP_ERR_NO_ERROR) return {};
    if (!some_there_) return fail(kafka_refusal(code_, "Kafka has none of the messages"));
    Error error = kafka_error(code_, "Kafka may have some of the messages");
    if (error.definite()) error.code = Code::connection_lost;
    return fail(std::move(error));
  }

 private:
  mutable std::mutex mutex_;  ///< guards all below
  std::condition_variable done_;
  std::size_t pending_;
  rd_kafka_resp_err_t code_ = RD_KAFKA_RESP_ERR_NO_ERROR;
  bool some_there_ = false;
};

using Share = std::shared_ptr<Outcome>;

void on_report(rd_kafka_t*, const rd_kafka_message_t* message, void*) {
  const std::unique_ptr<Share> share(static_cast<Share*>(message->_private));
  (*share)->report(message->err,
                   rd_kafka_message_status(message) != RD_KAFKA_MSG_STATUS_NOT_PERSISTED);
}

rd_kafka_headers_t* headers_of(const KafkaRecord& record) {
  if (record.headers.empty()) return nullptr;
  rd_kafka_headers_t* const headers = rd_kafka_headers_new(record.headers.size());
  for (const auto& [name, value] : record.headers) {
    rd_kafka_header_add(headers, name, -1, value.data(), static_cast<ssize_t>(value.size()));
  }
  return headers;
}

template <class T>
void* address(const T* data) {
  return const_cast<void*>(static_cast<const void*>(data));  // the library only reads and copies
}

rd_kafka_vu_t part(rd_kafka_vtype_t kind) {
  rd_kafka_vu_t value{};
  value.vtype = kind;
  return value;
}

/// Hands the record to the library, which copies it; `share` is its own from then on.
rd_kafka_resp_err_t enqueue(rd_kafka_t* client, const KafkaRecord& record, Share* share) {
  std::vector<rd_kafka_vu_t> parts;
  parts.reserve(7);
  parts.push_back(part(RD_KAFKA_VTYPE_TOPIC));
  parts.back().u.cstr = record.topic.c_str();
  parts.push_back(part(RD_KAFKA_VTYPE_PARTITION));
  parts.back().u.i32 = record.partition;
  parts.push_back(part(RD_KAFKA_VTYPE_MSGFLAGS));
  parts.back().u.i = RD_KAFKA_MSG_F_COPY;
  parts.push_back(part(RD_KAFKA_VTYPE_OPAQUE));
  parts.back().u.ptr = share;
  if (!record.key.empty()) {
    parts.push_back(part(RD_KAFKA_VTYPE_KEY));
    parts.back().u.mem = {address(record.key.data()), record.key.size()};
  }
  if (record.value) {
    parts.push_back(part(RD_KAFKA_VTYPE_VALUE));
    // An empty text is not the same as none.
    parts.back().u.mem = {address(record.value->empty() ? "" : record.value->data()),
                          record.value->size()};
  }
  rd_kafka_headers_t* const headers = headers_of(record);
  if (headers != nullptr) {
    parts.push_back(part(RD_KAFKA_VTYPE_HEADERS));
    parts.back().u.headers = headers;
  }
  const KafkaError error(rd_kafka_produceva(client, parts.data(), parts.size()));
  if (!error) return RD_KAFKA_RESP_ERR_NO_ERROR;
  if (headers != nullptr) rd_kafka_headers_destroy(headers);
  return rd_kafka_error_code(error.get());
}

}  // namespace

Result<std::unique_ptr<KafkaProducer>> KafkaProducer::open(const std::string& servers,
                                                           milliseconds call) {
  KafkaSettings settings = common_kafka_settings(servers, call);
  const std::string limit = std::to_string(call.count());
  settings.insert(settings.end(), {{"enable.idempotence", "true"},
                                   {"acks", "all"},
                                   {"message.timeout.ms", limit},
                                   {"request.timeout.ms", limit},
                                   // Long enough for a call's messages to travel together.
                                   {"linger.ms", "0.5"},
                                   // As Java's clients do, so that one key is in one partition.
                                   {"partitioner", "murmur2_random"},
                                   {"queue.buffering.max.kbytes", "65536"},
                                   {"retry.backoff.ms", "50"}});
  KafkaConfiguration configuration(settings);
  rd_kafka_conf_set_dr_msg_cb(configuration.get(), on_report);
  auto client = make_kafka_client(RD_KAFKA_PRODUCER, std::move(configuration));
  if (!client) return fail(std::move(client.error()));
  return std::unique_ptr<KafkaProducer>(new KafkaProducer(std::move(*client), call));
}

KafkaProducer::KafkaProducer(KafkaHandle client, milliseconds call)
    : client_(std::move(client)),
      call_(call),
      reports_(rd_kafka_queue_get_main(client_.get())),
      reporter_([this] {
        while (!stopping_) rd_kafka_queue_poll_callback(reports_.get(), kReporterTick);
      }) {}

KafkaProducer::~KafkaProducer() {
  // Whoever called has an answer; what is still here belongs to calls that gave up.
  rd_kafka_purge(client_.get(), RD_KAFKA_PURGE_F_QUEUE | RD_KAFKA_PURGE_F_INFLIGHT);
  stopping_ = true;
  rd_kafka_queue_yield(reports_.get());
  reporter_.join();
  rd_kafka_flush(client_.get(), kafka_ms(call_));  // serves the last reports
  reports_.reset();
}

bool KafkaProducer::broken() const {
  return rd_kafka_fatal_error(client_.get(), nullptr, 0) != RD_KAFKA_RESP_ERR_NO_ERROR;
}

Result<void> KafkaProducer::send(std::span<const KafkaRecord> records) {
  if (records.empty()) return {};
  const auto outcome = std::make_shared<Outcome>(records.size());
  const auto deadline = std::chrono::steady_clock::now() + call_;
  for (const KafkaRecord& record : records) {
    auto share = std::make_unique<Share>(outcome);
    rd_kafka_resp_err_t code = enqueue(client_.get(), record, share.get());
    while (code == RD_KAFKA_RESP_ERR__QUEUE_FULL && std::chrono::steady_clock::now() < deadline) {
      // Room is made by whoever collects the reports; the library has no word for "now there is".
      outcome->await(milliseconds(1));
      code = enqueue(client_.get(), record, share.get());
    }
    if (code == RD_KAFKA_RESP_ERR_NO_ERROR) {
      static_cast<void>(share.release());
    } else {
      outcome->report(code, false);
    }
  }
  if (!outcome->await(call_ + kLateReport)) {
    return fail(Code::timeout, fmt::format("Kafka did not confirm in {} ms", call_.count()));
  }
  return outcome->result();
}

}  // namespace msdemo::messaging
