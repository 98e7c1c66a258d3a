#include "lab/state.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <signal.h>
#include <sys/file.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <iterator>

#include "base/json.hpp"
#include "base/limits.hpp"
#include "base/text.hpp"

namespace msdemo::lab {

namespace fs = std::filesystem;

namespace {

/// The first kRecordBytes of a small file; nothing if it cannot be read.
std::optional<std::string> read_small_file(const fs::path& file) {
  std::ifstream in(file, std::ios::binary);
  if (!in) return std::nullopt;
  std::string text(limits::kRecordBytes, '\0');
  in.read(text.data(), static_cast<std::streamsize>(text.size()));
  text.resize(static_cast<std::size_t>(in.gcount()));
  return text;
}

tl::unexpected<Error> unwritable(const fs::path& path, std::string_view reason) {
  return fail(Code::lab_failed, fmt::format("cannot write to {}: {}", path.string(), reason),
              "set XDG_STATE_HOME to a folder that you can write to, or make room there");
}

/// Readers see the old file or the whole new one, never a part.
Result<void> replace_file(const fs::path& file, std::string_view text) {
  const fs::path draft = file.string() + ".new";
  http::FileDescriptor out(
      ::open(draft.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0600));
  if (!out.open()) return unwritable(draft, std::strerror(errno));
  const ssize_t written = ::write(out.get(), text.data(), text.size());
  if (written != static_cast<ssize_t>(text.size())) {
    return unwritable(draft, written < 0 ? std::strerror(errno) : "no space left on device");
  }
  if (::rename(draft.c_str(), file.c_str()) != 0) return unwritable(file, std::strerror(errno));
  return {};
}

/// For this user alone; one that exists already must be writable.
Result<void> make_folder(const fs::path& folder) {
  if (::mkdir(folder.c_str(), 0700) != 0 && errno != EEXIST) {
    return unwritable(folder, std::strerror(errno));
  }
  if (::access(folder.c_str(), W_OK | X_OK) != 0) return unwritable(folder, std::strerror(errno));
  return {};
}

std::string boot_id() {
  std::string id = read_small_file("/proc/sys/kernel/random/boot_id").value_or("");
  id.erase(std::remove(id.begin(), id.end(), '\n'), id.end());
  return id;
}

std::optional<std::uint64_t> start_ticks(pid_t pid) {
  const auto stat = read_small_file(fmt::format("/proc/{}/stat", pid));
  // The second field, the program's name in parentheses, may itself hold blanks and parentheses.
  const auto name_end = stat ? stat->rfind(')') : std::string::npos;
  if (name_end == std::string::npos) return std::nullopt;
  constexpr int kFieldsBeforeStartTime = 20;
  std::size_t at = name_end + 1;
  for (int field = 0; field < kFieldsBeforeStartTime - 1; ++field) {
    at = stat->find(' ', at + 1);
    if (at == std::string::npos) return std::nullopt;
  }
  const auto end = stat->find(' ', at + 1);
  const auto ticks = parse_integer(std::string_view(*stat).substr(at + 1, end - at - 1));
  if (!ticks || *ticks < 0) return std::nullopt;
  return static_cast<std::uint64_t>(*ticks);
}

/// flock has no deadline of its own, so a timer interrupts it; repeatedly, because one alarm could
/// come just before the call.
bool lock_within(int lock, std::chrono::seconds wait) {
  constexpr suseconds_t kAlarmEvery = 50'000;
  struct sigaction interrupt {};
  struct sigaction before {};
  interrupt.sa_handler = [](int) {};
  ::sigaction(SIGALRM, &interrupt, &before);
  const itimerval alarms{{0, kAlarmEvery}, {0, kAlarmEvery}};
  const itimerval none{};
  ::setitimer(ITIMER_REAL, &alarms, nullptr);
  const auto give_up = std::chrono::steady_clock::now() + wait;
  bool locked = false;
  do {
    locked = ::flock(lock, LOCK_EX) == 0;
  } while (!locked && errno == EINTR && std::chrono::steady_clock::now() < give_up);
  ::setitimer(ITIMER_REAL, &none, nullptr);
  ::sigaction(SIGALRM, &before, nullptr);
  return locked;
}

Result<fs::path> state_home() {
  // The XDG specification says to ignore a relative path.
  if (const char* xdg = std::getenv("XDG_STATE_HOME"); xdg != nullptr && *xdg == '/') return xdg;
  if (const char* home = std::getenv("HOME"); home != nullptr && *home == '/') {
    return fs::path(home) / ".local" / "state";
  }
  return fail(Code::lab_failed,
              "neither XDG_STATE_HOME nor HOME says where to keep the lab's state",
              "set XDG_STATE_HOME to a folder that you can write to");
}

}  // namespace

ProcessIdentity ProcessIdentity::own() {
  return {::getpid(), lab::start_ticks(::getpid()).value_or(0), lab::boot_id()};
}

bool ProcessIdentity::alive() const {
  return pid > 0 && boot_id == lab::boot_id() && start_ticks == lab::start_ticks(pid);
}

std::string to_json_text(const LabRecord& record) {
  Json services = Json::array();
  for (const ServiceAddress& address : record.services) {
    services.push_back(
        {{"service", address.service},
         {"replica", address.replica},
         {"url", address.url},
         {"admin_url", address.admin_url.empty() ? Json() : Json(address.admin_url)}});
  }
  return dump_json({{"pid", record.supervisor.pid},
                    {"start_ticks", record.supervisor.start_ticks},
                    {"boot_id", record.supervisor.boot_id},
                    {"control_url", record.control_url},
                    {"started_at", record.started_at},
                    {"services", std::move(services)}}) +
         "\n";
}

Result<LabRecord> parse_lab_record(std::string_view text) {
  const auto json = parse_json(text);
  if (!json) return fail(Code::lab_failed, "lab.json is damaged: " + json.error().message);
  try {
    LabRecord record{.supervisor = {json->at("pid"), json->at("start_ticks"), json->at("boot_id")},
                     .control_url = json->at("control_url"),
                     .started_at = json->at("started_at"),
                     .services = {}};
    for (const Json& service : json->at("services")) {
      const Json& admin_url = service.at("admin_url");
      record.services.push_back({service.at("service"), service.at("replica"), service.at("url"),
                                 admin_url.is_null() ? "" : admin_url.get<std::string>()});
    }
    if (record.supervisor.pid > 0) return record;
  } catch (const Json::exception&) {
    // Reported below: which field is missing helps nobody, the file is the program's own.
  }
  return fail(Code::lab_failed, "lab.json is damaged: a field is missing or not what it should be");
}

Result<StateFolder> StateFolder::of(const std::string& lab) {
  const auto allowed = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-';
  };
  if (lab.empty() || lab.size() > limits::kLabNameBytes ||
      !std::all_of(lab.begin(), lab.end(), allowed)) {
    return fail(Code::usage,
                fmt::format("'{}' is no name for a lab: it has 1 to {} of a-z, 0-9 and '-'",
                            escape_control(lab), limits::kLabNameBytes),
                "for example: msdemo --lab class-2 up");
  }
  auto home = state_home();
  if (!home) return fail(std::move(home.error()));
  return StateFolder(lab, *home / "msdemo" / lab);
}

