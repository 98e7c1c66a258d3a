#include "lab/log_file.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <iterator>

#include "base/limits.hpp"
#include "base/text.hpp"

namespace msdemo::lab {

namespace {

constexpr std::size_t kTimeLength = std::string_view("2026-11-23T00:40:01.123Z").size();

bool is_time(std::string_view text) {
  return text.size() == kTimeLength && text[4] == '-' && text[10] == 'T' && text[13] == ':' &&
         text[19] == '.' && text.back() == 'Z';
}

/// Cuts the first word off `text`, and the blanks after it.
std::string_view take_word(std::string_view& text) {
  const std::string_view word = text.substr(0, text.find(' '));
  text.remove_prefix(word.size());
  text.remove_prefix(std::min(text.size(), text.find_first_not_of(' ')));
  return word;
}

std::filesystem::path rotated(const std::filesystem::path& path) {
  return path.parent_path() / (path.stem().string() + ".1" + path.extension().string());
}

}  // namespace

LogLine parse_log_line(std::string_view service, std::string_view line,
                       std::string_view previous_time) {
  std::string_view rest = line;
  const std::string_view time = take_word(rest);
  const std::string_view level = take_word(rest);
  const std::string_view name = take_word(rest);
  // A replica, order-2, logs in the name of its service.
  const bool own = name == service || (service.starts_with(name) && service[name.size()] == '-');
  if (is_time(time) && !level.empty() && !name.empty() && own) {
    return {std::string(service), std::string(time), std::string(level), std::string(rest)};
  }
  return {std::string(service), std::string(previous_time), "", std::string(line)};
}

LogFile::LogFile(std::string service, std::filesystem::path path)
    : service_(std::move(service)), path_(std::move(path)) {}

bool LogFile::open() {
  file_ = http::FileDescriptor(::open(path_.c_str(), O_RDONLY | O_CLOEXEC));
  return file_.open();
}

bool LogFile::replaced() const {
  struct stat named {};
  struct stat opened {};
  if (::stat(path_.c_str(), &named) != 0 || ::fstat(file_.get(), &opened) != 0) return false;
  return named.st_ino != opened.st_ino || named.st_dev != opened.st_dev;
}

void LogFile::skip_to_end() {
  if (open()) ::lseek(file_.get(), 0, SEEK_END);
}

void LogFile::read_last(std::size_t count, std::vector<LogLine>& lines) {
  std::vector<LogLine> all;
  LogFile before(service_, rotated(path_));
  if (before.open()) before.read_open_file(all);
  last_time_ = before.last_time_;
  if (open()) read_open_file(all);
  const std::size_t first = all.size() - std::min(count, all.size());
  std::move(all.begin() + static_cast<std::ptrdiff_t>(first), all.end(), std::back_inserter(lines));
}

void LogFile::read_more(std::vector<LogLine>& lines) {
  if (!file_.open() && !open()) return;
  read_open_file(lines);
  if (!replaced()) return;
  // Between the two readings nothing is lost: the old file was renamed before this one was made.
  read_open_file(lines);
  if (open()) read_open_file(lines);
}

void LogFile::read_open_file(std::vector<LogLine>& lines) {
  std::array<char, 64 * 1024> chunk;
  for (ssize_t length; (length = ::read(file_.get(), chunk.data(), chunk.size())) > 0;) {
    std::string_view rest(chunk.data(), static_cast<std::size_t>(length));
    for (auto end = rest.find('\n'); end != rest.npos; end = rest.find('\n')) {
      take(unfinished_.append(rest.substr(0, end)), lines);
      unfinished_.clear();
      rest.remove_prefix(end + 1);
    }
    unfinished_.append(rest);
    if (unfinished_.size() > limits::kLogLineBytes) {
      take(unfinished_, lines);
      unfinished_.clear();
    }
  }
}

void LogFile::take(std::string_view line, std::vector<LogLine>& lines) {
  lines.push_back(parse_log_line(service_, line, last_time_));
  last_time_ = lines.back().time;
}

std::string last_headline(const std::filesystem::path& file) {
  constexpr off_t kTailBytes = 4096;
  const http::FileDescriptor log(::open(file.c_str(), O_RDONLY | O_CLOEXEC));
  if (!log.open()) return {};
  std::array<char, kTailBytes> tail;
  const off_t size = ::lseek(log.get(), 0, SEEK_END);
  const ssize_t length =
      ::pread(log.get(), tail.data(), tail.size(), std::max<off_t>(0, size - kTailBytes));
  std::string_view text(tail.data(), static_cast<std::size_t>(std::max<ssize_t>(0, length)));
  while (!text.empty()) {
    const auto before = text.rfind('\n');
    const std::string_view line = before == text.npos ? text : text.substr(before + 1);
    if (!line.empty() && line.front() != ' ') return escape_control(line);
    text = text.substr(0, before == text.npos ? 0 : before);
  }
  return {};
}

}  // namespace msdemo::lab
