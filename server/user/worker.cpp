// Async: server/messaging/outbox_relay.cpp -> [server/user/worker.cpp] -> server/order/worker.cpp
#include "user/worker.hpp"

#include <fmt/format.h>

#include "base/text.hpp"
#include "contracts/messages.hpp"
#include "trace/traceparent.hpp"

namespace msdemo::user {

namespace {

using messaging::Event;
using messaging::Received;
namespace topics = contracts::topics;

Result<contracts::LookupReplied> look_up(UserStore& store, const Received& received) {
  if (received.event.type != topics::kLookupRequested) {
    return fail(Code::invalid_message,
                fmt::format("nobody here understands the type {}", received.event.type));
  }
  const auto request = contracts::parse_lookup_requested(received.event.data);
  if (!request) return fail(request.error());
  contracts::LookupReplied reply{request->order_id, request->user_id, std::nullopt};
  auto user = store.find(request->user_id, &received.span);
  if (user) {
    reply.username = std::move(user->name);
  } else if (user.error().code != Code::user_not_found) {
    return fail(std::move(user.error()));
  }
  return reply;
}

}  // namespace

std::vector<std::string> UserWorker::topics() {
  return {std::string(topics::kLookupRequested)};
}

Result<void> UserWorker::handle(std::span<const Received> batch) {
  const std::string name = fmt::format("publish {}", topics::kLookupReplied);
  std::vector<messaging::Message> replies;
  std::vector<trace::Span> spans;  // each ends when the broker has its reply
  for (const Received& received : batch) {
    const auto reply = look_up(store_, received);
    if (!reply) return fail(reply.error());
    spans.push_back(received.span.child(name, trace::SpanKind::producer));
    const Event event{.id = received.event.id + ".replied",
                      .source = "/user",
                      .type = std::string(topics::kLookupReplied),
                      .time = format_rfc3339(clock_.system_now()),
                      .correlation_id = received.event.correlation_id,
                      .partition_key = received.event.partition_key,
                      .traceparent = trace::format_traceparent(spans.back().context()),
                      .data = to_json(*reply)};
    replies.push_back({event.type, event.partition_key, to_text(event)});
  }
  auto published = broker_.publish(replies);
  if (!published) {
    for (trace::Span& span : spans) span.fail(published.error().message);
  }
  return published;
}

}  // namespace msdemo::user
