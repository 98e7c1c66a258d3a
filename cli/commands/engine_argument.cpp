#include "commands/engine_argument.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cstring>

#include "base/text.hpp"
#include "base/url.hpp"
#include "messaging/connect.hpp"

namespace msdemo::commands {

namespace {

constexpr const char* kReplicasExample =
    "for example: msdemo up --db postgresql://… --broker amqp://… --replicas order=3";

Result<void> check_database(const std::string& text) {
  const auto url = parse_url(text);
  if (!url) return fail(url.error());
  if (url->scheme == "postgresql" || url->scheme == "postgres") return {};
  return fail(Code::usage,
              fmt::format("no database has a URL like {}", escape_control(without_password(text))),
              "it begins with postgresql://; without --db each service has an SQLite file");
}

Result<void> check_broker(const std::string& text) {
  const std::string_view scheme = std::string_view(text).substr(0, text.find("://"));
  if (scheme == "amqp" || scheme == "kafka") return {};
  return fail(
      Code::usage,
      fmt::format("no external broker has a URL like {}", escape_control(without_password(text))),
      "it begins with amqp:// (RabbitMQ) or kafka://; without --broker the lab has its own");
}

Result<void> check_fresh(const lab::LabOptions& options) {
  if (!options.fresh) return {};
  if (!options.database_url.empty()) {
    return fail(Code::usage, "--fresh empties only what is msdemo's own, not an external database",
                "by hand: psql URL -c 'DROP SCHEMA IF EXISTS \"user\", \"order\", notify CASCADE'");
  }
  if (!options.broker_url.empty()) {
    return fail(Code::usage, "--fresh empties only what is msdemo's own, not an external broker",
                options.broker_url.starts_with("amqp")
                    ? "by hand: rabbitmqctl delete_queue NAME for each of `rabbitmqctl list_queues`"
                    : "by hand: kafka-topics.sh --bootstrap-server HOST --delete --topic NAME");
  }
  return {};
}

}  // namespace

Result<void> check_engines(const lab::LabOptions& options) {
  Result<void> checked;
  if (!options.database_url.empty()) checked = check_database(options.database_url);
  if (checked && !options.broker_url.empty()) checked = check_broker(options.broker_url);
  if (checked) checked = check_fresh(options);
  if (!checked) return checked;
  const auto several =
      std::ranges::find_if(options.replicas, [](const auto& entry) { return entry.second > 1; });
  if (several == options.replicas.end()) return {};
  const char* missing = nullptr;
  if (options.broker_url.empty()) missing = "an external broker: --broker";
  if (options.database_url.empty()) missing = "an external database: --db";
  if (options.database_url.empty() && options.broker_url.empty()) {
    missing = "an external database and an external broker: --db and --broker";
  }
  if (missing == nullptr) return {};
  return fail(Code::usage,
              fmt::format("{} replicas of '{}' need {}", several->second, several->first, missing),
              fmt::format("{}; consumers that compete inside one service: --consumers {}=4",
                          kReplicasExample, several->first));
}

void conceal_passwords(int argc, char** argv) {
  for (int i = 1; i < argc; ++i) {
    const std::size_t length = std::strlen(argv[i]);
    const std::string shown = without_password(argv[i]);
    if (shown == argv[i]) continue;
    // Only the bytes that are there already can be written; what is too long is cut.
    std::memset(argv[i], 0, length);
    std::memcpy(argv[i], shown.data(), std::min(length, shown.size()));
  }
}

}  // namespace msdemo::commands
