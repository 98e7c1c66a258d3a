// `queue`: looks into the broker's queues, and gives dead letters another chance.
#include <fmt/format.h>

#include "base/limits.hpp"
#include "base/text.hpp"
#include "commands/commands.hpp"
#include "commands/queue_view.hpp"
#include "commands/service_call.hpp"
#include "lab/client.hpp"
#include "messaging/connect.hpp"

namespace msdemo::commands {

namespace {

using messaging::DeadLetter;
using messaging::QueueInspector;

struct QueueOptions {
  std::string topic;
  std::size_t shown = 10;
  std::size_t limit = static_cast<std::size_t>(limits::kPageDefault);
  std::int64_t after = 0;
  std::int64_t id = 0;
  std::vector<std::int64_t> ids;
  bool all = false;
  bool sizes = false;
};

Result<std::unique_ptr<QueueInspector>> open_inspector(const Program& program) {
  auto lab = lab::Lab::find(program.lab);
  if (!lab) return fail(lab.error());
  const auto url = lab->broker_url();
  if (!url) return fail(url.error());
  return messaging::inspect({.url = *url});
}

/// An error of a call to the broker.
int report_call(const Program& program, const Error& error) {
  return report(program, info(error.code).http_status == 0 ? with_hint(error) : error);
}

template <class T>
Json documents(const std::vector<T>& items) {
  Json list = Json::array();
  for (const T& item : items) list.push_back(to_json(item));
  return list;
}

int list(const Program& program) {
  auto inspector = open_inspector(program);
  if (!inspector) return report(program, inspector.error());
  const auto queues = (*inspector)->queues();
  if (!queues) return report_call(program, queues.error());
  if (program.json) {
    print_json({{"queues", documents(*queues)}});
    return exit_status::kDone;
  }
  const std::string table = format_queues(*queues);
  fmt::print("{}", table);
  if (table.empty()) {
    fmt::print(stderr, "No queues yet: {}\n",
               command_line(program.lab, "order create --user 1 --item book --async"));
  }
  return exit_status::kDone;
}

int peek(const Program& program, const QueueOptions& options) {
  auto inspector = open_inspector(program);
  if (!inspector) return report(program, inspector.error());
  const auto messages = (*inspector)->peek(options.topic, options.shown);
  if (!messages) return report_call(program, messages.error());
  if (program.json) {
    print_json({{"messages", documents(*messages)}});
    return exit_status::kDone;
  }
  if (options.sizes) {
    fmt::print("{}", format_sizes(*messages));
  } else {
    for (const auto& message : *messages) fmt::print("{}", format_message(message));
  }
  if (messages->empty()) {
    fmt::print(stderr, "Every group is done with all messages of {}.\n",
               escape_control(options.topic));
  }
  return exit_status::kDone;
}

int list_dead(const Program& program, const QueueOptions& options) {
  auto inspector = open_inspector(program);
  if (!inspector) return report(program, inspector.error());
  const auto letters = (*inspector)->dead_letters(options.topic, options.limit, options.after);
  if (!letters) return report_call(program, letters.error());
  if (program.json) {
    print_json({{"dead_letters", documents(*letters)}});
    return exit_status::kDone;
  }
  if (letters->empty()) {
    fmt::print(stderr, "No dead letters.\n");
    return exit_status::kDone;
  }
  fmt::print("{}", format_letters(*letters));
  std::fflush(stdout);
  if (letters->size() == options.limit) {
    const std::string rest = fmt::format("queue dead list --after {}", letters->back().id);
    fmt::print(stderr, "Perhaps more: {}\n", command_line(program.lab, rest));
  }
  return exit_status::kDone;
}

int show_dead(const Program& program, const QueueOptions& options) {
  auto inspector = open_inspector(program);
  if (!inspector) return report(program, inspector.error());
  const auto letter = (*inspector)->dead_letter(options.id);
  if (!letter) return report_call(program, letter.error());
  if (program.json) {
    print_json(to_json(*letter));
  } else {
    fmt::print("{}", format_letter(*letter));
  }
  return exit_status::kDone;
}

/// The ids of all dead letters there are now: those that die again while this is being redriven
/// are not redriven again.
Result<std::vector<std::int64_t>> all_dead(QueueInspector& inspector, const std::string& topic) {
  constexpr auto kPage = static_cast<std::size_t>(limits::kPageDefault);
  std::vector<std::int64_t> ids;
  for (;;) {
    const auto page = inspector.dead_letters(topic, kPage, ids.empty() ? 0 : ids.back());
    if (!page) return fail(page.error());
    for (const DeadLetter& letter : *page) ids.push_back(letter.id);
    if (page->size() < kPage || ids.size() >= std::size_t{limits::kDeadLetters}) return ids;
  }
}

int redrive(const Program& program, const QueueOptions& options) {
  if (options.all == !options.ids.empty()) {
    return report(program, {Code::usage, "redrive takes the ids of dead letters, or --all",
                            "`msdemo queue dead list` shows them"});
  }
  auto inspector = open_inspector(program);
  if (!inspector) return report(program, inspector.error());
  const auto ids = options.all ? all_dead(**inspector, options.topic) : options.ids;
  if (!ids) return report_call(program, ids.error());
  std::vector<std::int64_t> redriven;
  std::optional<Error> failure;
  for (const std::int64_t id : *ids) {
    const auto done = (*inspector)->redrive(id);
    if (done) {
      redriven.push_back(id);
    } else if (!options.all || done.error().code != Code::dead_letter_not_found) {
      failure = done.error();
      break;
    }
  }
  if (program.json) {
    Json document = {{"redriven", redriven}};
    if (failure) document["error"] = to_json(*failure);
    print_json(document);
    return failure ? info(failure->code).exit_status : exit_status::kDone;
  }
  if (redriven.empty() && !failure) {
    fmt::print(stderr, "No dead letters: nothing to redrive.\n");
  } else if (!redriven.empty()) {
    fmt::print(stderr, "{} redriven: each goes to its group once more\n", redriven.size());
  }
  return failure ? report_call(program, *failure) : exit_status::kDone;
}

CLI::Option* add_topic_option(CLI::App& command, QueueOptions& options) {
  return command.add_option("--topic", options.topic, "Only those of this topic");
}

void add_dead(CLI::App& queue, Program& program, const std::shared_ptr<QueueOptions>& options) {
  CLI::App* dead = queue.add_subcommand("dead", "Messages that nobody could handle");
  set_help(*dead, "msdemo queue dead list\nmsdemo queue dead redrive --all");
  dead->require_subcommand(0, 1);

  CLI::App* list_command = dead->add_subcommand("list", "The dead letters, the oldest first");
  set_help(*list_command, "msdemo queue dead list --topic user.lookup.requested");
  add_topic_option(*list_command, *options);
  list_command->add_option("--limit", options->limit, "How many, 1 to 1000")
      ->check(CLI::Range(std::size_t{1}, static_cast<std::size_t>(limits::kPageMax)))
      ->capture_default_str();
  list_command->add_option("--after", options->after, "Only ids greater than this")
      ->capture_default_str();
  add_json_flag(*list_command, program);
  list_command->callback([&program, options] {
    program.run = [&program, options] { return list_dead(program, *options); };
  });

  CLI::App* show_command = dead->add_subcommand("show", "One dead letter: why, and what it says");
  set_help(*show_command, "msdemo queue dead show 1");
  show_command->add_option("ID", options->id, "The dead letter's id")->required();
  add_json_flag(*show_command, program);
  show_command->callback([&program, options] {
    program.run = [&program, options] { return show_dead(program, *options); };
  });

  CLI::App* redrive_command =
      dead->add_subcommand("redrive", "Give dead letters to their group once more, as if new");
  set_help(*redrive_command,
           "msdemo queue dead redrive 1 2\n"
           "msdemo queue dead redrive --all --topic user.lookup.requested");
  redrive_command->add_option("ID", options->ids, "Ids of dead letters");
  CLI::Option* all = redrive_command->add_flag("--all", options->all, "All there are now");
  add_topic_option(*redrive_command, *options)->needs(all);
  add_json_flag(*redrive_command, program);
  redrive_command->callback([&program, options] {
    program.run = [&program, options] { return redrive(program, *options); };
  });
}

}  // namespace

void add_queue(CLI::App& app, Program& program) {
  auto options = std::make_shared<QueueOptions>();
  CLI::App* queue = app.add_subcommand("queue", "Look into the broker's queues");
  set_help(*queue, "msdemo queue list\nmsdemo queue peek user.lookup.requested");
  queue->require_subcommand(0, 1);

  CLI::App* list_command =
      queue->add_subcommand("list", "How much waits where: a line for each topic and group");
  set_help(*list_command, "msdemo queue list");
  list_command->footer(
      "RATE IN/OUT: published to the topic and acknowledged by the group, per second.");
  add_json_flag(*list_command, program);
  list_command->callback([&program] { program.run = [&program] { return list(program); }; });

  CLI::App* peek_command =
      queue->add_subcommand("peek", "The oldest messages of a topic, without taking them");
  set_help(*peek_command,
           "msdemo queue peek user.lookup.requested --limit 3\n"
           "msdemo queue peek user.lookup.requested --sizes");
  peek_command->add_option("TOPIC", options->topic, "As in `msdemo queue list`")->required();
  peek_command->add_option("--limit", options->shown, "How many")
      ->check(CLI::Range(std::size_t{1}, limits::kPeekedMessages))
      ->capture_default_str();
  peek_command->add_flag("--sizes", options->sizes,
                         "How large they are as JSON, MessagePack and CBOR, instead of what is in "
                         "them");
  add_json_flag(*peek_command, program);
  peek_command->callback([&program, options] {
    program.run = [&program, options] { return peek(program, *options); };
  });

  add_dead(*queue, program, options);
}

}  // namespace msdemo::commands
