#include "base/log.hpp"

#include <spdlog/sinks/rotating_file_sink.h>
#include <spdlog/sinks/stdout_sinks.h>
#include <unistd.h>

#include <cstdio>
#include <memory>

#include "base/limits.hpp"

namespace msdemo::log {

namespace {

void install(const std::string& service, spdlog::sink_ptr sink) {
  auto logger = std::make_shared<spdlog::logger>(service, std::move(sink));
  logger->set_pattern("%Y-%m-%dT%H:%M:%S.%eZ %-5l %n  %v", spdlog::pattern_time_type::utc);
  logger->flush_on(spdlog::level::info);
  spdlog::set_default_logger(std::move(logger));
}

}  // namespace

void to_stderr(const std::string& service) {
  install(service, std::make_shared<spdlog::sinks::stderr_sink_mt>());
}

void to_file(const std::string& service, const std::filesystem::path& file, Stderr standard_error) {
  spdlog::file_event_handlers handlers;
  if (standard_error == Stderr::follows) {
    handlers.after_open = [](const spdlog::filename_t&, std::FILE* opened) {
      ::dup2(::fileno(opened), STDERR_FILENO);
    };
  }
  install(service, std::make_shared<spdlog::sinks::rotating_file_sink_mt>(
                       file.string(), limits::kLogBytes, 1, false, handlers));
}

}  // namespace msdemo::log
