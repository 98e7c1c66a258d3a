#include "messaging/rabbitmq_connection.hpp"

#include <fmt/format.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <sys/time.h>

#include <algorithm>
#include <array>

#include "base/text.hpp"
#include "messaging/rabbitmq_properties.hpp"

namespace msdemo::messaging {

namespace {

using std::chrono::milliseconds;

constexpr int kAnyChannels = 0;

/// A quorum queue that does not answer RabbitMQ within this time is empty, it says
/// (rabbit_quorum_queue:stat). It is asked again then; or it is only far away.
constexpr milliseconds kQueuePatience{250};
constexpr int kQueueAskedAgain = 3;

amqp_table_entry_t yes(const char* name) {
  amqp_table_entry_t entry{};
  entry.key = amqp_cstring_bytes(name);
  entry.value.kind = AMQP_FIELD_KIND_BOOLEAN;
  entry.value.value.boolean = kYes;
  return entry;
}

/// Arguments as the library wants them; the given ones must outlive it.
class Table {
 public:
  explicit Table(const RabbitmqConnection::Arguments& arguments) {
    for (const auto& [name, value] : arguments) {
      amqp_table_entry_t& entry = entries_.emplace_back();
      entry.key = bytes_of(name);
      if (const auto* text = std::get_if<std::string>(&value)) {
        entry.value.kind = AMQP_FIELD_KIND_UTF8;
        entry.value.value.bytes = bytes_of(*text);
      } else {
        entry.value.kind = AMQP_FIELD_KIND_I64;
        entry.value.value.i64 = std::get<std::int64_t>(value);
      }
    }
  }

  amqp_table_t get() {
    return {.num_entries = static_cast<int>(entries_.size()), .entries = entries_.data()};
  }

