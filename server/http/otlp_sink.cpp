#include "http/otlp_sink.hpp"

#include <fmt/format.h>

#include <cstdlib>

#include "trace/otlp.hpp"

namespace msdemo::http {

namespace {

constexpr std::chrono::milliseconds kDeliveryDeadline{1000};

std::string variable(const char* name) {
  const char* value = std::getenv(name);
  return value == nullptr ? "" : value;
}

}  // namespace

Result<OtlpTarget> parse_otlp_url(const std::string& url) {
  constexpr std::string_view kScheme = "http://";
  if (url.rfind(kScheme, 0) != 0 || url.size() == kScheme.size()) {
    return fail(Code::usage, fmt::format("{} is no OTLP endpoint this program can reach", url),
                "use plain http, for example http://127.0.0.1:4318");
  }
  const auto slash = url.find('/', kScheme.size());
  if (slash == std::string::npos) return OtlpTarget{url, "/"};
  return OtlpTarget{url.substr(0, slash), url.substr(slash)};
}

std::string otlp_url_from_environment() {
  std::string traces = variable("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT");
  if (!traces.empty()) return traces;
  std::string base = variable("OTEL_EXPORTER_OTLP_ENDPOINT");
  if (base.empty()) return base;
  if (base.back() == '/') base.pop_back();
  return base + "/v1/traces";
}

OtlpSink::OtlpSink(const OtlpTarget& target) : client_(target.url), path_(target.path) {}

bool OtlpSink::deliver(std::span<const trace::SpanRecord> batch) {
  const auto answer = client_.send(
      {.method = "POST", .target = path_, .body = trace::to_otlp_json(batch)}, kDeliveryDeadline);
  return answer && answer->status < 300;
}

}  // namespace msdemo::http
