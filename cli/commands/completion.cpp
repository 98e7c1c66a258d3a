// `completion`: the tree of commands as a script for bash, zsh or fish, so that Tab knows them.
#include <fmt/format.h>

#include <algorithm>

#include "commands/commands.hpp"

namespace msdemo::commands {

namespace {

/// What may follow one (sub)command.
struct Node {
  std::string path;  ///< `order create`; empty for the program
  std::vector<std::string> words;
};

/// The whole tree of commands, so that a script never has to ask the program.
void collect(const CLI::App& command, const std::string& path, std::vector<Node>& nodes) {
  Node node{path, {}};
  for (const CLI::App* sub : command.get_subcommands([](const CLI::App*) { return true; })) {
    node.words.push_back(sub->get_name());
  }
  for (const CLI::Option* option : command.get_options()) {
    for (const std::string& name : option->get_lnames()) node.words.push_back("--" + name);
  }
  std::sort(node.words.begin(), node.words.end());
  nodes.push_back(std::move(node));
  for (const CLI::App* sub : command.get_subcommands([](const CLI::App*) { return true; })) {
    collect(*sub, path.empty() ? sub->get_name() : path + " " + sub->get_name(), nodes);
  }
}

std::string cases(const std::vector<Node>& nodes, std::string_view line) {
  std::string out;
  for (const Node& node : nodes) {
    out += fmt::format(fmt::runtime(line), fmt::arg("path", node.path),
                       fmt::arg("words", fmt::join(node.words, " ")));
  }
  return out;
}

std::string bash_script(const std::vector<Node>& nodes) {
  return "_msdemo() {\n"
         "  local path= word\n"
         "  for word in \"${COMP_WORDS[@]:1:COMP_CWORD-1}\"; do\n"
         "    case $word in -*) ;; *) path=\"${path:+$path }$word\" ;; esac\n"
         "  done\n"
         "  local words\n"
         "  case $path in\n" +
         cases(nodes, "    '{path}') words='{words}' ;;\n") +
         "  esac\n"
         "  COMPREPLY=($(compgen -W \"$words\" -- \"${COMP_WORDS[COMP_CWORD]}\"))\n"
         "}\n"
         "complete -F _msdemo msdemo\n";
}

std::string zsh_script(const std::vector<Node>& nodes) {
  return "#compdef msdemo\n"
         "autoload -U +X bashcompinit && bashcompinit\n" +
         bash_script(nodes);
}

std::string fish_script(const std::vector<Node>& nodes) {
  std::string out =
      "function __msdemo_path\n"
      "  string join ' ' -- (string match -rv '^-' -- (commandline -opc)[2..-1])\n"
      "end\n"
      "complete -c msdemo -f\n";
  return out +
         cases(nodes, "complete -c msdemo -n 'test (__msdemo_path) = \"{path}\"' -a '{words}'\n");
}

}  // namespace

void add_completion(CLI::App& app, Program& program) {
  auto shell = std::make_shared<std::string>();
  CLI::App* command = app.add_subcommand("completion", "Print a completion script for a shell");
  set_help(*command, "source <(msdemo completion bash)");
  command->add_option("SHELL", *shell, "bash, zsh or fish")
      ->required()
      ->check(CLI::IsMember({"bash", "zsh", "fish"}));
  command->callback([&app, &program, shell] {
    program.run = [&app, shell] {
      std::vector<Node> nodes;
      collect(app, "", nodes);
      fmt::print("{}", *shell == "bash"  ? bash_script(nodes)
                       : *shell == "zsh" ? zsh_script(nodes)
                                         : fish_script(nodes));
      return exit_status::kDone;
    };
  });
}

}  // namespace msdemo::commands
