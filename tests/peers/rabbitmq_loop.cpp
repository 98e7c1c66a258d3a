// How fast RabbitMQ is with as little as possible in between, and how fast it is through our
// adapter: the same messages, the same batches, the same kind of queue, in turns.
//   rabbitmq_loop amqp://user:password@127.0.0.1:port [MESSAGES [ROUNDS]]
// prints one JSON document. It deletes what it made. scripts/bench/engine_brokers.py runs it.
#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <functional>
#include <stdexcept>
#include <string>
#include <vector>

#include "base/json.hpp"
#include "base/url.hpp"
#include "messaging/connect.hpp"
#include "messaging/rabbitmq_library.hpp"
#include "messaging/rabbitmq_topology.hpp"
#include "support/must.hpp"

namespace {

using namespace msdemo;
using test::must;

constexpr std::size_t kBatch = limits::kBatchMessages;
constexpr std::size_t kTaken = limits::kPrefetch;
constexpr amqp_channel_t kChannel = 1;
constexpr const char* kQueue = "msdemo-bare-loop";
const std::string kBody(400, 'x');  // about what one of our events has

double seconds_of(const std::function<void()>& work) {
  const auto begin = std::chrono::steady_clock::now();
  work();
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
}

/// rabbitmq-c as its examples use it, with confirms.
class Bare {
 public:
  explicit Bare(const Url& url) : state_(amqp_new_connection()) {
    amqp_socket_t* const socket = amqp_tcp_socket_new(state_);
    if (amqp_socket_open(socket, url.host.c_str(), url.port.value_or(5672)) != AMQP_STATUS_OK) {
      throw std::runtime_error("nothing answers there");
    }
    amqp_login(state_, "/", 0, messaging::kFrameBytes, 0, AMQP_SASL_METHOD_PLAIN, url.user.c_str(),
               url.password.c_str());
    amqp_channel_open(state_, kChannel);
    check();
    amqp_table_entry_t quorum{};
    quorum.key = amqp_cstring_bytes("x-queue-type");
    quorum.value.kind = AMQP_FIELD_KIND_UTF8;
    quorum.value.value.bytes = amqp_cstring_bytes("quorum");
    amqp_queue_declare(state_, kChannel, amqp_cstring_bytes(kQueue), 0, 1, 0, 0, {1, &quorum});
    check();
    amqp_confirm_select(state_, kChannel);
    check();
  }
  Bare(const Bare&) = delete;
  Bare& operator=(const Bare&) = delete;
  ~Bare() {
    amqp_queue_delete(state_, kChannel, amqp_cstring_bytes(kQueue), 0, 0);
    amqp_connection_close(state_, AMQP_REPLY_SUCCESS);
    amqp_destroy_connection(state_);
  }

  void publish(std::size_t count) {
    amqp_basic_properties_t properties{};
    properties._flags = AMQP_BASIC_DELIVERY_MODE_FLAG;
    properties.delivery_mode = 2;
    for (std::size_t done = 0; done < count; done += kBatch) {
      for (std::size_t i = 0; i < kBatch; ++i) {
        amqp_basic_publish(state_, kChannel, amqp_empty_bytes, amqp_cstring_bytes(kQueue), 1, 0,
                           &properties, messaging::bytes_of(kBody));
      }
      sent_ += kBatch;
      while (confirmed_ < sent_) await_confirm();
    }
  }

  void consume(std::size_t count) {
    amqp_basic_qos(state_, kChannel, 0, kTaken * limits::kSentAhead, 0);
    amqp_basic_consume(state_, kChannel, amqp_cstring_bytes(kQueue), amqp_cstring_bytes("bare"), 0,
                       0, 0, amqp_empty_table);
    check();
    for (std::size_t got = 1; got <= count; ++got) {
      amqp_maybe_release_buffers(state_);
      amqp_envelope_t envelope;
      if (amqp_consume_message(state_, &envelope, nullptr, 0).reply_type != AMQP_RESPONSE_NORMAL) {
        throw std::runtime_error("no message came");
      }
      if (got % kTaken == 0) amqp_basic_ack(state_, kChannel, envelope.delivery_tag, 1);
      amqp_destroy_envelope(&envelope);
    }
    amqp_basic_cancel(state_, kChannel, amqp_cstring_bytes("bare"));
    check();
  }

