#include "commands/start_report.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <cstdlib>

#include "base/text.hpp"
#include "lab/service_names.hpp"

namespace msdemo::commands {

namespace {

/// `/home/ada/.local/…` as `~/.local/…`
std::string short_path(const std::string& path) {
  const char* home = std::getenv("HOME");
  const std::string prefix = home == nullptr ? "" : std::string(home) + "/";
  const bool inside = prefix.size() > 1 && path.rfind(prefix, 0) == 0;
  return escape_control(inside ? "~/" + path.substr(prefix.size()) : path);
}

std::string_view promise(const std::string& durability) {
  return durability == "full" ? "what was answered survives a power cut"
                              : "what was answered survives a crash, but not a power cut";
}

}  // namespace

std::string format_start_report(const lab::StartReport& report, bool color) {
  constexpr double kMillisecondsPerSecond = 1000;
  constexpr double kBytesPerMebibyte = 1024 * 1024;
  const auto faint = [&](std::string_view text) { return paint(color, Style::faint, text); };

  std::string memory;
  if (report.memory_bytes) {
    memory = fmt::format(", {:.0f} MiB of memory",
                         static_cast<double>(*report.memory_bytes) / kBytesPerMebibyte);
  }
  std::string text =
      fmt::format("{} after {:.2f} s{}\n\n",
                  paint(color, Style::good, fmt::format("lab {} is ready", report.lab)),
                  report.ready_ms / kMillisecondsPerSecond, memory);
  for (const lab::ServiceStatus& service : report.services) {
    const std::string name = lab::name_among(report.services, service);
    text += fmt::format(
        "  {:<10}  {}  {}\n", name, service.url.value_or(""),
        faint(service.admin_url ? "admin " + *service.admin_url : "started by --cmd, no admin"));
  }
  // Its own engines are what a lab has anyway.
  if (report.database != "sqlite") {
    text += fmt::format("  {:<10}  {}\n", "database", escape_control(report.database));
  }
  if (report.broker != "embedded") {
    text += fmt::format("  {:<10}  {}\n", "broker", escape_control(report.broker));
  }
  text += fmt::format("  {:<10}  {}  {}\n", "durability", report.durability,
                      faint(promise(report.durability)));
  text += fmt::format("  {:<10}  {}\n\n", "data, logs", short_path(report.state_folder));
  text += fmt::format(
      "next  {}\n",
      paint(color, Style::strong, command_line(report.lab, "order create --user 1 --item book")));
  text += fmt::format("      {}\n", command_line(report.lab, "ps"));
  text += fmt::format("      {}\n", command_line(report.lab, "down"));
  return text;
}

std::string format_stop_report(const lab::StopReport& report, bool color) {
  std::string text;
  if (!report.killed.empty()) {
    text +=
        fmt::format("{} {}\n", paint(color, Style::warn, "did not stop in time and was killed:"),
                    fmt::join(report.killed, ", "));
  }
  if (!report.stuck.empty()) {
    text += fmt::format("{} {}\n", paint(color, Style::bad, "does not even end when killed:"),
                        fmt::join(report.stuck, ", "));
  }
  return text;
}

}  // namespace msdemo::commands
