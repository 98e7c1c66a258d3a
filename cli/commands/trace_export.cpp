#include "commands/trace_export.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <fstream>

#include "base/text.hpp"
#include "commands/trace_view.hpp"
#include "lab/client.hpp"
#include "timeline/chrome_trace.hpp"
#include "timeline/sequence.hpp"
#include "timeline/svg.hpp"
#include "timeline/trace_page.hpp"
#include "timeline/why.hpp"
#include "trace/otlp.hpp"

namespace msdemo::commands {

namespace {

struct ExportOptions {
  std::string trace_id;  ///< empty: the newest
  std::string format;    ///< empty: as the name of the file says
  std::string output;    ///< empty: stdout
};

/// What to write: svg, sequence, html, chrome or otlp.
Result<std::string> format_of(const ExportOptions& options) {
  if (!options.format.empty()) return options.format;
  const std::string extension = std::filesystem::path(options.output).extension();
  if (extension == ".html" || extension == ".htm") return std::string("html");
  if (extension == ".json") {
    return fail(
        Code::usage,
        fmt::format("{} could be a trace for Perfetto or for OpenTelemetry", options.output),
        "say which: --format chrome or --format otlp");
  }
  if (extension.empty() || extension == ".svg") return std::string("svg");
  return fail(Code::usage, fmt::format("nothing is known of files that end in {}", extension),
              "say what to write: --format svg, sequence, html, chrome or otlp");
}

Result<std::string> newest_trace(lab::Lab& lab) {
  const auto traces = lab.traces(1);
  if (!traces) return fail(traces.error());
  if (!traces->empty()) return traces->front().value("trace_id", "");
  return fail(Code::not_found, "the lab has no trace yet",
              "place an order: `msdemo order create --user 1 --item book`");
}

Result<std::string> resolve(lab::Lab& lab, const std::string& asked) {
  if (asked.empty()) return newest_trace(lab);
  if (trace::TraceId::from_hex(asked)) return asked;
  return fail(Code::usage, "a trace id has 32 lower-case hex digits",
              "`msdemo trace list` shows the newest; without an id, the newest is exported");
}

/// `trace 4bf9… · 2026-11-23T00:40:01.123Z`
std::string subtitle_of(const std::string& trace_id, const std::vector<trace::SpanRecord>& spans) {
  using namespace std::chrono;
  const auto began =
      duration_cast<system_clock::duration>(nanoseconds(timeline::beginning_of(spans)));
  return fmt::format("trace {} · {}", trace_id, format_rfc3339(system_clock::time_point(began)));
}

std::string text_of(const Program& program, const std::string& format, const std::string& trace_id,
                    const std::vector<trace::SpanRecord>& spans) {
  if (format == "otlp") return trace::to_otlp_json(spans) + "\n";
  if (format == "chrome") {
    return timeline::to_chrome_trace(spans).dump(1, ' ', false, Json::error_handler_t::replace) +
           "\n";
  }
  const timeline::Explanation explanation = timeline::explain(spans);
  const std::string subtitle = subtitle_of(trace_id, spans);
  if (format == "sequence") return timeline::draw_sequence(spans, explanation.headline, subtitle);
  if (format == "html") return timeline::format_page(spans, explanation, subtitle);
  timeline::SvgOptions options;
  options.title = explanation.headline;
  options.subtitle = subtitle;
  options.why_command = command_line(program.lab, "why " + trace_id);
  return timeline::draw_svg(timeline::lay_out(spans), options);
}

/// Replaces the file, or leaves it as it was.
Result<void> write_file(const std::string& path, const std::string& text) {
  const std::string fresh = fmt::format("{}.{}.part", path, ::getpid());
  std::ofstream out(fresh, std::ios::binary | std::ios::trunc);
  out << text;
  out.close();
  std::error_code error(errno, std::generic_category());
  if (out) std::filesystem::rename(fresh, path, error);
  if (out && !error) return {};
  ::unlink(fresh.c_str());
  return fail(Code::usage, fmt::format("{} cannot be written: {}", path, error.message()),
              "choose a file in a folder that exists and is yours, as in --output order.svg");
}

int run(const Program& program, const ExportOptions& options) {
  const auto format = format_of(options);
  if (!format) return report(program, format.error());
  auto lab = lab::Lab::find(program.lab);
  if (!lab) return report(program, lab.error());
  const auto trace_id = resolve(*lab, options.trace_id);
  if (!trace_id) return report(program, trace_id.error());
  const auto spans = find_trace(*lab, *trace_id);
  if (!spans) return report(program, spans.error());
  const std::string text = text_of(program, *format, *trace_id, *spans);
  if (options.output.empty() || options.output == "-") {
    fmt::print("{}", text);
    return exit_status::kDone;
  }
  if (const auto written = write_file(options.output, text); !written) {
    return report(program, written.error());
  }
  constexpr std::size_t kKibi = 1024;
  fmt::print(stderr, "wrote {}: {} of trace {}, {} KiB\n", escape_control(options.output), *format,
             *trace_id, (text.size() + kKibi - 1) / kKibi);
  return exit_status::kDone;
}

}  // namespace

void add_trace_export(CLI::App& trace, Program& program) {
  auto options = std::make_shared<ExportOptions>();
  CLI::App* command = trace.add_subcommand("export", "Write one trace as a picture, page or JSON");
  set_help(*command,
           "msdemo trace export --output order.svg\n"
           "msdemo trace export 4bf92f3577b34da6a3ce929d0e0e4736 --output order.html\n"
           "msdemo trace export --format chrome --output order.json");
  command->add_option("ID", options->trace_id, "The trace's id; otherwise the newest trace");
  command
      ->add_option(
          "--format", options->format,
          "svg: the timeline as a picture; sequence: who told whom, as an SVG; html: a page with "
          "all that is known; chrome: for ui.perfetto.dev; otlp: for OpenTelemetry's tools. "
          "Otherwise html for a file that ends so, else svg")
      ->check(CLI::IsMember({"svg", "sequence", "html", "chrome", "otlp"}));
  command->add_option("--output", options->output,
                      "The file to write; one that exists is replaced. Otherwise stdout");
  command->callback([&program, options] {
    program.run = [&program, options] { return run(program, *options); };
  });
}

}  // namespace msdemo::commands
