#include "commands/order_desk.hpp"

#include <fmt/format.h>
#include <poll.h>

#include <algorithm>
#include <mutex>
#include <thread>

#include "base/clock.hpp"
#include "base/limits.hpp"
#include "base/text.hpp"
#include "commands/service_call.hpp"
#include "commands/trace_view.hpp"
#include "timeline/layout.hpp"
#include "trace/traceparent.hpp"

namespace msdemo::commands {

namespace {

using contracts::Order;
using contracts::OrderStatus;
using std::chrono::seconds;

/// How long the order service is asked to hold each waiting GET: less than any exchange may last.
constexpr seconds kHold{20};

/// Between two questions when the service does not hold them: it has many waiters, or is not there.
constexpr std::chrono::milliseconds kAskAgain{100};

/// What ends by itself: the lab starts a dead service again, a busy one gets through its work.
bool passes(const Error& error) {
  return error.code == Code::unreachable || error.code == Code::connection_lost ||
         error.code == Code::timeout || error.code == Code::overloaded;
}

http::ClientRequest request_for(const contracts::NewOrder& new_order, OrderStyle style) {
  http::ClientRequest request{
      .method = "POST", .target = "/orders", .body = dump_json(contracts::to_json(new_order))};
  if (style == OrderStyle::async) request.headers.emplace_back("Prefer", "respond-async");
  return request;
}

Result<Order> order_in(const Result<http::ClientResponse>& answer) {
  if (!answer) return fail(answer.error());
  return contracts::parse_order(std::string_view(answer->body));
}

/// Whether everything is there that an order placed in this style always leaves behind.
bool whole(const Placed& placed, std::span<const trace::SpanRecord> spans) {
  const auto has = [&](auto&& condition) {
    return std::any_of(spans.begin(), spans.end(), condition);
  };
  if (placed.pending()) {
    return has([](const trace::SpanRecord& span) {
      return span.service == "order" && span.kind == trace::SpanKind::server;
    });
  }
  const bool notified = placed.style == OrderStyle::async && placed.order &&
                        placed.order->status != OrderStatus::failed;
  return timeline::complete(spans) && (!notified || has([](const trace::SpanRecord& span) {
           return span.service == "notify" && span.kind == trace::SpanKind::consumer;
         }));
}

}  // namespace

std::string_view to_string(OrderStyle style) {
  return style == OrderStyle::sync ? "sync" : "async";
}

Result<std::unique_ptr<OrderDesk>> OrderDesk::open(const std::string& lab) {
  auto found = lab::Lab::find(lab);
  if (!found) return fail(found.error());
  const auto urls = found->urls("order");
  if (!urls) return fail(urls.error());
  return std::unique_ptr<OrderDesk>(new OrderDesk(std::move(*found), *urls));
}

OrderDesk::OrderDesk(lab::Lab lab, const std::vector<std::string>& order_urls)
    : lab_(std::move(lab)),
      orders_(order_urls, "order"),
      sink_({lab_.control_url(), "/v1/traces"}),
      recorder_(sink_),
      sampler_(real_clock(), trace::Sampler::Rule::always),
      rng_(random_seed()),
      tracer_("client", recorder_, sampler_, real_clock(), rng_) {}

Placed OrderDesk::place(const contracts::NewOrder& new_order, OrderStyle style,
                        const std::string& key) {
  http::ClientRequest request = request_for(new_order, style);
  if (!key.empty()) request.headers.emplace_back("Idempotency-Key", key);

  trace::Span span = tracer_.start("order create", trace::SpanKind::internal, std::nullopt);
  Placed placed = send(request, style, span);
  if (placed.refused()) span.fail(placed.order.error().message);
  return placed;
}

std::vector<Placed> OrderDesk::place_together(const contracts::NewOrder& new_order,
                                              OrderStyle style, std::size_t count,
                                              std::size_t at_once,
                                              const std::function<void(std::size_t)>& on_done) {
  const http::ClientRequest request = request_for(new_order, style);
  trace::Span span = tracer_.start(fmt::format("order create × {}", count),
                                   trace::SpanKind::internal, std::nullopt);
  std::vector<std::optional<Placed>> placed(count);
  std::mutex mutex;
  std::size_t next = 0;
  std::size_t done = 0;
  const auto work = [&] {
    std::unique_lock lock(mutex);
    while (next < count) {
      const std::size_t mine = next++;
      lock.unlock();
      placed[mine] = send(request, style, span);
      lock.lock();
      on_done(++done);
    }
  };
  std::vector<std::thread> callers;
  for (std::size_t i = 0; i < std::min(at_once, count); ++i) callers.emplace_back(work);
  for (std::thread& caller : callers) caller.join();
  std::vector<Placed> all;
  for (auto& one : placed) all.push_back(std::move(*one));
  if (std::ranges::any_of(all, &Placed::refused)) span.fail("not all of them were placed");
  return all;
}

Placed OrderDesk::send(const http::ClientRequest& request, OrderStyle style,
                       const trace::Span& span) {
  const std::int64_t asked_unix_nano = unix_nano(real_clock().system_now());
  const SteadyTime asked = real_clock().steady_now();
  const auto answer = call(orders_, request, &span, "/orders");
  const auto took = real_clock().steady_now() - asked;
  auto order = order_in(answer);
  const int refused_status = order ? 0 : info(order.error().code).http_status;
  std::optional<std::string> foreign_answer;
  if (answer && !order && lab_.foreign("order")) foreign_answer = answer->body;
  return {.style = style,
          .order = std::move(order),
          .http_status = answer ? answer->status : refused_status,
          .trace_id = span.context().trace_id.hex(),
          .asked = asked,
          .asked_unix_nano = asked_unix_nano,
          .answered = took,
          .foreign_answer = std::move(foreign_answer)};
}

load::Plan OrderDesk::untraced(const contracts::NewOrder& new_order, OrderStyle style) const {
  const http::ClientRequest request = request_for(new_order, style);
  std::string bytes =
      fmt::format("{} {} HTTP/1.1\r\nHost: localhost\r\nUser-Agent: msdemo\r\nContent-Type: {}\r\n",
                  request.method, request.target, request.content_type);
  for (const auto& [name, value] : request.headers) bytes += fmt::format("{}: {}\r\n", name, value);
  bytes += fmt::format("Content-Length: {}\r\n\r\n{}", request.body.size(), request.body);
  load::Plan plan{.request = std::move(bytes)};
  plan.spread_over(orders_.urls());
  return plan;
}

Result<void> OrderDesk::await(std::span<Placed> orders,
                              const std::function<void(std::size_t)>& on_done) {
  SteadyTime deadline = real_clock().steady_now() + kPatience;
  std::size_t count = 0;
  for (Placed& placed : orders) {
    if (placed.style == OrderStyle::async && placed.order) {
      if (placed.pending()) {
        auto order = wait_until_ended(placed.order->id, deadline);
        if (!order) return fail(std::move(order.error()));
        placed.order = std::move(*order);
      }
      if (!placed.pending()) {
        const SteadyTime now = real_clock().steady_now();
        placed.ended = now - placed.asked;
        deadline = now + kPatience;
      }
    }
    on_done(++count);
  }
  return {};
}

Result<Order> OrderDesk::await(std::int64_t id) {
  return wait_until_ended(id, real_clock().steady_now() + kPatience);
}

Result<Order> OrderDesk::wait_until_ended(std::int64_t id, SteadyTime deadline) {
  SteadyTime give_up_at = real_clock().steady_now() + limits::kStartTimeout;
  for (;;) {
    const SteadyTime asked = real_clock().steady_now();
    const auto left = std::max(std::chrono::ceil<seconds>(deadline - asked), seconds(0));
    // That somebody waits is no part of what the order went through.
    const auto answer = call(
        orders_, {.target = fmt::format("/orders/{}", id),
                  .headers = {{"Prefer", fmt::format("wait={}", std::min(left, kHold).count())},
                              {"traceparent", trace::unsampled_traceparent(rng_)}}});
    auto order = order_in(answer);
    const SteadyTime now = real_clock().steady_now();
    if (order && (order->status != OrderStatus::pending || now >= deadline)) return order;
    // A service that takes a question and does not answer is there, as a paused one is.
    if (order || order.error().code == Code::timeout) {
      give_up_at = std::min(now + limits::kStartTimeout, deadline);
    }
    if (!order && (interrupted_ || !passes(order.error()))) return order;
    if (!order && now >= give_up_at) {
      return fail(Code::unreachable,
                  fmt::format("order {} was accepted, but the order service does not answer: {}",
                              id, order.error().message),
                  "`msdemo ps` shows how the services are");
    }
    if (now - asked < kAskAgain) ::poll(nullptr, 0, static_cast<int>(kAskAgain.count()));
  }
}

Result<std::vector<trace::SpanRecord>> OrderDesk::trace(const Placed& placed) {
  recorder_.flush();
  // What the order service did for a pending order is on its way; the rest has not happened yet.
  const auto wait = placed.pending() ? 5 * limits::kSpanDelay : limits::kTraceWait;
  return wait_for_trace(lab_, placed.trace_id, wait, [&](std::span<const trace::SpanRecord> spans) {
    return whole(placed, spans);
  });
}

Result<Json> OrderDesk::ask(const std::string& target) {
  return commands::ask(orders_, {.target = target});
}

}  // namespace msdemo::commands
