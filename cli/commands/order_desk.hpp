// Where commands place orders and wait for them: one caller with its own traced client, so that
// `order create` and `compare` measure the same thing.
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.hpp"
#include "base/error.hpp"
#include "base/limits.hpp"
#include "base/rng.hpp"
#include "contracts/order.hpp"
#include "http/client.hpp"
#include "http/otlp_sink.hpp"
#include "lab/client.hpp"
#include "load/http_load.hpp"
#include "trace/tracer.hpp"

namespace msdemo::commands {

/// How long a command waits for a pending order: twice as long as one GET could.
inline constexpr std::chrono::seconds kPatience = 2 * limits::kOrderWait;

/// How an order is placed: by a call that waits for everything, or by a message.
enum class OrderStyle { sync, async };

std::string_view to_string(OrderStyle style);

inline double milliseconds(std::chrono::nanoseconds duration) {
  return std::chrono::duration<double, std::milli>(duration).count();
}

/// An order that was asked for, and what came of it as far as is known.
struct Placed {
  OrderStyle style = OrderStyle::sync;
  Result<contracts::Order> order;
  int http_status = 0;  ///< 0 when no answer came
  std::string trace_id;
  SteadyTime asked{};
  std::int64_t asked_unix_nano = 0;
  std::chrono::nanoseconds answered{};              ///< after it was asked for
  std::optional<std::chrono::nanoseconds> ended{};  ///< after it was asked for, if waited for

  /// What a foreign program answered below 400, if that is no order of ours: then there is no
  /// telling what came of it.
  std::optional<std::string> foreign_answer{};

  /// Neither an order nor an answer that may be one.
  bool refused() const { return !order && !foreign_answer; }
  bool pending() const { return order && order->status == contracts::OrderStatus::pending; }
};

/// The lab, its order service, and a tracer that samples everything: a person is watching. Used by
/// one thread, but for interrupt().
class OrderDesk {
 public:
  /// Fails with no_lab.
  static Result<std::unique_ptr<OrderDesk>> open(const std::string& lab);

  /// Sends the order and returns with the answer to it, whatever that is.
  Placed place(const contracts::NewOrder& new_order, OrderStyle style, const std::string& key = {});

  /// Sends `count` of them, `at_once` at a time, as one trace: all on one time axis. Returns when
  /// all are answered, in the order in which they were sent.
  std::vector<Placed> place_together(const contracts::NewOrder& new_order, OrderStyle style,
                                     std::size_t count, std::size_t at_once,
                                     const std::function<void(std::size_t)>& on_done);

  /// A load of such orders, all alike and without a trace: whether one is made is left to the
  /// services. How many, when and for how long is still to be said.
  load::Plan untraced(const contracts::NewOrder& new_order, OrderStyle style) const;

  /// Asks for each async order until it is no longer pending, and says so in it. When none of them
  /// has ended for kPatience, the rest stays pending. `on_done` is told how many were asked for.
  /// Fails with unreachable when the order service does not answer, even after it could have been
  /// started again.
  Result<void> await(
      std::span<Placed> orders,
      const std::function<void(std::size_t)>& on_done = [](std::size_t) {});

  /// The order as it is once it is no longer pending, or after kPatience; errors as await().
  Result<contracts::Order> await(std::int64_t id);

  /// The order's trace when it is complete, or as far as it came within limits::kTraceWait.
  Result<std::vector<trace::SpanRecord>> trace(const Placed& placed);

  /// A GET to the order service.
  Result<Json> ask(const std::string& target);

  /// Breaks what is under way and everything later.
  void interrupt() {
    interrupted_ = true;
    orders_.interrupt();
  }

  lab::Lab& lab() { return lab_; }

 private:
  OrderDesk(lab::Lab lab, const std::vector<std::string>& order_urls);

  Placed send(const http::ClientRequest& request, OrderStyle style, const trace::Span& parent);
  Result<contracts::Order> wait_until_ended(std::int64_t id, SteadyTime deadline);

  lab::Lab lab_;
  http::Client orders_;
  std::atomic<bool> interrupted_ = false;
  http::OtlpSink sink_;
  trace::Recorder recorder_;
  trace::Sampler sampler_;
  Rng rng_;
  trace::Tracer tracer_;
};

}  // namespace msdemo::commands