 private:
  void check() {
    if (amqp_get_rpc_reply(state_).reply_type != AMQP_RESPONSE_NORMAL) {
      throw std::runtime_error("RabbitMQ refuses");
    }
  }

  /// This queue refuses nothing, so that each confirm is a positive one.
  void await_confirm() {
    amqp_maybe_release_buffers(state_);
    amqp_frame_t frame;
    if (amqp_simple_wait_frame(state_, &frame) != AMQP_STATUS_OK) {
      throw std::runtime_error("the connection broke");
    }
    if (frame.payload.method.id != AMQP_BASIC_ACK_METHOD) return;
    const auto& ack = *static_cast<amqp_basic_ack_t*>(frame.payload.method.decoded);
    confirmed_ = ack.multiple != 0 ? std::max(confirmed_, ack.delivery_tag) : confirmed_ + 1;
  }

  amqp_connection_state_t state_;
  std::uint64_t sent_ = 0;
  std::uint64_t confirmed_ = 0;
};

/// The same through messaging::Broker.
class Adapter {
 public:
  explicit Adapter(const std::string& url) : broker_(must(messaging::connect({.url = url}))) {
    subscription_ = must(broker_->subscribe("bench", std::vector<std::string>{"bench"}));
  }

  void publish(std::size_t count) {
    const std::vector<messaging::Message> batch(kBatch, {"bench", "1", kBody});
    for (std::size_t done = 0; done < count; done += kBatch) must(broker_->publish(batch));
  }

  void consume(std::size_t count) {
    for (std::size_t got = 0; got < count;) {
      const auto some = must(subscription_->receive(kTaken, limits::kReceiveWait));
      must(subscription_->ack(some));
      got += some.size();
    }
  }

 private:
  std::unique_ptr<messaging::Broker> broker_;
  std::unique_ptr<messaging::Subscription> subscription_;
};

double median(std::vector<double> values) {
  std::sort(values.begin(), values.end());
  return values.at(values.size() / 2);
}

void measure(const std::string& url, std::size_t messages, int rounds) {
  std::vector<double> bare_out;
  std::vector<double> bare_in;
  std::vector<double> our_out;
  std::vector<double> our_in;
  const auto rate = [&](const std::function<void()>& work) {
    return static_cast<double>(messages) / seconds_of(work);
  };
  {
    Bare bare(must(parse_url(url)));
    Adapter ours(url + "/?prefix=bench");
    for (int round = 0; round < rounds; ++round) {
      bare_out.push_back(rate([&] { bare.publish(messages); }));
      our_out.push_back(rate([&] { ours.publish(messages); }));
      bare_in.push_back(rate([&] { bare.consume(messages); }));
      our_in.push_back(rate([&] { ours.consume(messages); }));
    }
  }
  must(messaging::remove_from_rabbitmq(url + "/?prefix=bench", std::vector<std::string>{"bench"}));
  const auto entry = [](const std::vector<double>& bare, const std::vector<double>& ours) {
    return Json{{"bare_per_s", median(bare)},
                {"adapter_per_s", median(ours)},
                {"ratio", median(ours) / median(bare)}};
  };
  std::puts(dump_json({{"messages", messages},
                       {"rounds", rounds},
                       {"publish", entry(bare_out, our_out)},
                       {"consume", entry(bare_in, our_in)}})
                .c_str());
}

}  // namespace

int main(int count, char** arguments) {
  try {
    if (count < 2) throw std::runtime_error("usage: rabbitmq_loop URL [MESSAGES [ROUNDS]]");
    const std::size_t messages = count > 2 ? std::strtoul(arguments[2], nullptr, 10) : 10'240;
    // Whole batches only.
    measure(arguments[1], std::max<std::size_t>(messages / kBatch, 1) * kBatch,
            count > 3 ? std::atoi(arguments[3]) : 5);
    return 0;
  } catch (const std::exception& error) {
    std::fprintf(stderr, "rabbitmq_loop: %s\n", error.what());
    return 1;
  }
}
