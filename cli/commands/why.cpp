// `why`: which rule decided what became of an order, in the services' own sentences, so that nobody
// has to read a trace or guess at a setting.
#include <fmt/format.h>

#include "base/limits.hpp"
#include "base/text.hpp"
#include "commands/commands.hpp"
#include "commands/trace_view.hpp"
#include "contracts/problem.hpp"
#include "http/client.hpp"
#include "timeline/why.hpp"
#include "trace/traceparent.hpp"

namespace msdemo::commands {

namespace {

using timeline::Explanation;

/// The order as its service has it. Asked with little patience: that service may be what hangs; and
/// untraced: that somebody asks why is no part of what happened.
Result<Json> ask_for_order(lab::Lab& lab, std::int64_t id) {
  const auto urls = lab.urls("order");
  if (!urls) return fail(urls.error());
  Rng rng(random_seed());
  http::Client orders(*urls, "order");
  const auto answer = orders.send({.target = fmt::format("/orders/{}", id),
                                   .headers = {{"traceparent", trace::unsampled_traceparent(rng)}}},
                                  limits::kTraceWait);
  if (!answer) return fail(answer.error());
  if (answer->status != 200) return fail(contracts::from_problem(answer->status, answer->body));
  return parse_json(answer->body);
}

/// Why there is nothing to tell about an order.
Error unexplained(std::int64_t id, Error error) {
  if (error.code == Code::order_not_found) {
    error.hint =
        "an order that was refused has no id: `msdemo why TRACE`, with the trace that "
        "`msdemo order create` printed, explains it";
  } else {
    error.message = fmt::format("order {} has no trace, and its service cannot be asked: {}", id,
                                error.message);
    error.hint = "`msdemo ps` shows how the services are";
  }
  return error;
}

Error untraced(const Program& program, std::int64_t id) {
  return {Code::not_found,
          fmt::format("order {} exists, but has no trace: it was not sampled (a service samples {} "
                      "requests at once and {} a second from then on), or is older than the {} "
                      "traces kept",
                      id, limits::kSampleBurst, limits::kSamplesPerSecond, limits::kTracesKept),
          fmt::format("`{}` is always sampled: place it so, and ask again",
                      command_line(program.lab, "order create"))};
}

Result<std::string> find_trace_of(const Program& program, lab::Lab& lab, std::int64_t id) {
  using std::chrono::milliseconds;
  auto known = lab.trace_of_order(id, milliseconds(0));
  if (!known || !known->empty()) return known;
  if (lab.foreign("order")) {
    return fail(Code::usage, "order was started by --cmd and tells no trace of its orders",
                "what the client measured of them: msdemo trace list");
  }
  // Its spans may be on their way, unless there is no such order.
  if (const auto order = ask_for_order(lab, id); !order) {
    return fail(unexplained(id, order.error()));
  }
  known = lab.trace_of_order(id, limits::kTraceWait);
  if (known && known->empty()) return fail(untraced(program, id));
  return known;
}

/// ORDER or TRACE as the id of a trace.
Result<std::string> resolve(const Program& program, lab::Lab& lab, const std::string& asked) {
  if (trace::TraceId::from_hex(asked)) return asked;
  const auto id = parse_integer(asked);
  if (id && *id > 0) return find_trace_of(program, lab, *id);
  return fail(Code::usage,
              fmt::format("{} is neither an order's id, such as 7, nor a trace's, which has 32 "
                          "lower-case hex digits",
                          asked),
              "`msdemo order list` and `msdemo trace list` show them");
}

Result<Explanation> explain(const Program& program, const std::string& asked,
                            std::string& trace_id) {
  auto lab = lab::Lab::find(program.lab);
  if (!lab) return fail(lab.error());
  auto resolved = resolve(program, *lab, asked);
  if (!resolved) return fail(resolved.error());
  trace_id = *resolved;
  const auto spans = find_trace(*lab, trace_id);
  if (!spans) return fail(spans.error());
  Explanation explanation = timeline::explain(*spans);
  if (!explanation.rejected || !explanation.order_id) return explanation;
  const auto order = ask_for_order(*lab, *explanation.order_id);
  const bool told = order && order->is_object() && order->value("reason", Json()).is_string();
  return told ? timeline::explain(*spans, order->at("reason").get<std::string>()) : explanation;
}

Json to_json(const std::string& trace_id, const Explanation& explanation) {
  constexpr double kNanosecondsPerMillisecond = 1e6;
  Json attempts = Json::array();
  for (const timeline::Attempts& each : explanation.attempts) {
    attempts.push_back({{"service", each.service},
                        {"peer", each.peer.empty() ? Json() : Json(each.peer)},
                        {"name", each.name},
                        {"attempts", each.attempts},
                        {"failed", each.failed}});
  }
  Json decisions = Json::array();
  for (const timeline::Decision& decision : explanation.decisions) {
    decisions.push_back(
        {{"service", decision.service},
         {"span", decision.span},
         {"at_ms", static_cast<double>(decision.at_ns) / kNanosecondsPerMillisecond},
         {"name", decision.name},
         {"rule", decision.rule}});
  }
  return {{"trace_id", trace_id},
          {"order_id", explanation.order_id ? Json(*explanation.order_id) : Json()},
          {"headline", explanation.headline},
          {"attempts", std::move(attempts)},
          {"decisions", std::move(decisions)},
          {"measured", explanation.measured}};
}

int why(const Program& program, const std::string& asked) {
  std::string trace_id;
  const auto explanation = explain(program, asked, trace_id);
  if (!explanation) return report(program, explanation.error());
  if (program.json) {
    print_json(to_json(trace_id, *explanation));
    return exit_status::kDone;
  }
  fmt::print(
      "{}\n{}\n",
      timeline::format_explanation(*explanation, columns(stdout), use_color(program, stdout)),
      command_line(program.lab, "trace show " + trace_id));
  return exit_status::kDone;
}

}  // namespace

void add_why(CLI::App& app, Program& program) {
  auto asked = std::make_shared<std::string>();
  CLI::App* command = app.add_subcommand("why", "Tell which rule decided what became of an order");
  set_help(*command,
           "msdemo why 7\n"
           "msdemo why 4bf92f3577b34da6a3ce929d0e0e4736");
  command
      ->add_option("ORDER|TRACE", *asked,
                   "An order's id, or the trace that `order create` printed: an order that was "
                   "refused has no id")
      ->required();
  command->footer(
      "The first line says what came of it, and why. Then come the rules that decided, with their\n"
      "numbers, as the services wrote them when they decided (the same numbers mark them on the\n"
      "timeline), and what was measured: attempts, time in queues, how late an answer was.");
  add_json_flag(*command, program);
  command->callback(
      [&program, asked] { program.run = [&program, asked] { return why(program, *asked); }; });
}

}  // namespace msdemo::commands
