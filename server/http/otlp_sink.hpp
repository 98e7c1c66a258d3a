// Sends finished spans over OTLP/HTTP, to the lab's collector or to any other.
#pragma once

#include <string>

#include "http/client.hpp"
#include "trace/span.hpp"

namespace msdemo::http {

/// Where OTLP goes.
struct OtlpTarget {
  std::string url;   ///< `http://host:port`
  std::string path;  ///< `/v1/traces`
};

/// Reads a full URL such as `http://127.0.0.1:4318/v1/traces`; fails with usage if it is not plain
/// http.
Result<OtlpTarget> parse_otlp_url(const std::string& url);

/// The standard variables: OTEL_EXPORTER_OTLP_TRACES_ENDPOINT as it is, else
/// OTEL_EXPORTER_OTLP_ENDPOINT with `/v1/traces`; an empty text if neither is set.
std::string otlp_url_from_environment();

class OtlpSink final : public trace::SpanSink {
 public:
  explicit OtlpSink(const OtlpTarget& target);

  /// Blocks for at most a second.
  bool deliver(std::span<const trace::SpanRecord> batch) override;

 private:
  Client client_;
  std::string path_;
};

/// For a process without a collector.
class NoSink final : public trace::SpanSink {
 public:
  bool deliver(std::span<const trace::SpanRecord>) override { return true; }
};

}  // namespace msdemo::http
