// `bench`: what blocking costs on this machine, in numbers that can be trusted or say that they
// cannot; and whether two such measurements differ.
#include <fmt/format.h>
#include <poll.h>

#include <fstream>
#include <sstream>

#include "commands/bench_lab.hpp"
#include "commands/bench_options.hpp"
#include "commands/bench_run.hpp"
#include "commands/bench_shop.hpp"
#include "commands/bench_view.hpp"
#include "commands/commands.hpp"
#include "commands/progress.hpp"
#include "lab/client.hpp"
#include "lab/termination.hpp"
#include "load/bench_diff.hpp"
#include "load/bench_html.hpp"
#include "load/bench_json.hpp"

namespace msdemo::commands {

namespace {

/// The running lab, or one for this bench alone.
struct Place {
  std::string lab;
  std::unique_ptr<BenchLab> own;  ///< null if the lab was running before
};

Result<Place> find_place(const Program& program) {
  const auto running = lab::Lab::find(program.lab);
  if (running) return Place{program.lab, nullptr};
  if (running.error().code != Code::no_lab) return fail(running.error());
  print_note(program, fmt::format("lab {} is not running: measuring a fresh one, gone afterwards",
                                  program.lab));
  auto own = BenchLab::start();
  if (!own) return fail(std::move(own.error()));
  const std::string name = (*own)->name();
  return Place{name, std::move(*own)};
}

Result<load::Bench> measure(const Program& program, BenchPlan& plan) {
  Place place;
  if (!plan.url) {
    // Before the signals are taken: a lab is a child that must hear them.
    auto found = find_place(program);
    if (!found) return fail(std::move(found.error()));
    place = std::move(*found);
    plan.settings.target = place.own ? "a lab of its own" : place.lab;
  }
  lab::TerminationSignals signals;
  std::unique_ptr<BenchShop> shop;
  if (!plan.url) {
    auto opened = BenchShop::open(place.lab);
    if (!opened) return fail(std::move(opened.error()));
    shop = std::move(*opened);
  }
  std::optional<Progress> progress;
  auto bench = run_bench(plan, shop.get(),
                         {.interrupted =
                              [&] {
                                pollfd signal{signals.descriptor(), POLLIN, 0};
                                return ::poll(&signal, 1, 0) == 1;
                              },
                          .progress =
                              [&](std::size_t done, std::size_t all) {
                                if (!progress) progress.emplace(all, "runs measured");
                                progress->done(done);
                              }});
  // What ended the bench has been heard.
  signals.take();
  return bench;
}

/// What a script is told: the system failed, then that nobody knows, then that it is too slow.
int exit_status_of(const load::Bench& bench, const load::BenchSummary& summary,
                   const std::vector<std::string>& broken) {
  const bool interrupted = bench.partial_because == load::kInterrupted;
  if (!bench.partial_because.empty() && !interrupted) return exit_status::kRefused;
  if (interrupted || !summary.invalid_because.empty()) return exit_status::kUnknown;
  return broken.empty() ? exit_status::kDone : exit_status::kRefused;
}

Result<void> write_html(const std::string& path, const load::Bench& bench) {
  std::ofstream out(path, std::ios::binary | std::ios::trunc);
  out << load::format_html(bench);
  out.flush();
  if (out) return {};
  return fail(Code::internal, fmt::format("{} could not be written", path), "is the disk full?");
}

int run(const Program& program, const BenchOptions& options) {
  auto plan = plan_bench(options);
  if (!plan) return report(program, plan.error());
  const auto bench = measure(program, *plan);
  if (!bench) return report(program, bench.error());
  if (program.json) {
    print_json(load::to_json(*bench));
  } else {
    fmt::print("{}", draw_bench(*bench, {columns(stdout), use_color(program, stdout)}));
  }
  std::fflush(stdout);
  const load::BenchSummary summary = load::summarize(*bench);
  const auto broken = broken_thresholds(plan->thresholds, summary);
  for (const std::string& why : broken) {
    fmt::print(stderr, "{} {}\n", paint(use_color(program, stderr), Style::bad, "failed:"), why);
  }
  if (!plan->html.empty()) {
    if (const auto written = write_html(plan->html, *bench); !written) {
      return report(program, written.error());
    }
    fmt::print(stderr, "report: {}\n", plan->html);
  }
  return exit_status_of(*bench, summary, broken);
}

Result<load::Bench> read_bench(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  std::ostringstream text;
  if (!in || !(text << in.rdbuf())) {
    return fail(Code::usage, fmt::format("cannot read {}", path),
                "make one: msdemo bench --json > " + path);
  }
  auto bench = load::parse_bench(text.str());
  if (bench) return bench;
  return fail(Code::usage, fmt::format("{}: {}", path, bench.error().message),
              "make one: msdemo bench --json > a.json");
}

struct DiffOptions {
  std::string a;
  std::string b;
};

int diff(const Program& program, const DiffOptions& options) {
  const auto a = read_bench(options.a);
  if (!a) return report(program, a.error());
  const auto b = read_bench(options.b);
  if (!b) return report(program, b.error());
  const load::BenchDiff found = load::compare(*a, *b);
  if (program.json) {
    print_json(load::to_json(found));
  } else {
    fmt::print("{}", draw_diff(found, {columns(stdout), use_color(program, stdout)}));
  }
  return exit_status::kDone;
}

void add_diff(CLI::App& bench, Program& program) {
  auto options = std::make_shared<DiffOptions>();
  CLI::App* command =
      bench.add_subcommand("diff", "Say whether two benches differ, or only by chance");
  set_help(*command,
           "msdemo bench --json > before.json\n"
           "msdemo bench --json > after.json\n"
           "msdemo bench diff before.json after.json");
  command->footer("Exit status: 0, whatever the verdict.");
  command->add_option("A", options->a, "A file that `bench --json` wrote")->required();
  command->add_option("B", options->b, "Another")->required();
  add_json_flag(*command, program);
  command->callback([&program, options] {
    program.run = [&program, options] { return diff(program, *options); };
  });
}

}  // namespace

void add_bench(CLI::App& app, Program& program) {
  auto options = std::make_shared<BenchOptions>();
  CLI::App* command = app.add_subcommand("bench", "Measure what waiting costs on this machine");
  set_help(*command,
           "msdemo bench\n"
           "msdemo bench --html report.html\n"
           "msdemo bench --rate 800 --style sync --fail-if 'p99>50ms'\n"
           "msdemo bench --url http://127.0.0.1:8080/ --rate 2000 --duration 5s\n"
           "msdemo bench diff before.json after.json");
  command->footer(
      "Without --url it measures the running lab, or a fresh one of its own: six runs of each "
      "style\n"
      "in turns, then a sweep over rates; about twenty seconds.\n"
      "Exit status: 0 done; 1 a --fail-if holds, or the server died; 2 the figures are INVALID or\n"
      "partial.");
  command->require_subcommand(0, 1);
  add_bench_options(*command, *options);
  add_json_flag(*command, program);
  add_diff(*command, program);
  command->callback([&program, command, options] {
    if (!command->get_subcommands().empty()) return;
    program.run = [&program, options] { return run(program, *options); };
  });
}

}  // namespace msdemo::commands
