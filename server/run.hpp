// The composition root: settings in, a running service out.
#pragma once

#include <chrono>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "base/error.hpp"
#include "storage/database.hpp"

namespace msdemo {

struct ServeSettings {
  std::string service;  ///< `user`, `order`, `broker` or `notify`
  std::string listen = "127.0.0.1";
  std::vector<std::string> allowed_hosts{};
  int port = 0;        ///< 0: any free one
  int admin_port = 0;  ///< 0: any free one
  std::filesystem::path data_dir{};
  storage::Durability durability = storage::Durability::full;
  /// `postgresql://…`; empty: an SQLite file in `data_dir`. `broker` always has its file.
  std::string database_url{};
  std::vector<std::string> user_urls{};  ///< for `order`: every replica's
  std::string broker_url{};              ///< for all but `broker`
  /// How long to wait at the start for a database or an external broker that does not answer.
  std::chrono::milliseconds wait_for{0};
  int consumers = 1;  ///< that compete for messages within this process
  /// Holds the token without which the admin listener changes nothing.
  std::optional<std::filesystem::path> token_file{};
  std::optional<std::filesystem::path> log_file{};  ///< else stderr
  std::optional<std::string> otlp_url{};            ///< else the OTEL_… variables
  std::optional<int> ready_fd{};     ///< told `ready {"url":…,"admin_url":…}` when serving
  std::optional<int> lifeline_fd{};  ///< its end of file ends the service: whoever started it died
};

struct MigrateSettings {
  std::string service;
  std::filesystem::path data_dir{};
  std::string database_url{};  ///< as for serving
};

/// Brings the schema of one service's database up to date. Fails as opening it does.
Result<storage::SchemaChange> migrate(const MigrateSettings& settings);

/// Serves until SIGTERM, SIGINT or the end of the lifeline, then drains. Call it before any thread
/// exists. Fails with usage or lab_failed if the service cannot start.
Result<void> serve(const ServeSettings& settings);

}  // namespace msdemo
