// `trace`: what the lab has collected, as a list, as timelines and as files.
#include <fmt/format.h>

#include "base/limits.hpp"
#include "base/text.hpp"
#include "commands/commands.hpp"
#include "commands/table.hpp"
#include "commands/trace_export.hpp"
#include "commands/trace_view.hpp"
#include "lab/client.hpp"
#include "timeline/terminal.hpp"
#include "trace/ids.hpp"

namespace msdemo::commands {

namespace {

struct TraceOptions {
  int limit = 20;
  std::string trace_id;
};

int list(const Program& program, const TraceOptions& options) {
  auto lab = lab::Lab::find(program.lab);
  if (!lab) return report(program, lab.error());
  const auto traces = lab->traces(options.limit);
  if (!traces) return report(program, traces.error());
  if (program.json) {
    print_json(*traces);
    return exit_status::kDone;
  }
  std::vector<std::vector<std::string>> cells = {{"TRACE", "SPANS", "DURATION", "WHAT", ""}};
  for (const Json& trace : *traces) {
    const auto duration_ns = static_cast<std::int64_t>(trace.value("duration_ms", 0.0) * 1'000'000);
    cells.push_back({trace.value("trace_id", ""), std::to_string(trace.value("spans", 0)),
                     timeline::format_duration(duration_ns),
                     trace.value("service", "") + " " + trace.value("name", ""),
                     trace.value("error", false) ? "failed" : ""});
  }
  fmt::print("{}", format_table(cells));
  if (traces->empty()) fmt::print(stderr, "No traces yet: place an order, or curl a service.\n");
  return exit_status::kDone;
}

int show(const Program& program, const TraceOptions& options) {
  if (!trace::TraceId::from_hex(options.trace_id)) {
    return report(program, {Code::usage, "a trace id has 32 lower-case hex digits",
                            "`msdemo trace list` shows the newest"});
  }
  auto lab = lab::Lab::find(program.lab);
  if (!lab) return report(program, lab.error());
  const auto spans = find_trace(*lab, options.trace_id);
  if (!spans) return report(program, spans.error());
  if (program.json) {
    print_json(to_json(options.trace_id, *spans));
  } else {
    fmt::print("{}", draw_trace(program, *spans, {"trace " + options.trace_id}));
  }
  return exit_status::kDone;
}

}  // namespace

void add_trace(CLI::App& app, Program& program) {
  auto options = std::make_shared<TraceOptions>();
  CLI::App* trace = app.add_subcommand("trace", "Look at traces the lab has collected");
  set_help(*trace,
           "msdemo trace list\nmsdemo trace show 4bf92f3577b34da6a3ce929d0e0e4736\nmsdemo trace "
           "export --output order.svg");
  trace->require_subcommand(0, 1);

  CLI::App* list_command = trace->add_subcommand("list", "The newest traces");
  set_help(*list_command, "msdemo trace list --limit 5");
  list_command->add_option("--limit", options->limit, "How many")
      ->check(CLI::Range(1, static_cast<int>(limits::kTracesKept)))
      ->capture_default_str();
  add_json_flag(*list_command, program);
  list_command->callback([&program, options] {
    program.run = [&program, options] { return list(program, *options); };
  });

  CLI::App* show_command = trace->add_subcommand("show", "Draw one trace as a timeline");
  set_help(*show_command, "msdemo trace show 4bf92f3577b34da6a3ce929d0e0e4736");
  show_command->add_option("ID", options->trace_id, "The trace's id")->required();
  add_json_flag(*show_command, program);
  show_command->callback([&program, options] {
    program.run = [&program, options] { return show(program, *options); };
  });
  add_trace_export(*trace, program);
}

}  // namespace msdemo::commands
