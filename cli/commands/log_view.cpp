#include "commands/log_view.hpp"

#include <fmt/format.h>

#include <string_view>

#include "base/text.hpp"
#include "commands/program.hpp"
#include "lab/service_names.hpp"
#include "timeline/terminal.hpp"

namespace msdemo::commands {

namespace {

constexpr std::string_view kDate = "2026-11-23T";
constexpr std::string_view kClock = "00:40:01.123";

std::string paint_service(const std::string& service, std::size_t width) {
  const std::string padded = fmt::format("{:<{}}", service, width);
  if (service == lab::kSupervisorLog) return paint(true, Style::faint, padded);
  return fmt::format("\x1b[38;5;{}m{}\x1b[0m", timeline::service_color(service), padded);
}

}  // namespace

std::string format_log_line(const lab::LogLine& line, std::size_t width, bool color) {
  const bool timed = line.time.size() >= kDate.size() + kClock.size();
  const std::string clock =
      timed ? line.time.substr(kDate.size(), kClock.size()) : std::string(kClock.size(), ' ');
  const std::string text = escape_control(line.text);
  const bool error = line.level == "error" || line.level == "critical";
  const bool problem = error || line.level == "warning";
  if (!color) {
    return fmt::format("{:<{}}  {}  {}{}", line.service, width, clock,
                       problem ? line.level + ": " : "", text);
  }
  return fmt::format("{}  {}  {}", paint_service(line.service, width),
                     paint(true, Style::faint, clock),
                     problem ? paint(true, error ? Style::bad : Style::warn, text) : text);
}

}  // namespace msdemo::commands
