// `watch`: how the services of a lab are doing, anew in each interval until Ctrl-C.
#include <fmt/format.h>
#include <poll.h>
#include <unistd.h>

#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <limits>

#include "base/duration.hpp"
#include "base/limits.hpp"
#include "base/text.hpp"
#include "commands/commands.hpp"
#include "commands/lab_watch.hpp"
#include "http/socket.hpp"
#include "lab/termination.hpp"

namespace msdemo::commands {

namespace {

using std::chrono::milliseconds;

constexpr milliseconds kShortestInterval(100);

struct WatchOptions {
  std::string interval = "1s";
  std::int64_t count = std::numeric_limits<std::int64_t>::max();
};

Result<milliseconds> interval_of(const WatchOptions& options) {
  const auto given = parse_duration(options.interval, limits::kWatchInterval);
  if (given && *given >= kShortestInterval) {
    return std::chrono::duration_cast<milliseconds>(*given);
  }
  return fail(Code::usage,
              fmt::format("--interval {} is not {} to {}", escape_control(options.interval),
                          duration_text(kShortestInterval), duration_text(limits::kWatchInterval)),
              "for example: msdemo watch --interval 500ms");
}

/// False when nobody reads stdout any more.
bool put(std::string_view text) {
  return std::fwrite(text.data(), 1, text.size(), stdout) == text.size() &&
         std::fflush(stdout) == 0;
}

/// A picture on a terminal, each drawn over the one before.
class Screen {
 public:
  bool draw(const std::string& picture, int width) {
    std::string out;
    // A terminal that was made narrower has broken the lines: nobody knows how many there are.
    if (lines_ > 0 && width == width_) out = fmt::format("\r\x1b[{}A", lines_);
    for (const char letter : picture) {
      if (letter == '\n') out += "\x1b[K";
      out += letter;
    }
    out += "\x1b[J";
    lines_ = std::count(picture.begin(), picture.end(), '\n');
    width_ = width;
    return put(out);
  }

  /// Takes away the `^C` that the terminal shows.
  static void end() { put("\r\x1b[K"); }

 private:
  std::ptrdiff_t lines_ = 0;
  int width_ = 0;
};

bool is_terminal() {
  const char* name = std::getenv("TERM");
  return ::isatty(STDOUT_FILENO) == 1 && name != nullptr && std::string_view(name) != "dumb";
}

/// Without its supervisor there is nothing left to watch; mostly the lab is going down.
int report_end(const Program& program, const Error& error) {
  const Error end{Code::no_lab, fmt::format("the lab does not answer any more: {}", error.message),
                  "if it has ended, start it again: " + command_line(program.lab, "up -d")};
  if (!program.json) return report(program, end);
  put(dump_json({{"error", to_json(end)}}) + "\n");  // a line like the others
  return info(end.code).exit_status;
}

class Display {
 public:
  Display(const Program& program, milliseconds interval)
      : program_(program), interval_(interval), redraws_(!program.json && is_terminal()) {}

  /// False when nobody reads stdout any more.
  bool show(WatchFrame frame) {
    if (program_.json) return put(dump_json(to_json(frame)) + "\n");
    if (!redraws_) return put(format_watch_lines(frame));
    frames_.push_back(std::move(frame));
    if (frames_.size() > kFramesShown) frames_.erase(frames_.begin());
    const int width = columns(stdout);
    return screen_.draw(draw_watch(frames_, {.lab = program_.lab,
                                             .interval = interval_,
                                             .columns = width,
                                             .color = use_color(program_, stdout)}),
                        width);
  }

  void end() const {
    if (redraws_) Screen::end();
  }

 private:
  const Program& program_;
  const milliseconds interval_;
  const bool redraws_;
  Screen screen_;
  std::vector<WatchFrame> frames_;
};

int show_frames(const Program& program, milliseconds interval, std::int64_t count,
                LabWatch& services, const lab::TerminationSignals& signals, const Clock& clock) {
  if (const auto first = services.next(); !first) return report_end(program, first.error());
  Display display(program, interval);
  SteadyTime next_at = clock.steady_now();
  for (std::int64_t shown = 0; shown < count; ++shown) {
    next_at = std::max(next_at + interval, clock.steady_now());
    if (http::wait_for(signals.descriptor(), POLLIN, next_at)) {
      display.end();
      break;
    }
    auto frame = services.next();
    if (!frame) return report_end(program, frame.error());
    if (!display.show(std::move(*frame))) break;
  }
  return exit_status::kDone;
}

int watch(const Program& program, const WatchOptions& options, const Clock& clock) {
  const auto interval = interval_of(options);
  if (!interval) return report(program, interval.error());
  auto lab = lab::Lab::find(program.lab);
  if (!lab) return report(program, lab.error());
  lab::TerminationSignals signals;
  LabWatch services(std::move(*lab), clock);
  const int status = show_frames(program, *interval, options.count, services, signals, clock);
  signals.take();  // or it would end the process after all
  return status;
}

}  // namespace

void add_watch(CLI::App& app, Program& program) {
  auto options = std::make_shared<WatchOptions>();
  CLI::App* command =
      app.add_subcommand("watch", "See how the services are doing, live, until Ctrl-C");
  set_help(*command,
           "msdemo watch\n"
           "msdemo watch --interval 200ms --count 50 --json > load.jsonl");
  command->footer(
      "EXPECTED % is what a service's callees leave of its answers if nothing protects it, "
      "MEASURED "
      "% what its\ncallers get: retries and fallbacks lift it. docs/reference/watch.md explains "
      "every column.");
  command
      ->add_option("--interval", options->interval,
                   "Between two looks, 100ms to 60s; each shows what happened in between")
      ->capture_default_str();
  command->add_option("--count", options->count, "End after so many intervals")
      ->check(CLI::PositiveNumber);
  add_json_flag(*command, program);
  command->get_option("--json")->description("Print one JSON document a line instead of text");
  command->callback([&program, options] {
    program.run = [&program, options] { return watch(program, *options, real_clock()); };
  });
}

}  // namespace msdemo::commands
