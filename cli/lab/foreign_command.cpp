#include "lab/foreign_command.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cctype>
#include <cstdlib>
#include <optional>

#include "base/text.hpp"

namespace msdemo::lab {

namespace fs = std::filesystem;

namespace {

constexpr std::string_view kPort = "{port}";
constexpr std::string_view kUserUrl = "{user_url}";

tl::unexpected<Error> refused(std::string_view service, std::string_view what, std::string hint) {
  return fail(Code::usage, fmt::format("--cmd {}: {}", service, what), std::move(hint));
}

bool one_of(char c, std::string_view characters) {
  return characters.find(c) != characters.npos;
}

/// Cuts a line into words by the rules that all shells share, and refuses what only they can do.
class Splitter {
 public:
  Splitter(std::string_view service, std::string_view line) : service_(service), line_(line) {}

  Result<std::vector<std::string>> split() {
    for (; at_ < line_.size(); ++at_) {
      const char c = line_[at_];
      Result<void> taken;
      if (c == '\'' || c == '"') {
        taken = take_quoted(c);
      } else if (c == '\\') {
        taken = take_escaped();
      } else if (std::isspace(static_cast<unsigned char>(c)) != 0) {
        end_word();
      } else if (one_of(c, "|&;<>()$`")) {
        taken = for_a_shell(c);
      } else {
        add(c);
      }
      if (!taken) return fail(std::move(taken.error()));
    }
    end_word();
    return std::move(words_);
  }

 private:
  void add(char c) {
    if (!word_) word_.emplace();
    *word_ += c;
  }

  void end_word() {
    if (word_) words_.push_back(std::move(*word_));
    word_.reset();
  }

  Result<void> take_escaped() {
    if (++at_ == line_.size()) return refused(service_, "it ends with a backslash", kQuoteHint);
    add(line_[at_]);
    return {};
  }

  /// Up to the quote that closes; at_ is then on it.
  Result<void> take_quoted(char quote) {
    if (!word_) word_.emplace();
    while (++at_ < line_.size() && line_[at_] != quote) {
      const char c = line_[at_];
      if (quote == '"' && (c == '$' || c == '`')) return for_a_shell(c);
      const bool escapes =
          quote == '"' && c == '\\' && at_ + 1 < line_.size() && one_of(line_[at_ + 1], "\"\\$`");
      add(escapes ? line_[++at_] : c);
    }
    if (at_ < line_.size()) return {};
    return refused(service_, fmt::format("a {} is not closed", quote), kQuoteHint);
  }

  Result<void> for_a_shell(char c) const {
    return refused(service_,
                   fmt::format("'{}' is for a shell, and the command is run without one", c),
                   "quote it if the program is to have it, or let a shell run it: "
                   "sh -c 'exec … {port}'");
  }

  static constexpr const char* kQuoteHint =
      "words are split as a shell does: quote what belongs together";

  std::string_view service_;
  std::string_view line_;
  std::size_t at_ = 0;
  std::optional<std::string> word_;
  std::vector<std::string> words_;
};

/// All `{name}` in a word, braces included.
std::vector<std::string_view> placeholders_in(std::string_view word) {
  const auto named = [](char c) { return std::islower(static_cast<unsigned char>(c)) || c == '_'; };
  std::vector<std::string_view> found;
  for (auto open = word.find('{'); open != word.npos; open = word.find('{', open + 1)) {
    const auto close = word.find('}', open);
    if (close == word.npos) break;
    const std::string_view name = word.substr(open + 1, close - open - 1);
    if (!name.empty() && std::ranges::all_of(name, named)) {
      found.push_back(word.substr(open, close - open + 1));
    }
  }
  return found;
}

Result<void> check_placeholders(const std::string& service, const std::vector<std::string>& words) {
  bool port = false;
  for (const std::string& word : words) {
    for (const std::string_view placeholder : placeholders_in(word)) {
      port = port || placeholder == kPort;
      if (placeholder == kPort) continue;
      if (placeholder != kUserUrl) {
        return refused(service, fmt::format("there is no placeholder {}", placeholder),
                       "there are {port}, where it is to listen, and {user_url}, where the user "
                       "service is");
      }
      if (service == "user") {
        return refused(service, "{user_url} would be its own address",
                       "it is for the order service, which asks the user service");
      }
    }
  }
  if (port) return {};
  return refused(service, "{port} is missing, so it would not listen where the lab expects it",
                 "put it where the program takes its port: "
                 "--cmd user='uvicorn user_service:app --port {port}'");
}

void replace_all(std::string& text, std::string_view what, std::string_view by) {
  for (auto at = text.find(what); at != text.npos; at = text.find(what, at + by.size())) {
    text.replace(at, what.size(), by);
  }
}

bool executable(const fs::path& file) {
  std::error_code error;
  return fs::is_regular_file(file, error) && ::access(file.c_str(), X_OK) == 0;
}

}  // namespace

bool replaceable(std::string_view service) {
  return service == "user" || service == "order";
}

Result<ForeignCommand> parse_foreign_command(const std::string& service, std::string_view text,
                                             const fs::path& folder) {
  auto words = Splitter(service, text).split();
  if (!words) return fail(std::move(words.error()));
  if (words->empty()) {
    return refused(service, "there is no command",
                   "for example: --cmd user='uvicorn user_service:app --port {port}'");
  }
  if (auto checked = check_placeholders(service, *words); !checked) {
    return fail(std::move(checked.error()));
  }
  const std::string& program = words->front();
  if (find_program(program, folder).empty()) {
    const auto equals = program.find('=');
    const bool assigns = equals != program.npos && program.find('/') > equals;
    return refused(service, fmt::format("there is no program {} to run", escape_control(program)),
                   assigns ? "variables are set by env: env NAME=value program …"
                           : "install it, or say where it is: a path, from this folder or whole");
  }
  return ForeignCommand{std::move(*words), folder};
}

std::vector<std::string> fill_in(const ForeignCommand& command, int port,
                                 std::string_view user_url) {
  std::vector<std::string> words = command.words;
  for (std::string& word : words) {
    replace_all(word, kPort, std::to_string(port));
    replace_all(word, kUserUrl, user_url);
  }
  return words;
}

fs::path find_program(const std::string& name, const fs::path& folder) {
  if (name.empty()) return {};
  if (name.find('/') != name.npos) {
    const fs::path file = folder / name;
    return executable(file) ? file : fs::path();
  }
  const char* path = std::getenv("PATH");
  std::string_view folders = path == nullptr ? "/usr/bin:/bin" : path;
  while (!folders.empty()) {
    const auto end = std::min(folders.find(':'), folders.size());
    // An empty entry is the folder itself.
    const fs::path file = folder / folders.substr(0, end) / name;
    if (executable(file)) return file;
    folders.remove_prefix(std::min(end + 1, folders.size()));
  }
  return {};
}

}  // namespace msdemo::lab
