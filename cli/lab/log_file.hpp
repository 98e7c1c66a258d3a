// Lines of the services' logs, read from files that grow and rotate while they are read.
#pragma once

#include <sys/types.h>

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "http/socket.hpp"

namespace msdemo::lab {

/// One line, as base/log writes it or as anything else printed it.
struct LogLine {
  std::string service;
  std::string time;   ///< RFC 3339; of the line before when this one tells none; may be empty
  std::string level;  ///< `info`, `warning`, …; empty when the line tells none
  std::string text;   ///< as it was written: escape it before printing
};

/// Splits `2026-11-23T00:40:01.123Z info  order  text`. Anything else is all text, at the time of
/// the line before it.
LogLine parse_log_line(std::string_view service, std::string_view line,
                       std::string_view previous_time);

/// One service's log, read onwards from where the last reading ended. Follows the file when it is
/// rotated (`order.log` to `order.1.log`) and waits for one that does not exist yet.
class LogFile {
 public:
  LogFile(std::string service, std::filesystem::path path);

  const std::filesystem::path& path() const { return path_; }

  /// Passes over everything there is.
  void skip_to_end();

  /// Appends to `lines` the last `count` lines of the rotated and the present file, and passes over
  /// the others.
  void read_last(std::size_t count, std::vector<LogLine>& lines);

  /// Appends the lines that were completed since the last reading.
  void read_more(std::vector<LogLine>& lines);

 private:
  bool open();
  bool replaced() const;
  void read_open_file(std::vector<LogLine>& lines);
  void take(std::string_view line, std::vector<LogLine>& lines);

  std::string service_;
  std::filesystem::path path_;
  http::FileDescriptor file_;
  std::string unfinished_;  ///< the beginning of a line whose end is not written yet
  std::string last_time_;
};

/// The last line near the end of `file` that is neither empty nor indented (as explanations of the
/// line before are), escaped for printing; empty if there is none.
std::string last_headline(const std::filesystem::path& file);

}  // namespace msdemo::lab
