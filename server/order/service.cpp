// The order trail: server/order/routes.cpp -> [server/order/service.cpp] -> server/user/routes.cpp
#include "order/service.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "base/limits.hpp"
#include "base/text.hpp"
#include "contracts/problem.hpp"
#include "contracts/user.hpp"
#include "trace/traceparent.hpp"

namespace msdemo::order {

namespace {

/// What is wrong with the user service's answer; if nothing, its user is in `user`.
Result<void> read_user(const http::ClientResponse& answer, contracts::User& user) {
  if (answer.status != 200) {
    Error problem = contracts::from_problem(answer.status, answer.body);
    if (problem.code == Code::user_not_found) problem.code = Code::unknown_user;
    return fail(std::move(problem));
  }
  auto parsed = contracts::parse_user(answer.body);
  if (!parsed) return fail(std::move(parsed.error()));
  user = std::move(*parsed);
  return {};
}

/// Whatever went wrong on the way to the user service, nothing was stored: for our caller it is
/// definite, even where the lookup's own fate is unknown.
Error upstream_error(const Error& error, std::int64_t user_id) {
  switch (error.code) {
    case Code::unknown_user:
      return {Code::unknown_user, fmt::format("user {} does not exist", user_id),
              "create the user first, or order for another one"};
    case Code::bulkhead_full:
    case Code::breaker_open:
      return error;
    case Code::timeout:
    case Code::deadline_exceeded:
      return {Code::upstream_timeout, "the user service did not answer in time"};
    case Code::invalid_reply:
      return {Code::upstream_invalid, "the user service: " + error.message};
    default:
      return {Code::upstream_unavailable, "the user service: " + error.message};
  }
}

}  // namespace

OrderService::OrderService(OrderStore& store, http::ProtectedClient& users,
                           messaging::Broker& broker, const resilience::Policies& policies,
                           Waiters& waiters, faults::Faults& faults, const Clock& clock, Rng& rng)
    : store_(store),
      users_(users),
      broker_(broker),
      policies_(policies),
      waiters_(waiters),
      faults_(faults),
      clock_(clock),
      rng_(rng) {}

Result<Placement> OrderService::place(const contracts::NewOrder& new_order,
                                      const std::optional<std::string>& key,
                                      const std::optional<SteadyTime>& deadline,
                                      trace::Span& span) {
  if (key) {
    // A repeated order must not depend on the user service any more.
    auto earlier = store_.find_by_key(*key, new_order, &span);
    if (!earlier) return fail(std::move(earlier.error()));
    if (*earlier) return std::move(**earlier);
  }
  const auto name = look_up_user(new_order.user_id, deadline, span);
  if (!name) return fail(name.error());
  if (deadline && clock_.steady_now() >= *deadline) {
    span.decide("policy.deadline", "not stored: the caller's deadline passed during the lookup");
    return fail(Code::deadline_exceeded, "the deadline passed before the order was stored");
  }
  auto placed =
      store_.add_confirmed(new_order, *name, format_rfc3339(clock_.system_now()), key, span);
  if (placed) faults_.reach("after-commit");
  return placed;
}

Result<Placement> OrderService::accept(const contracts::NewOrder& new_order,
                                       const std::optional<std::string>& key,
                                       const trace::Span& span) {
  const resilience::Publish publish = policies_.get().publish;
  const std::string request_id = trace::TraceId::random(rng_).hex();
  auto placed = store_.add_pending(new_order, format_rfc3339(clock_.system_now()), request_id,
                                   publish, key, span);
  if (placed) faults_.reach("after-commit");
  if (!placed || placed->repeated || publish == resilience::Publish::outbox) return placed;
  auto published = publish_directly(placed->order, request_id, span);
  if (!published) return fail(std::move(published.error()));
  return placed;
}

Result<void> OrderService::publish_directly(const contracts::Order& order,
                                            const std::string& request_id,
                                            const trace::Span& span) {
  messaging::Event event = lookup_requested(order, request_id);
  trace::Span publishing =
      span.child(fmt::format("publish {}", event.type), trace::SpanKind::producer);
  event.traceparent = trace::format_traceparent(publishing.context());
  faults_.reach("before-publish");
  const messaging::Message message{event.type, event.partition_key, to_text(event)};
  auto published = broker_.publish(std::span(&message, 1));
  faults_.reach("after-publish");
  if (published) return published;
  publishing.fail(published.error().message);
  return fail(Code::internal,
              fmt::format("order {} is stored, but its message is not published: {}", order.id,
                          published.error().message));
}

Result<contracts::Order> OrderService::wait_until_decided(std::int64_t id,
                                                          std::chrono::seconds wait,
                                                          const trace::Span& span) {
  using std::chrono::steady_clock;
  const SteadyTime deadline = steady_clock::now() + wait;
  Waiters::Place place(waiters_, id);
  auto order = store_.find(id, &span);
  while (order && order->status == contracts::OrderStatus::pending && place.has_room() &&
         steady_clock::now() < deadline) {
    place.wait_until(std::min(deadline, steady_clock::now() + limits::kOrderReread));
    order = store_.find(id, &span);
  }
  return order;
}

Result<UserName> OrderService::look_up_user(std::int64_t id,
                                            const std::optional<SteadyTime>& deadline,
                                            trace::Span& span) {
  contracts::User user{};
  const auto found = users_.send(
      {.request = {.target = fmt::format("/users/{}", id)},
       .route = "/users/{id}",
       .deadline = deadline},
      [&](const http::ClientResponse& answer) { return read_user(answer, user); }, span);
  if (found) {
    last_known_.remember(id, user.name);
    return UserName{std::move(user.name)};
  }
  const Error error = upstream_error(found.error(), id);
  if (error.code == Code::unknown_user || !policies_.get().call.fallback) return fail(error);
  auto known = last_known_.find(id);
  span.decide("policy.fallback",
              known ? fmt::format("fallback: the last known name, because {}", error.message)
                    : fmt::format("no fallback: user {} was never looked up before", id));
  if (!known) return fail(error);
  return UserName{std::move(*known), true};
}

}  // namespace msdemo::order