 private:
  std::vector<amqp_table_entry_t> entries_;
};

}  // namespace

// ---- opening and closing

Result<std::unique_ptr<RabbitmqConnection>> RabbitmqConnection::open(const RabbitmqAddress& address,
                                                                     std::chrono::seconds heartbeat,
                                                                     SteadyTime end) {
  std::unique_ptr<RabbitmqConnection> connection(new RabbitmqConnection());
  connection->finish_by(end);
  if (auto done = connection->connect(address, heartbeat); !done) return fail(done.error());
  if (auto done = connection->open_channel(); !done) return fail(done.error());
  return connection;
}

RabbitmqConnection::RabbitmqConnection() : state_(amqp_new_connection()) {}

RabbitmqConnection::~RabbitmqConnection() {
  if (broken_ || !begin()) return;
  static_cast<void>(amqp_connection_close(state_.get(), AMQP_REPLY_SUCCESS));
}

Result<void> RabbitmqConnection::connect(const RabbitmqAddress& address,
                                         std::chrono::seconds heartbeat) {
  amqp_socket_t* const socket = amqp_tcp_socket_new(state_.get());
  timeval time = time_until(end_);
  const int opened = amqp_socket_open_noblock(socket, address.host.c_str(), address.port, &time);
  if (opened != AMQP_STATUS_OK) {
    return broke(Code::unreachable, fmt::format("no RabbitMQ answers at {}:{}: {}", address.host,
                                                address.port, amqp_error_string2(opened)));
  }
  time = time_until(end_);
  amqp_set_handshake_timeout(state_.get(), &time);
  // RabbitMQ stops reading when it is short of memory or disk, and rabbitmq-c would then wait
  // forever to send: so the kernel ends a connection that moves nothing for as long as a call.
  const auto patience = static_cast<unsigned>(
      std::max<milliseconds>(std::chrono::ceil<milliseconds>(end_ - real_clock().steady_now()),
                             milliseconds(1))
          .count());
  ::setsockopt(descriptor(), IPPROTO_TCP, TCP_USER_TIMEOUT, &patience, sizeof(patience));

  // To be told when a queue is deleted, and when RabbitMQ takes no more messages.
  std::array capabilities = {yes("consumer_cancel_notify"), yes("connection.blocked")};
  std::array<amqp_table_entry_t, 2> told{};
  told[0].key = amqp_cstring_bytes("capabilities");
  told[0].value.kind = AMQP_FIELD_KIND_TABLE;
  told[0].value.value.table = {.num_entries = static_cast<int>(capabilities.size()),
                               .entries = capabilities.data()};
  told[1].key = amqp_cstring_bytes("connection_name");
  told[1].value.kind = AMQP_FIELD_KIND_UTF8;
  told[1].value.value.bytes = amqp_cstring_bytes("msdemo");
  const amqp_table_t properties = {.num_entries = static_cast<int>(told.size()),
                                   .entries = told.data()};
  const amqp_rpc_reply_t reply = amqp_login_with_properties(
      state_.get(), address.vhost.c_str(), kAnyChannels, kFrameBytes,
      static_cast<int>(heartbeat.count()), &properties, AMQP_SASL_METHOD_PLAIN,
      address.user.c_str(), address.password.c_str());
  if (auto done = check(reply); !done) {
    // Nothing was asked for yet, so that nothing can have happened.
    const Code code = done.error().code == Code::lab_failed ? Code::lab_failed : Code::unreachable;
    return fail(code, fmt::format("{} does not let us in: {}", address.shown, done.error().message),
                code == Code::lab_failed ? "check user, password and virtual host of the URL" : "");
  }
  return {};
}

Result<void> RabbitmqConnection::open_channel() {
  if (auto may = begin(); !may) return may;
  amqp_channel_open(state_.get(), kChannel);
  if (auto done = check(amqp_get_rpc_reply(state_.get())); !done) return done;
  amqp_confirm_select(state_.get(), kChannel);
  return check(amqp_get_rpc_reply(state_.get()));
}

int RabbitmqConnection::descriptor() const {
  return amqp_get_sockfd(state_.get());
}

// ---- errors

tl::unexpected<Error> RabbitmqConnection::broke(Code code, std::string message) {
  broken_ = message;
  return fail(code, std::move(message));
}

tl::unexpected<Error> RabbitmqConnection::closed_by_server(const amqp_method_t& method) {
  amqp_bytes_t text = amqp_empty_bytes;
  int code = 0;
  if (method.id == AMQP_CHANNEL_CLOSE_METHOD) {
    const auto* const close = static_cast<const amqp_channel_close_t*>(method.decoded);
    text = close->reply_text;
    code = close->reply_code;
  } else if (method.id == AMQP_CONNECTION_CLOSE_METHOD) {
    const auto* const close = static_cast<const amqp_connection_close_t*>(method.decoded);
    text = close->reply_text;
    code = close->reply_code;
  }
  // An operator's or a dying node's goodbye is no answer to what we asked.
  if (code == AMQP_CONNECTION_FORCED || code == AMQP_INTERNAL_ERROR) {
    return broke(Code::connection_lost,
                 fmt::format("RabbitMQ closed the connection: {}", escape_control(text_of(text))));
  }
  return broke(Code::lab_failed,
               fmt::format("RabbitMQ refuses: {}", escape_control(text_of(text))));
}

Result<void> RabbitmqConnection::check(const amqp_rpc_reply_t& reply) {
  switch (reply.reply_type) {
    case AMQP_RESPONSE_NORMAL:
      return {};
    case AMQP_RESPONSE_SERVER_EXCEPTION:
      return closed_by_server(reply.reply);
    case AMQP_RESPONSE_LIBRARY_EXCEPTION:
      return check(reply.library_error);
    case AMQP_RESPONSE_NONE:
      break;
  }
  return broke(Code::connection_lost, "RabbitMQ closed the connection");
}

Result<void> RabbitmqConnection::check(int status) {
  if (status >= 0) return {};
  if (status == AMQP_STATUS_TIMEOUT) {
    return broke(Code::timeout, blocked_ ? "RabbitMQ is short of memory or disk and takes nothing"
                                         : "RabbitMQ did not answer in time");
  }
  return broke(Code::connection_lost,
               fmt::format("the connection to RabbitMQ broke: {}", amqp_error_string2(status)));
}

Result<void> RabbitmqConnection::begin() {
  if (broken_) return fail(Code::connection_lost, *broken_);
  const timeval time = time_until(end_);
  amqp_set_rpc_timeout(state_.get(), &time);
  return {};
}

// ---- what there is

Result<void> RabbitmqConnection::declare_exchange(const std::string& name, const std::string& type,
                                                  const Arguments& arguments) {
  if (auto may = begin(); !may) return may;
  Table table(arguments);
  amqp_exchange_declare(state_.get(), kChannel, bytes_of(name), bytes_of(type), kNo, kYes, kNo, kNo,
                        table.get());
  return check(amqp_get_rpc_reply(state_.get()));
}

Result<void> RabbitmqConnection::bind_exchange(const std::string& destination,
                                               const std::string& source, const std::string& key) {
  if (auto may = begin(); !may) return may;
  amqp_exchange_bind(state_.get(), kChannel, bytes_of(destination), bytes_of(source), bytes_of(key),
                     amqp_empty_table);
  return check(amqp_get_rpc_reply(state_.get()));
}

Result<void> RabbitmqConnection::declare_queue(const std::string& name,
                                               const Arguments& arguments) {
  if (auto may = begin(); !may) return may;
  Table table(arguments);
  amqp_queue_declare(state_.get(), kChannel, bytes_of(name), kNo, kYes, kNo, kNo, table.get());
  return check(amqp_get_rpc_reply(state_.get()));
}

Result<void> RabbitmqConnection::bind_queue(const std::string& queue, const std::string& exchange,
                                            const std::string& key) {
  if (auto may = begin(); !may) return may;
  amqp_queue_bind(state_.get(), kChannel, bytes_of(queue), bytes_of(exchange), bytes_of(key),
                  amqp_empty_table);
  return check(amqp_get_rpc_reply(state_.get()));
}

Result<void> RabbitmqConnection::delete_queue(const std::string& name) {
  if (auto may = begin(); !may) return may;
  amqp_queue_delete(state_.get(), kChannel, bytes_of(name), kNo, kNo);
  return check(amqp_get_rpc_reply(state_.get()));
}

Result<void> RabbitmqConnection::delete_exchange(const std::string& name) {
  if (auto may = begin(); !may) return may;
  amqp_exchange_delete(state_.get(), kChannel, bytes_of(name), kNo);
  return check(amqp_get_rpc_reply(state_.get()));
}

Result<std::optional<std::int64_t>> RabbitmqConnection::count(const std::string& queue) {
  for (int again = kQueueAskedAgain;; --again) {
    if (auto may = begin(); !may) return fail(may.error());
    const SteadyTime asked = real_clock().steady_now();
    const auto* const found = amqp_queue_declare(state_.get(), kChannel, bytes_of(queue), kYes, kNo,
                                                 kNo, kNo, amqp_empty_table);
    if (found == nullptr) break;
    const std::int64_t count = found->message_count;
    const bool answered = count > 0 || real_clock().steady_now() - asked < kQueuePatience;
    if (answered || again == 0) return count;
  }
  const amqp_rpc_reply_t reply = amqp_get_rpc_reply(state_.get());
  const bool closed = reply.reply_type == AMQP_RESPONSE_SERVER_EXCEPTION &&
                      reply.reply.id == AMQP_CHANNEL_CLOSE_METHOD;
  const bool missing =
      closed &&
      static_cast<amqp_channel_close_t*>(reply.reply.decoded)->reply_code == AMQP_NOT_FOUND;
  if (!missing) return fail(check(reply).error());
  // Whoever asks for what is not there loses the channel.
  amqp_channel_close_ok_t answer{};
  const int sent = amqp_send_method(state_.get(), kChannel, AMQP_CHANNEL_CLOSE_OK_METHOD, &answer);
  if (auto done = check(sent); !done) return fail(done.error());
  if (auto done = open_channel(); !done) return fail(done.error());
  return std::nullopt;
}

}  // namespace msdemo::messaging
