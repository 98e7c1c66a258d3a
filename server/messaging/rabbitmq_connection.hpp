// A connection to RabbitMQ with one channel in it. Beside rabbitmq_properties the only code that
// calls rabbitmq-c, whose rules it keeps: one thread at a time, no frame left unread, no wait
// without an end.
#pragma once

#include <chrono>
#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "base/clock.hpp"
#include "base/error.hpp"
#include "messaging/rabbitmq_library.hpp"
#include "messaging/rabbitmq_message.hpp"
#include "messaging/rabbitmq_names.hpp"

namespace msdemo::messaging {

/// Not thread-safe. After an error that broke it every call fails with connection_lost; RabbitMQ
/// closes a channel for every refusal, so that a refusal breaks it, too, and is lab_failed with
/// RabbitMQ's words. No call takes longer than until the time given to finish_by(): it fails with
/// timeout then, and the connection is broken.
class RabbitmqConnection {
 public:
  using Arguments = std::vector<std::pair<std::string, std::variant<std::string, std::int64_t>>>;

  /// Fails with unreachable, with timeout, or with lab_failed where RabbitMQ does not let us in.
  /// Whoever asks for a heartbeat must call read() at least twice in each. Zero is none.
  static Result<std::unique_ptr<RabbitmqConnection>> open(const RabbitmqAddress& address,
                                                          std::chrono::seconds heartbeat,
                                                          SteadyTime end);
  RabbitmqConnection(const RabbitmqConnection&) = delete;
  RabbitmqConnection& operator=(const RabbitmqConnection&) = delete;

  /// Says goodbye if it can. What was not settled goes back to its queue.
  ~RabbitmqConnection();

  void finish_by(SteadyTime end) { end_ = end; }
  bool broken() const { return broken_.has_value(); }

  /// For poll(): when it is readable, call read().
  int descriptor() const;

  // ---- what there is; all of it durable. Declaring what is there already changes nothing.

  Result<void> declare_exchange(const std::string& name, const std::string& type,
                                const Arguments& arguments = {});
  Result<void> bind_exchange(const std::string& destination, const std::string& source,
                             const std::string& key);
  Result<void> declare_queue(const std::string& name, const Arguments& arguments);
  Result<void> bind_queue(const std::string& queue, const std::string& exchange,
                          const std::string& key);
  Result<void> delete_queue(const std::string& name);
  Result<void> delete_exchange(const std::string& name);

  /// The messages of a queue that are with nobody; nothing if there is no such queue.
  Result<std::optional<std::int64_t>> count(const std::string& queue);

  // ---- publishing

  /// Sends it, to be confirmed. Fails with connection_lost.
  Result<void> send(const AmqpMessage& message);

  /// What became of all that was sent since the last call, once all of it is known.
  struct Confirmed {
    std::size_t refused = 0;            ///< by a queue that is full or not available
    std::vector<std::int64_t> unheard;  ///< ids of those for which there is no queue at all
  };
  Result<Confirmed> await_confirmed();

  // ---- consuming

  /// Messages of `queue` arrive under the name `consumer`, at most `prefetch` unsettled ones.
  Result<void> consume(const std::string& queue, const std::string& consumer, int prefetch);
  Result<void> cancel(const std::string& consumer);

  /// Takes in all that has come, and waits until `end` if nothing has. True if something came.
  Result<bool> read(SteadyTime end);

  /// What has arrived and was not taken out yet, in order.
  std::deque<AmqpMessage>& arrived() { return arrived_; }

  /// Takes out what has arrived for `consumer`.
  std::vector<AmqpMessage> take_arrived(std::string_view consumer);

  enum class Ack { this_one, up_to_this };
  Result<void> ack(std::uint64_t tag, Ack which);
  Result<void> give_back(std::uint64_t tag);

  /// Returns when RabbitMQ has got everything that was sent before.
  Result<void> flush();

 private:
  struct Destroy {
    void operator()(amqp_connection_state_t state) const { amqp_destroy_connection(state); }
  };

  static constexpr amqp_channel_t kChannel = 1;

  RabbitmqConnection();
  Result<void> connect(const RabbitmqAddress& address, std::chrono::seconds heartbeat);
  Result<void> open_channel();

  // Each turns what the library says into ours, and notes that the connection is broken.
  Result<void> check(const amqp_rpc_reply_t& reply);
  Result<void> check(int status);
  tl::unexpected<Error> broke(Code code, std::string message);
  tl::unexpected<Error> closed_by_server(const amqp_method_t& method);

  /// Before each call of the library: whether it makes sense, and how long it may take.
  Result<void> begin();
  Result<bool> read_frame(SteadyTime end);
  Result<void> take(const amqp_frame_t& frame);
  Result<void> take_method(const amqp_method_t& method);
  void confirm(std::uint64_t number, bool multiple, bool refused);
  void complete();

  std::unique_ptr<amqp_connection_state_t_, Destroy> state_;
  SteadyTime end_{};
  std::optional<std::string> broken_;  ///< why
  bool blocked_ = false;               ///< RabbitMQ is short of memory or disk

  std::uint64_t sent_ = 0;  ///< the number of the last message, as confirms name it
  std::set<std::uint64_t> unconfirmed_;
  Confirmed confirmed_;

  // A message arrives as a method, a header and bodies.
  AmqpMessage incoming_;
  std::size_t missing_ = 0;  ///< bytes of its body
  bool returned_ = false;    ///< it is one of ours, for which there is no queue
  std::deque<AmqpMessage> arrived_;
};

}  // namespace msdemo::messaging
