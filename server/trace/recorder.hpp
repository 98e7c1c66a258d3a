// Takes finished spans from any thread and hands them to a sink in batches, off the hot path.
#pragma once

#include <condition_variable>
#include <cstdint>
#include <mutex>
#include <thread>
#include <vector>

#include "trace/span.hpp"

namespace msdemo::trace {

/// Owns one thread. A span leaves within limits::kSpanDelay; when limits::kSpansQueued wait
/// already, further ones are dropped and counted. Thread-safe.
class Recorder {
 public:
  /// `sink` must outlive the recorder.
  explicit Recorder(SpanSink& sink);
  Recorder(const Recorder&) = delete;
  Recorder& operator=(const Recorder&) = delete;

  /// Delivers what is queued, then stops.
  ~Recorder();

  void record(SpanRecord span);

  /// Blocks until everything recorded before the call has been handed to the sink.
  void flush();

  /// Spans that were dropped or whose delivery failed, since the start.
  std::uint64_t lost() const;

 private:
  void run();

  SpanSink& sink_;
  mutable std::mutex mutex_;  ///< guards everything below but thread_
  std::condition_variable wake_;
  std::condition_variable delivered_;
  std::vector<SpanRecord> queue_;
  std::uint64_t recorded_ = 0;
  std::uint64_t handed_over_ = 0;
  std::uint64_t lost_ = 0;
  int flushing_ = 0;
  bool stopping_ = false;
  std::thread thread_;
};

}  // namespace msdemo::trace
