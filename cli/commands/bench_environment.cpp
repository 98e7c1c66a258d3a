#include "commands/bench_environment.hpp"

#include <fmt/format.h>
#include <sys/utsname.h>
#include <unistd.h>

#include <array>
#include <cstdlib>
#include <fstream>
#include <string>
#include <thread>
#include <vector>

#include "base/clock.hpp"
#include "base/text.hpp"
#include "http/socket.hpp"
#include "load/statistics.hpp"

namespace msdemo::commands {

namespace {

std::string cpu_model() {
  std::ifstream in("/proc/cpuinfo");
  for (std::string line; std::getline(in, line);) {
    const auto colon = line.find(": ");
    if (line.rfind("model name", 0) == 0 && colon != line.npos) return line.substr(colon + 2);
  }
  return "unknown";
}

std::string kernel() {
  utsname name{};
  if (::uname(&name) != 0) return "unknown";
  return fmt::format("{} {} {}", name.sysname, name.release, name.machine);
}

}  // namespace

load::Environment describe_environment() {
  return {.version = MSDEMO_VERSION,
          .commit = MSDEMO_COMMIT,
          .started_at = format_rfc3339(real_clock().system_now()),
          .cores = static_cast<int>(std::thread::hardware_concurrency()),
          .cpu = cpu_model(),
          .kernel = kernel()};
}

double measure_fsync_us(const std::filesystem::path& folder) {
  constexpr std::size_t kBytes = 4096;
  constexpr std::size_t kTimes = 20;
  std::string name = (folder / "fsync-XXXXXX").string();
  const http::FileDescriptor file(::mkstemp(name.data()));
  if (!file.open()) return 0;
  ::unlink(name.c_str());
  const std::array<char, kBytes> page{};
  std::vector<double> took;
  for (std::size_t i = 0; i < kTimes; ++i) {
    const SteadyTime began = real_clock().steady_now();
    const bool written = ::write(file.get(), page.data(), page.size()) == kBytes;
    if (!written || ::fdatasync(file.get()) != 0) return 0;
    took.push_back(
        std::chrono::duration<double, std::micro>(real_clock().steady_now() - began).count());
  }
  return load::median(took).value_or(0);
}

ProcessorTime ProcessorTime::now() {
  constexpr int kStolen = 7;  // user, nice, system, idle, iowait, irq, softirq, steal
  std::ifstream in("/proc/stat");
  std::string word;
  in >> word;
  ProcessorTime time;
  std::uint64_t ticks = 0;
  for (int i = 0; i <= kStolen && in >> ticks; ++i) {
    time.all += ticks;
    if (i == kStolen) time.stolen = ticks;
  }
  return time;
}

double steal_share(const ProcessorTime& from, const ProcessorTime& to) {
  if (to.all <= from.all) return 0;
  return static_cast<double>(to.stolen - from.stolen) / static_cast<double>(to.all - from.all);
}

}  // namespace msdemo::commands
