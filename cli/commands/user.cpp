// `user`: creates and looks up users through the user service's HTTP interface.
#include <fmt/format.h>

#include "base/limits.hpp"
#include "base/text.hpp"
#include "commands/commands.hpp"
#include "commands/service_call.hpp"
#include "commands/table.hpp"
#include "contracts/user.hpp"
#include "lab/client.hpp"

namespace msdemo::commands {

namespace {

struct UserOptions {
  std::string name;
  std::int64_t id = 0;
  std::int64_t limit = limits::kPageDefault;
  std::int64_t after = 0;
};

/// Calls the user service of the program's lab.
Result<Json> ask(const Program& program, const http::ClientRequest& request) {
  auto lab = lab::Lab::find(program.lab);
  if (!lab) return fail(lab.error());
  const auto urls = lab->urls("user");
  if (!urls) return fail(urls.error());
  http::Client users(*urls, "user");
  auto answer = commands::ask(users, request);
  // A foreign program may answer anything.
  if (answer && !answer->is_object()) {
    return fail(Code::invalid_reply, "the user service's answer is no object");
  }
  return answer;
}

std::vector<std::string> cells(const Json& user) {
  return {std::to_string(user.value("id", std::int64_t{0})), user.value("name", "")};
}

int show_one(const Program& program, const Result<Json>& user) {
  if (!user) return report(program, user.error());
  if (!contracts::parse_user(dump_json(*user))) {
    return report(program, {Code::invalid_reply, fmt::format("the answer is no user: {}",
                                                             escape_control(dump_json(*user)))});
  }
  if (program.json) {
    print_json(*user);
  } else {
    fmt::print("user {}", format_table({cells(*user)}));
  }
  return exit_status::kDone;
}

int create(const Program& program, const UserOptions& options) {
  const Json body = contracts::to_json(contracts::NewUser{options.name});
  return show_one(program,
                  ask(program, {.method = "POST", .target = "/users", .body = dump_json(body)}));
}

int get(const Program& program, const UserOptions& options) {
  return show_one(program, ask(program, {.target = fmt::format("/users/{}", options.id)}));
}

int list(const Program& program, const UserOptions& options) {
  const auto page = ask(
      program, {.target = fmt::format("/users?limit={}&after={}", options.limit, options.after)});
  if (!page) return report(program, page.error());
  if (program.json) {
    print_json(*page);
    return exit_status::kDone;
  }
  if (!page->contains("users") || !page->at("users").is_array()) {
    return report(program, {Code::invalid_reply, "the answer is no list of users"});
  }
  std::vector<std::vector<std::string>> table = {{"ID", "NAME"}};
  for (const Json& user : page->at("users")) table.push_back(cells(user));
  fmt::print("{}", format_table(table));
  if (const Json next = page->value("next", Json()); !next.is_null()) {
    fmt::print(stderr, "More: msdemo user list --after {}\n", next.dump());
  }
  return exit_status::kDone;
}

}  // namespace

void add_user(CLI::App& app, Program& program) {
  auto options = std::make_shared<UserOptions>();
  CLI::App* user = app.add_subcommand("user", "Create and look up users");
  set_help(*user, "msdemo user create --name 'Barbara Liskov'\nmsdemo user list");
  user->require_subcommand(0, 1);

  CLI::App* create_command = user->add_subcommand("create", "Create a user");
  set_help(*create_command, "msdemo user create --name 'Barbara Liskov'");
  create_command->add_option("--name", options->name, "1 to 255 characters")->required();
  add_json_flag(*create_command, program);
  create_command->callback([&program, options] {
    program.run = [&program, options] { return create(program, *options); };
  });

  CLI::App* get_command = user->add_subcommand("get", "Look up one user");
  set_help(*get_command, "msdemo user get 1");
  get_command->add_option("ID", options->id, "The user's id")->required();
  add_json_flag(*get_command, program);
  get_command->callback([&program, options] {
    program.run = [&program, options] { return get(program, *options); };
  });

  CLI::App* list_command = user->add_subcommand("list", "List users by id");
  set_help(*list_command, "msdemo user list --limit 10");
  list_command->add_option("--limit", options->limit, "How many, 1 to 1000")->capture_default_str();
  list_command->add_option("--after", options->after, "Only ids greater than this")
      ->capture_default_str();
  add_json_flag(*list_command, program);
  list_command->callback([&program, options] {
    program.run = [&program, options] { return list(program, *options); };
  });
}

}  // namespace msdemo::commands
