// Passes on what the collector receives to another OpenTelemetry backend, so that a lab can be
// looked at in Jaeger or any other tool without the services knowing.
#pragma once

#include <condition_variable>
#include <cstdint>
#include <deque>
#include <mutex>
#include <string>
#include <thread>

#include "http/client.hpp"
#include "http/otlp_sink.hpp"

namespace msdemo::lab {

/// Owns one thread that sends payloads in their order and unchanged. When limits::kForwardQueue
/// wait already, further ones are dropped and counted, as are those that nobody takes. Thread-safe.
class TraceForwarder {
 public:
  explicit TraceForwarder(const http::OtlpTarget& target);
  TraceForwarder(const TraceForwarder&) = delete;
  TraceForwarder& operator=(const TraceForwarder&) = delete;

  /// Finishes the payload that is on its way (a second at most); what still queues is lost.
  ~TraceForwarder();

  /// Never blocks.
  void forward(std::string payload);

  /// Payloads that did not arrive, as far as is known.
  std::uint64_t dropped() const;

 private:
  void run();

  http::Client client_;
  const std::string path_;
  mutable std::mutex mutex_;  ///< guards everything below but thread_
  std::condition_variable wake_;
  std::deque<std::string> queue_;
  std::uint64_t dropped_ = 0;
  bool stopping_ = false;
  std::thread thread_;
};

}  // namespace msdemo::lab
