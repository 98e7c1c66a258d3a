#include "commands/trace_view.hpp"

#include <fmt/format.h>

#include <array>

#include "timeline/terminal.hpp"

namespace msdemo::commands {

namespace {

Json to_json(const trace::Attributes& attributes) {
  Json object = Json::object();
  for (const auto& [key, value] : attributes) {
    Json& member = object[key];
    std::visit([&member](const auto& held) { member = held; }, value);
  }
  return object;
}

Json to_json(const trace::SpanRecord& span) {
  constexpr std::array<std::string_view, 6> kKinds = {"",       "internal", "server",
                                                      "client", "producer", "consumer"};
  constexpr std::array<std::string_view, 3> kStatus = {"unset", "ok", "error"};
  Json events = Json::array();
  for (const trace::SpanEvent& event : span.events) {
    events.push_back({{"name", event.name},
                      {"time_unix_nano", event.time_unix_nano},
                      {"attributes", to_json(event.attributes)}});
  }
  return {
      {"span_id", span.span_id.hex()},
      {"parent_span_id", span.parent_span_id.valid() ? Json(span.parent_span_id.hex()) : Json()},
      {"service", span.service},
      {"name", span.name},
      {"kind", kKinds.at(static_cast<std::size_t>(span.kind))},
      {"start_unix_nano", span.start_unix_nano},
      {"end_unix_nano", span.end_unix_nano},
      {"status",
       {{"code", kStatus.at(static_cast<std::size_t>(span.status))},
        {"message", span.status_message}}},
      {"attributes", to_json(span.attributes)},
      {"events", std::move(events)}};
}

}  // namespace

Result<std::vector<trace::SpanRecord>> wait_for_trace(lab::Lab& lab, const std::string& trace_id,
                                                      std::chrono::milliseconds wait,
                                                      const EnoughSpans& enough) {
  using namespace std::chrono;
  const auto deadline = steady_clock::now() + wait;
  std::size_t seen = 0;
  for (;;) {
    const auto left = duration_cast<milliseconds>(deadline - steady_clock::now());
    auto spans = lab.spans(trace_id, seen, std::max(left, milliseconds(0)));
    if (!spans || enough(*spans) || left.count() <= 0) return spans;
    seen = spans->size();
  }
}

Result<std::vector<trace::SpanRecord>> find_trace(lab::Lab& lab, const std::string& trace_id) {
  auto spans = wait_for_trace(lab, trace_id);
  if (!spans || !spans->empty()) return spans;
  return fail(Code::not_found, fmt::format("the lab has no trace {}", trace_id),
              "it was not sampled, or is older than the traces kept; `msdemo trace list`");
}

std::string draw_trace(const Program& program, const std::vector<trace::SpanRecord>& spans,
                       std::vector<std::string> title) {
  const std::string trace_id = spans.empty() ? "" : spans.front().trace_id.hex();
  return timeline::draw(timeline::lay_out(spans),
                        {.columns = columns(stdout),
                         .color = use_color(program, stdout),
                         .title = std::move(title),
                         .why_command = command_line(program.lab, "why " + trace_id)});
}

Json to_json(const std::string& trace_id, const std::vector<trace::SpanRecord>& spans) {
  Json list = Json::array();
  for (const trace::SpanRecord& span : spans) list.push_back(to_json(span));
  return {{"trace_id", trace_id}, {"spans", std::move(list)}};
}

}  // namespace msdemo::commands
