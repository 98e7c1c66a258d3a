// Starts a lab: in this terminal with live logs until Ctrl-C, or detached, in which case the parent
// waits for the report and leaves.
#include <fcntl.h>
#include <fmt/format.h>
#include <sys/eventfd.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <optional>
#include <thread>

#include "base/duration.hpp"
#include "base/limits.hpp"
#include "base/text.hpp"
#include "commands/command_argument.hpp"
#include "commands/commands.hpp"
#include "commands/engine_argument.hpp"
#include "commands/log_view.hpp"
#include "commands/service_argument.hpp"
#include "commands/start_report.hpp"
#include "lab/log_follower.hpp"
#include "lab/service_names.hpp"
#include "lab/session.hpp"

namespace msdemo::commands {

namespace {

struct UpOptions {
  bool detach = false;
  std::vector<std::string> ports;
  std::vector<std::string> consumers;
  std::vector<std::string> replicas;
  std::vector<std::string> commands;
  std::string wait_for;
  storage::Durability durability = storage::Durability::full;
  lab::LabOptions lab{};
};

int print_start(const Program& program, const lab::StartReport& report) {
  if (program.json) {
    print_json(to_json(report));
  } else {
    fmt::print("{}", format_start_report(report, use_color(program, stdout)));
  }
  std::fflush(stdout);
  return exit_status::kDone;
}

/// Prints the lab's logs from a thread of its own, as long as this lives.
class LiveLogs {
 public:
  /// Prints what is written after this call.
  LiveLogs(const lab::StateFolder& folder, std::vector<std::string> names, bool color)
      : follower_(folder, names), stop_(::eventfd(0, EFD_CLOEXEC)), color_(color) {
    for (const std::string& name : names) width_ = std::max(width_, name.size());
    follower_.skip_to_end();
  }
  LiveLogs(const LiveLogs&) = delete;
  LiveLogs& operator=(const LiveLogs&) = delete;
  ~LiveLogs() {
    ::eventfd_write(stop_.get(), 1);
    if (thread_.joinable()) thread_.join();
  }

  void begin() {
    thread_ = std::thread([this] {
      static_cast<void>(follower_.follow(stop_.get(), [&](const lab::LogLine& line) {
        fmt::print("{}\n", format_log_line(line, width_, color_));
        std::fflush(stdout);
      }));
    });
  }

