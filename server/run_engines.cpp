#include "run_engines.hpp"

#include <fmt/format.h>
#include <spdlog/spdlog.h>

#include <algorithm>
#include <chrono>
#include <string>
#include <system_error>

#include "base/clock.hpp"
#include "base/duration.hpp"
#include "base/limits.hpp"
#include "base/url.hpp"
#include "messaging/connect.hpp"
#include "notify/store.hpp"
#include "order/store.hpp"
#include "resilience/backoff.hpp"
#include "run_process.hpp"
#include "user/store.hpp"

namespace msdemo {

namespace {

using std::chrono::milliseconds;

std::filesystem::path database_file(const std::filesystem::path& data_dir,
                                    const std::string& service) {
  return data_dir / (service + ".db");
}

bool may_pass(const Error& error) {
  return error.code == Code::unreachable || error.code == Code::timeout ||
         error.code == Code::connection_lost;
}

tl::unexpected<Error> gave_up(const Patience& patience, const std::string& engine, Error error) {
  if (patience.settings.wait_for > milliseconds(0) && may_pass(error)) {
    error.message = fmt::format("{} did not come within {}: {}", engine,
                                format_duration(patience.settings.wait_for), error.message);
    error.hint = "start it, or wait longer with --wait-for";
  }
  return fail(std::move(error));
}

/// Calls `attempt` until it works, fails for good, or the patience ends.
template <class Attempt>
std::invoke_result_t<Attempt&> patiently(const Patience& patience, const std::string& engine,
                                         Attempt&& attempt) {
  const Clock& clock = real_clock();
  const auto end = clock.steady_now() + patience.settings.wait_for;
  auto say_again = clock.steady_now();
  for (int attempts = 1;; ++attempts) {
    auto made = attempt();
    if (made) return made;
    const auto now = clock.steady_now();
    if (!may_pass(made.error()) || now >= end) {
      return gave_up(patience, engine, std::move(made.error()));
    }
    if (now >= say_again) {
      spdlog::warn("waiting for {}: {}", engine, made.error().message);
      say_again = now + limits::kWaitNotice;
    }
    const auto left = std::chrono::ceil<milliseconds>(end - now);
    const auto pause =
        std::chrono::ceil<milliseconds>(resilience::full_jitter(attempts, patience.rng));
    if (asked_to_end(patience.signals, patience.settings.lifeline_fd, std::min(left, pause))) {
      return fail(Code::lab_failed, fmt::format("asked to end while waiting for {}", engine));
    }
  }
}

}  // namespace

Result<void> make_data_dir(const std::filesystem::path& folder) {
  namespace fs = std::filesystem;
  std::error_code error;
  if (fs::create_directories(folder, error)) {
    fs::permissions(folder, fs::perms::owner_all, error);
  }
  if (!error) return {};
  return fail(Code::lab_failed, fmt::format("cannot make {}: {}", folder.string(), error.message()),
              "choose a folder that you may write to");
}

Result<std::unique_ptr<storage::Database>> open_database(
    const Patience& patience, std::span<const storage::Migration> migrations,
    faults::Faults& faults) {
  const ServeSettings& settings = patience.settings;
  if (settings.database_url.empty() || settings.service == "broker") {
    return storage::open_sqlite(database_file(settings.data_dir, settings.service),
                                settings.durability, migrations, &faults);
  }
  const storage::PostgresOptions options{
      .url = settings.database_url, .schema = settings.service, .durability = settings.durability};
  return patiently(patience,
                   fmt::format("the database {}", without_password(settings.database_url)),
                   [&] { return storage::open_postgres(options, migrations, &faults); });
}

Result<storage::SchemaChange> migrate(const MigrateSettings& settings) {
  const auto steps = settings.service == "user"    ? user::migrations()
                     : settings.service == "order" ? order::migrations()
                                                   : notify::migrations();
  if (!settings.database_url.empty()) {
    return storage::migrate_postgres({.url = settings.database_url, .schema = settings.service},
                                     steps);
  }
  if (auto made = make_data_dir(settings.data_dir); !made) return fail(std::move(made.error()));
  return storage::migrate_sqlite(database_file(settings.data_dir, settings.service), steps);
}

Result<void> await_broker(const Patience& patience) {
  const ServeSettings& settings = patience.settings;
  if (settings.service == "broker" || !messaging::is_external(settings.broker_url) ||
      settings.wait_for <= milliseconds(0)) {
    return {};
  }
  const auto inspector = messaging::inspect({.url = settings.broker_url});
  if (!inspector) return fail(inspector.error());
  return patiently(patience, fmt::format("the broker {}", without_password(settings.broker_url)),
                   [&]() -> Result<void> {
                     if (const auto queues = (*inspector)->queues(); !queues) {
                       return fail(queues.error());
                     }
                     return {};
                   });
}

}  // namespace msdemo
