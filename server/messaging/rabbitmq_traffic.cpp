// What goes through a connection to RabbitMQ: messages out and their confirms, messages in and what
// becomes of them.
#include <algorithm>
#include <utility>

#include "messaging/rabbitmq_connection.hpp"
#include "messaging/rabbitmq_properties.hpp"

namespace msdemo::messaging {

// ---- publishing

Result<void> RabbitmqConnection::send(const AmqpMessage& message) {
  if (auto may = begin(); !may) return may;
  const AmqpProperties properties(message);
  const int sent = amqp_basic_publish(state_.get(), kChannel, bytes_of(message.exchange),
                                      bytes_of(message.routing_key), kYes, kNo, &properties.get(),
                                      bytes_of(message.body));
  if (auto done = check(sent); !done) return done;
  unconfirmed_.insert(unconfirmed_.end(), ++sent_);
  return {};
}

Result<RabbitmqConnection::Confirmed> RabbitmqConnection::await_confirmed() {
  while (!unconfirmed_.empty()) {
    const auto came = read(end_);
    if (!came) return fail(came.error());
    if (!*came) return fail(check(AMQP_STATUS_TIMEOUT).error());
  }
  return std::exchange(confirmed_, {});
}

void RabbitmqConnection::confirm(std::uint64_t number, bool multiple, bool refused) {
  const auto first = multiple ? unconfirmed_.begin() : unconfirmed_.find(number);
  if (first == unconfirmed_.end()) return;
  const auto last = multiple ? unconfirmed_.upper_bound(number) : std::next(first);
  if (refused) confirmed_.refused += static_cast<std::size_t>(std::distance(first, last));
  unconfirmed_.erase(first, last);
}

// ---- consuming

Result<void> RabbitmqConnection::consume(const std::string& queue, const std::string& consumer,
                                         int prefetch) {
  if (auto may = begin(); !may) return may;
  // What is set here counts for the consumers that begin afterwards, each by itself.
  amqp_basic_qos(state_.get(), kChannel, 0, static_cast<std::uint16_t>(prefetch), kNo);
  if (auto done = check(amqp_get_rpc_reply(state_.get())); !done) return done;
  amqp_basic_consume(state_.get(), kChannel, bytes_of(queue), bytes_of(consumer), kNo, kNo, kNo,
                     amqp_empty_table);
  return check(amqp_get_rpc_reply(state_.get()));
}

Result<void> RabbitmqConnection::cancel(const std::string& consumer) {
  if (auto may = begin(); !may) return may;
  amqp_basic_cancel(state_.get(), kChannel, bytes_of(consumer));
  if (auto done = check(amqp_get_rpc_reply(state_.get())); !done) return done;
  // What was on its way when it ended came before the answer.
  const auto rest = read(real_clock().steady_now());
  if (!rest) return fail(rest.error());
  return {};
}

std::vector<AmqpMessage> RabbitmqConnection::take_arrived(std::string_view consumer) {
  const auto others = std::stable_partition(
      arrived_.begin(), arrived_.end(),
      [consumer](const AmqpMessage& message) { return message.consumer != consumer; });
  std::vector<AmqpMessage> taken(std::make_move_iterator(others),
                                 std::make_move_iterator(arrived_.end()));
  arrived_.erase(others, arrived_.end());
  return taken;
}

Result<void> RabbitmqConnection::ack(std::uint64_t tag, Ack which) {
  if (auto may = begin(); !may) return may;
  return check(amqp_basic_ack(state_.get(), kChannel, tag, which == Ack::up_to_this ? kYes : kNo));
}

/// By basic.reject: since RabbitMQ 4.3 a basic.nack does not count as an attempt.
Result<void> RabbitmqConnection::give_back(std::uint64_t tag) {
  if (auto may = begin(); !may) return may;
  return check(amqp_basic_reject(state_.get(), kChannel, tag, kYes));
}

/// Acks have no answer; but RabbitMQ handles what a channel sends in order, and this has one.
Result<void> RabbitmqConnection::flush() {
  if (auto may = begin(); !may) return may;
  amqp_basic_qos(state_.get(), kChannel, 0, 1, kNo);
  return check(amqp_get_rpc_reply(state_.get()));
}

// ---- reading

Result<bool> RabbitmqConnection::read(SteadyTime end) {
  bool any = false;
  for (;;) {
    const auto came = read_frame(any ? SteadyTime::min() : end);
    if (!came) return came;
    if (!*came) return any;
    any = true;
  }
}

Result<bool> RabbitmqConnection::read_frame(SteadyTime end) {
  if (broken_) return fail(Code::connection_lost, *broken_);
  amqp_maybe_release_buffers(state_.get());
  amqp_frame_t frame;
  const timeval time = end == SteadyTime::min() ? timeval{} : time_until(end);
  const int status = amqp_simple_wait_frame_noblock(state_.get(), &frame, &time);
  if (status == AMQP_STATUS_TIMEOUT) return false;
  if (auto done = check(status); !done) return fail(done.error());
  if (auto done = take(frame); !done) return fail(done.error());
  return true;
}

Result<void> RabbitmqConnection::take(const amqp_frame_t& frame) {
  switch (frame.frame_type) {
    case AMQP_FRAME_METHOD:
      return take_method(frame.payload.method);
    case AMQP_FRAME_HEADER:
      read_properties(
          *static_cast<const amqp_basic_properties_t*>(frame.payload.properties.decoded),
          incoming_);
      missing_ = frame.payload.properties.body_size;
      incoming_.body.reserve(std::min<std::size_t>(missing_, kFrameBytes));
      if (missing_ == 0) complete();
      return {};
    case AMQP_FRAME_BODY: {
      const std::string_view part = view_of(frame.payload.body_fragment);
      incoming_.body += part;
      missing_ -= std::min(missing_, part.size());
      if (missing_ == 0) complete();
      return {};
    }
    default:
      return {};
  }
}

void RabbitmqConnection::complete() {
  if (returned_) {
    confirmed_.unheard.push_back(incoming_.id);
  } else {
    arrived_.push_back(std::move(incoming_));
  }
  incoming_ = {};
}

Result<void> RabbitmqConnection::take_method(const amqp_method_t& method) {
  switch (method.id) {
    case AMQP_BASIC_DELIVER_METHOD: {
      const auto& deliver = *static_cast<const amqp_basic_deliver_t*>(method.decoded);
      incoming_ = {.exchange = text_of(deliver.exchange),
                   .routing_key = text_of(deliver.routing_key),
                   .consumer = text_of(deliver.consumer_tag),
                   .tag = deliver.delivery_tag};
      returned_ = false;
      return {};
    }
    case AMQP_BASIC_RETURN_METHOD:
      incoming_ = {};
      returned_ = true;
      return {};
    case AMQP_BASIC_ACK_METHOD: {
      const auto& ack = *static_cast<const amqp_basic_ack_t*>(method.decoded);
      confirm(ack.delivery_tag, ack.multiple != 0, false);
      return {};
    }
    case AMQP_BASIC_NACK_METHOD: {
      const auto& nack = *static_cast<const amqp_basic_nack_t*>(method.decoded);
      confirm(nack.delivery_tag, nack.multiple != 0, true);
      return {};
    }
    case AMQP_BASIC_CANCEL_METHOD:
      return broke(Code::connection_lost, "a queue was deleted, or has no leader");
    case AMQP_CHANNEL_CLOSE_METHOD:
    case AMQP_CONNECTION_CLOSE_METHOD:
      return closed_by_server(method);
    case AMQP_CONNECTION_BLOCKED_METHOD:
      blocked_ = true;
      return {};
    case AMQP_CONNECTION_UNBLOCKED_METHOD:
      blocked_ = false;
      return {};
    default:
      return {};
  }
}

}  // namespace msdemo::messaging
