// The order trail: server/order/routes.cpp -> [server/order/service.cpp] -> server/user/routes.cpp
#include "order/service.hpp"

#include <fmt/format.h>

#include "base/text.hpp"
#include "contracts/problem.hpp"

namespace msdemo::order {

namespace {

/// Whatever went wrong on the way to the user service, nothing was stored: for our caller it is
/// definite, even where the lookup's own fate is unknown.
Error upstream_error(const Error& error) {
  switch (error.code) {
    case Code::timeout:
      return {Code::upstream_timeout, "the user service did not answer in time"};
    case Code::invalid_reply:
      return {Code::upstream_invalid, "the user service: " + error.message};
    default:
      return {Code::upstream_unavailable, "the user service: " + error.message};
  }
}

}  // namespace

OrderService::OrderService(OrderStore& store, http::Client& users, Waiters& waiters,
                           faults::Faults& faults, const Clock& clock, Rng& rng,
                           std::chrono::milliseconds lookup_deadline)
    : store_(store),
      users_(users),
      waiters_(waiters),
      faults_(faults),
      clock_(clock),
      rng_(rng),
      lookup_deadline_(lookup_deadline) {}

Result<Placement> OrderService::place(const contracts::NewOrder& new_order,
                                      const std::optional<std::string>& key,
                                      const trace::Span& span) {
  if (key) {
    // A repeated order must not depend on the user service any more.
    auto earlier = store_.find_by_key(*key, new_order, &span);
    if (!earlier) return fail(std::move(earlier.error()));
    if (*earlier) return std::move(**earlier);
  }
  const auto user = look_up_user(new_order.user_id, span);
  if (!user) return fail(user.error());
  return store_.add_confirmed(new_order, user->name, format_rfc3339(clock_.system_now()), key,
                              span);
}

Result<Placement> OrderService::accept(const contracts::NewOrder& new_order,
                                       const std::optional<std::string>& key,
                                       const trace::Span& span) {
  auto placed = store_.add_pending(new_order, format_rfc3339(clock_.system_now()),
                                   trace::TraceId::random(rng_).hex(), key, span);
  faults_.reach("after-commit");
  return placed;
}

Result<contracts::Order> OrderService::wait_until_decided(std::int64_t id,
                                                          std::chrono::seconds wait,
                                                          const trace::Span& span) {
  const SteadyTime deadline = std::chrono::steady_clock::now() + wait;
  Waiters::Place place(waiters_, id);
  auto order = store_.find(id, &span);
  while (order && order->status == contracts::OrderStatus::pending && place.wait_until(deadline)) {
    order = store_.find(id, &span);
  }
  return order;
}

Result<contracts::User> OrderService::look_up_user(std::int64_t id, const trace::Span& span) {
  const auto answer =
      users_.send({.target = fmt::format("/users/{}", id)}, lookup_deadline_, &span, "/users/{id}");
  if (!answer) return fail(upstream_error(answer.error()));
  if (answer->status == 200) {
    auto user = contracts::parse_user(answer->body);
    if (!user) return fail(upstream_error(user.error()));
    return user;
  }
  const Error problem = contracts::from_problem(answer->status, answer->body);
  if (problem.code == Code::user_not_found) {
    return fail(Code::unknown_user, fmt::format("user {} does not exist", id),
                "create the user first, or order for another one");
  }
  return fail(upstream_error(problem));
}

}  // namespace msdemo::order
