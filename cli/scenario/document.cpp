#include "scenario/document.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <optional>

#include "base/text.hpp"

namespace msdemo::scenario {

namespace {

constexpr std::size_t kFenceLength = 3;
constexpr int kExitCodeMax = 255;

bool starts_with(std::string_view text, std::string_view start) {
  return text.substr(0, start.size()) == start;
}

std::string_view trimmed(std::string_view text) {
  const auto first = text.find_first_not_of(" \t\r");
  if (first == text.npos) return {};
  return text.substr(first, text.find_last_not_of(" \t\r") + 1 - first);
}

/// A line of backticks or tildes that opens or closes a block (CommonMark, section 4.5).
struct Fence {
  char mark = '`';
  std::size_t length = 0;
  std::string_view info;

  bool closes(const Fence& opening) const {
    return mark == opening.mark && length >= opening.length && info.empty();
  }
};

std::optional<Fence> read_fence(std::string_view line) {
  const auto indent = line.find_first_not_of(' ');
  if (indent == line.npos || indent > kFenceLength) return std::nullopt;
  line = trimmed(line);
  const char mark = line.empty() ? ' ' : line.front();
  if (mark != '`' && mark != '~') return std::nullopt;
  const std::size_t length = std::min(line.find_first_not_of(mark), line.size());
  const std::string_view info = trimmed(line.substr(length));
  if (length < kFenceLength || info.find('`') != info.npos) return std::nullopt;
  return Fence{mark, length, info};
}

/// Goes through a document line by line.
class Reader {
 public:
  explicit Reader(std::string name) : document_{std::move(name), {}, {}} {}

  Result<Document> read(std::string_view markdown) {
    while (!markdown.empty()) {
      const auto end = markdown.find('\n');
      ++number_;
      if (auto taken = take(markdown.substr(0, end)); !taken) return fail(taken.error());
      markdown.remove_prefix(end == markdown.npos ? markdown.size() : end + 1);
    }
    if (fence_) return refuse(fence_line_, "this block is not closed");
    end_prose();
    return std::move(document_);
  }

 private:
  tl::unexpected<Error> refuse(int line, std::string_view why, std::string hint = {}) const {
    return fail(Code::usage, fmt::format("{}:{}: {}", document_.name, line, why), std::move(hint));
  }

  Result<void> take(std::string_view line) {
    const auto fence = read_fence(line);
    if (!fence_) {
      if (fence) open(*fence);
      if (!in_console_) add_prose(line);
      return {};
    }
    if (fence && fence->closes(*fence_)) return close(line);
    if (in_console_) return take_console(line);
    add_prose(line);
    return {};
  }

  void open(const Fence& fence) {
    fence_ = fence;
    fence_line_ = number_;
    in_console_ = fence.info.substr(0, fence.info.find(' ')) == "console";
    if (in_console_) end_prose();
  }

  Result<void> close(std::string_view line) {
    fence_.reset();
    if (!in_console_) {
      add_prose(line);
      return {};
    }
    in_console_ = false;
    if (continued_) return refuse(number_, "the command before it goes on after its backslash");
    command_ = nullptr;
    fresh_ = false;
    return {};
  }

  Result<void> take_console(std::string_view line) {
    const bool prompted = starts_with(line, "> ");
    if (continued_ || (fresh_ && prompted)) {
      command_->text += '\n';
      append(line.substr(prompted ? 2 : 0));
      return {};
    }
    if (starts_with(line, "$ ")) {
      document_.steps.emplace_back(
          Command{.line = number_, .text = {}, .exit_code = 0, .output = {}});
      command_ = &std::get<Command>(document_.steps.back());
      append(line.substr(2));
      fresh_ = true;
      return {};
    }
    if (command_ == nullptr) {
      if (trimmed(line).empty()) return {};
      return refuse(number_, "output before a command", "a command begins with `$ `");
    }
    if (std::exchange(fresh_, false) && starts_with(line, "? ")) return take_status(line.substr(2));
    if (auto added = command_->output.add(line); !added) {
      return refuse(number_, added.error().message, added.error().hint);
    }
    return {};
  }

  void append(std::string_view line) {
    line = line.substr(0, line.find_last_not_of('\r') + 1);
    command_->text += line;
    continued_ = !line.empty() && line.back() == '\\';
  }

  Result<void> take_status(std::string_view text) {
    const auto status = parse_integer(trimmed(text));
    if (!status || *status < 0 || *status > kExitCodeMax) {
      return refuse(number_, fmt::format("'{}' is no exit status", trimmed(text)),
                    "it is a number, 0 to 255");
    }
    command_->exit_code = static_cast<int>(*status);
    return {};
  }

  void add_prose(std::string_view line) {
    if (!fence_ && document_.title.empty() && starts_with(line, "# ")) {
      document_.title = trimmed(line.substr(2));
    }
    prose_ += line;
    prose_ += '\n';
  }

  void end_prose() {
    if (!trimmed(prose_).empty()) document_.steps.emplace_back(Prose{prose_});
    prose_.clear();
  }

  Document document_;
  int number_ = 0;
  std::string prose_;
  std::optional<Fence> fence_;
  int fence_line_ = 0;
  bool in_console_ = false;
  Command* command_ = nullptr;  ///< the last one of this block
  bool continued_ = false;      ///< its last line ended in a backslash
  bool fresh_ = false;          ///< neither status nor output came after it yet
};

}  // namespace

std::size_t Document::command_count() const {
  return static_cast<std::size_t>(std::count_if(steps.begin(), steps.end(), [](const auto& step) {
    return std::holds_alternative<Command>(step);
  }));
}

Result<Document> parse_document(std::string name, std::string_view markdown) {
  return Reader(std::move(name)).read(markdown);
}

}  // namespace msdemo::scenario