 private:
  lab::LogFollower follower_;
  http::FileDescriptor stop_;
  bool color_;
  std::size_t width_ = 0;
  std::thread thread_;
};

int run_in_foreground(const Program& program, const UpOptions& options) {
  const auto folder = lab::StateFolder::of(options.lab.lab);
  if (!folder) return report(program, folder.error());
  std::optional<LiveLogs> logs;
  if (!program.json) {
    logs.emplace(*folder, lab::log_names(options.lab), use_color(program, stdout));
  }

  const auto ended =
      lab::run_lab(options.lab, {.note = [&](std::string_view note) { print_note(program, note); },
                                 .ready =
                                     [&](const lab::StartReport& started) {
                                       print_start(program, started);
                                       if (!logs) return true;
                                       fmt::print("\nlogs follow; Ctrl-C stops the lab\n");
                                       std::fflush(stdout);
                                       logs->begin();
                                       return true;
                                     }});
  logs.reset();
  if (!ended) return report(program, ended.error());
  const bool color = use_color(program, stderr);
  fmt::print(stderr, "{}lab {} has stopped; its data is kept\n", format_stop_report(*ended, color),
             options.lab.lab);
  return ended->stuck.empty() ? exit_status::kDone : exit_status::kRefused;
}

/// One line of JSON to the waiting parent; false when it is gone.
bool tell(int parent, const Json& message) {
  const std::string line = dump_json(message) + "\n";
  return ::write(parent, line.data(), line.size()) == static_cast<ssize_t>(line.size());
}

/// Leaves the terminal, the caller's stdio and its folder.
void detach_from_terminal() {
  ::setsid();
  const http::FileDescriptor nothing(::open("/dev/null", O_RDWR));
  for (const int standard : {STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO}) {
    ::dup2(nothing.get(), standard);
  }
  static_cast<void>(::chdir("/") == 0);
}

[[noreturn]] void run_detached(const UpOptions& options, http::FileDescriptor parent) {
  detach_from_terminal();
  lab::LabOptions lab_options = options.lab;
  lab_options.standard_error = log::Stderr::follows;
  const auto ended = lab::run_lab(
      lab_options, {.note =
                        [&](std::string_view note) {
                          tell(parent.get(), {{"note", note}});
                        },
                    .ready =
                        [&](const lab::StartReport& started) {
                          // Whoever interrupts `up -d` before it returns does not want the lab.
                          const bool heard = tell(parent.get(), {{"ready", to_json(started)}});
                          parent.reset();
                          return heard;
                        }});
  if (!ended && parent.open()) {
    const Error& error = ended.error();
    tell(parent.get(),
         {{"error", {{"code", error.name()}, {"message", error.message}, {"hint", error.hint}}}});
  }
  ::_exit(ended ? exit_status::kDone : exit_status::kRefused);
}

int take_message(const Program& program, const std::string& line, bool& done) {
  const auto message = parse_json(line);
  if (!message || !message->is_object()) return exit_status::kInternal;
  if (message->contains("note")) {
    print_note(program, message->value("note", ""));
    return exit_status::kDone;
  }
  done = true;
  if (message->contains("ready")) {
    const auto started = lab::parse_start_report(message->at("ready"));
    return started ? print_start(program, *started) : report(program, started.error());
  }
  const Json& error = message->at("error");
  const bool usage = error.value("code", "") == info(Code::usage).name;
  return report(program, {.code = usage ? Code::usage : Code::lab_failed,
                          .message = error.value("message", ""),
                          .hint = error.value("hint", "")});
}

/// Waits for the detached process to report; it always does, or ends. One that failed is gone, too,
/// when this returns.
int wait_for_report(const Program& program, pid_t child, int messages) {
  std::string line;
  char byte = 0;
  bool done = false;
  int status = exit_status::kInternal;
  while (!done) {
    const ssize_t length = ::read(messages, &byte, 1);
    if (length < 0 && errno == EINTR) continue;
    if (length <= 0) break;
    if (byte != '\n') {
      line += byte;
      continue;
    }
    status = take_message(program, line, done);
    line.clear();
  }
  if (status != exit_status::kDone) ::waitpid(child, nullptr, 0);
  if (done) return status;
  return report(program, {.code = Code::lab_failed,
                          .message = "the lab ended before it was ready",
                          .hint = "its log tells more: msdemo logs"});
}

int run_in_background(const Program& program, const UpOptions& options) {
  int ends[2];
  if (::pipe2(ends, O_CLOEXEC) != 0) {
    return report(program, {.code = Code::lab_failed,
                            .message = fmt::format("no pipe: {}", std::strerror(errno))});
  }
  http::FileDescriptor from_child(ends[0]);
  http::FileDescriptor to_parent(ends[1]);
  std::fflush(nullptr);
  // No thread exists yet: only then is a process whole after fork.
  const pid_t child = ::fork();
  if (child < 0) {
    return report(program, {.code = Code::lab_failed,
                            .message = fmt::format("no process: {}", std::strerror(errno))});
  }
  if (child == 0) {
    from_child.reset();
    run_detached(options, std::move(to_parent));
  }
  to_parent.reset();
  return wait_for_report(program, child, from_child.get());
}

/// Turns what was typed into the lab's options.
Result<void> read_options(const Program& program, UpOptions& options) {
  options.lab.lab = program.lab;
  options.lab.durability = storage::to_string(options.durability);
  auto ports = parse_fixed_ports(options.ports);
  if (!ports) return fail(std::move(ports.error()));
  options.lab.ports = std::move(*ports);
  auto consumers = parse_consumers(options.consumers);
  if (!consumers) return fail(std::move(consumers.error()));
  options.lab.consumers = std::move(*consumers);
  auto replicas = parse_replicas(options.replicas);
  if (!replicas) return fail(std::move(replicas.error()));
  options.lab.replicas = std::move(*replicas);
  if (!options.wait_for.empty()) {
    const auto wait = parse_duration(options.wait_for, limits::kEngineWait);
    if (!wait) {
      return fail(Code::usage,
                  fmt::format("--wait-for {} is not a time up to {}",
                              escape_control(options.wait_for), duration_text(limits::kEngineWait)),
                  "for example: --wait-for 30s");
    }
    options.lab.wait_for = std::chrono::ceil<std::chrono::seconds>(*wait);
  }
  std::error_code unknown;
  auto commands = parse_commands(options.commands, std::filesystem::current_path(unknown));
  if (!commands) return fail(std::move(commands.error()));
  options.lab.commands = std::move(*commands);
  if (auto checked = check_commands(options.lab); !checked) return checked;
  if (auto checked = check_ports(options.lab.ports, options.lab.replicas); !checked) return checked;
  return check_engines(options.lab);
}

/// An option that may be given once for every service.
void add_service_option(CLI::App& up, const std::string& name, std::vector<std::string>& values,
                        const std::string& description) {
  up.add_option(name, values, description)
      ->expected(1)
      ->multi_option_policy(CLI::MultiOptionPolicy::TakeAll);
}

void add_engine_options(CLI::App& up, UpOptions& options) {
  up.add_option("--db", options.lab.database_url,
                "postgresql://…: an external database, with a schema for each service")
      ->envname("MSDEMO_DB_URL");
  up.add_option("--broker", options.lab.broker_url,
                "amqp://… or kafka://…: an external broker instead of the lab's own")
      ->envname("MSDEMO_BROKER_URL");
  add_service_option(up, "--replicas", options.replicas,
                     "SERVICE=NUMBER: processes of it, else 1; needs --db and --broker");
  up.add_option("--wait-for", options.wait_for,
                "How long services wait for an external engine that is down: 30s");
}

}  // namespace

void add_up(CLI::App& app, Program& program) {
  auto options = std::make_shared<UpOptions>();
  CLI::App* up = app.add_subcommand("up", "Start the services and keep them running");
  set_help(*up,
           "msdemo up -d\n"
           "msdemo up --fresh --port order=8001\n"
           "msdemo up -d --consumers user=4\n"
           "msdemo up -d --cmd user='uvicorn user_service:app --port {port}'\n"
           "msdemo up -d --db postgresql://shop@127.0.0.1/shop --broker amqp://127.0.0.1 "
           "--replicas order=3,user=2");
  up->add_flag("-d,--detach", options->detach,
               "Return when everything is ready, instead of "
               "showing the logs until Ctrl-C");
  up->add_flag("--fresh", options->lab.fresh, "Begin with empty data");
  add_service_option(*up, "--port", options->ports,
                     "SERVICE=NUMBER: a port that is not left to chance; replicas have the next");
  add_service_option(*up, "--consumers", options->consumers,
                     "SERVICE=NUMBER: consumers of messages that compete inside it, else 1");
  add_engine_options(*up, *options);
  add_service_option(*up, "--cmd", options->commands,
                     "SERVICE=COMMAND: a program of yours in place of user or order; {port} and "
                     "{user_url} in it are filled in");
  add_durability_option(*up, options->durability);
  add_json_flag(*up, program);
  up->callback([&program, options] {
    program.run = [&program, options] {
      options->lab.began = real_clock().steady_now();
      if (auto read = read_options(program, *options); !read) return report(program, read.error());
      return options->detach ? run_in_background(program, *options)
                             : run_in_foreground(program, *options);
    };
  });
}

}  // namespace msdemo::commands