Result<void> StateFolder::create() const {
  std::error_code error;
  fs::create_directories(path_.parent_path().parent_path(), error);
  if (error) return unwritable(path_, error.message());
  for (const fs::path& folder : {path_.parent_path(), path_, logs()}) {
    if (auto made = make_folder(folder); !made) return made;
  }
  return {};
}

fs::path StateFolder::log_file(const std::string& service) const {
  return logs() / (service + ".log");
}

Result<http::FileDescriptor> StateFolder::lock() const {
  http::FileDescriptor lock(::open(file("lock").c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600));
  if (!lock.open()) return unwritable(file("lock"), std::strerror(errno));
  if (::flock(lock.get(), LOCK_EX | LOCK_NB) == 0) return lock;
  auto holder = record();
  if (!holder || !holder->supervisor.alive()) {
    if (lock_within(lock.get(), limits::kPreviousLab)) return lock;
    holder = record();
  }
  if (holder && holder->supervisor.alive()) {
    return fail(
        Code::lab_failed,
        fmt::format("the lab '{}' is running already (pid {})", lab_, holder->supervisor.pid),
        "look at it with `msdemo ps`, stop it with `msdemo down`, or start another with "
        "`msdemo --lab NAME up`");
  }
  return fail(Code::lab_failed, fmt::format("another process is using {}", path_.string()),
              fmt::format("see which with `fuser -v {}`", file("lock").string()));
}

bool StateFolder::locked() const {
  const http::FileDescriptor lock(::open(file("lock").c_str(), O_RDWR | O_CLOEXEC));
  return lock.open() && ::flock(lock.get(), LOCK_SH | LOCK_NB) != 0 && errno == EWOULDBLOCK;
}

std::optional<LabRecord> StateFolder::record() const {
  const auto text = read_small_file(file("lab.json"));
  if (!text) return std::nullopt;
  auto record = parse_lab_record(*text);
  if (!record) return std::nullopt;
  return std::move(*record);
}

Result<void> StateFolder::write_record(const LabRecord& record) const {
  return replace_file(file("lab.json"), to_json_text(record));
}

Result<std::string> StateFolder::write_new_token() const {
  std::array<unsigned char, 16> secret{};
  if (::getrandom(secret.data(), secret.size(), 0) != static_cast<ssize_t>(secret.size())) {
    return fail(Code::lab_failed, "the operating system gives no random bytes");
  }
  std::string token;
  for (const unsigned char byte : secret) token += fmt::format("{:02x}", byte);
  if (auto written = replace_file(token_file(), token); !written) {
    return fail(std::move(written.error()));
  }
  return token;
}

Result<std::string> StateFolder::token() const {
  auto token = read_small_file(token_file());
  if (!token) {
    return fail(Code::lab_failed,
                fmt::format("cannot read {}: {}", token_file().string(), std::strerror(errno)));
  }
  return std::move(*token);
}

Result<void> StateFolder::write_broker_url(const std::string& url) const {
  return replace_file(file("broker-url"), url);
}

Result<std::string> StateFolder::broker_url() const {
  auto url = read_small_file(file("broker-url"));
  if (!url) return fail(Code::no_lab, fmt::format("the lab '{}' knows no external broker", lab_));
  return std::move(*url);
}

void StateFolder::forget_run() const {
  std::error_code gone_already;
  fs::remove(file("lab.json"), gone_already);
  fs::remove(token_file(), gone_already);
  fs::remove(file("broker-url"), gone_already);
}

Result<void> StateFolder::create_data(const std::string& service) const {
  return make_folder(data(service));
}

Result<void> StateFolder::remove_data(const std::string& service) const {
  std::error_code error;
  fs::remove_all(data(service), error);
  if (error) return unwritable(data(service), error.message());
  return {};
}

}  // namespace msdemo::lab
