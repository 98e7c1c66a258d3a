// A span sink that keeps what it is given.
#pragma once

#include <mutex>
#include <vector>

#include "trace/span.hpp"

namespace msdemo::test {

class RecordingSink final : public trace::SpanSink {
 public:
  bool deliver(std::span<const trace::SpanRecord> batch) override {
    const std::lock_guard lock(mutex_);
    spans_.insert(spans_.end(), batch.begin(), batch.end());
    return true;
  }

  std::vector<trace::SpanRecord> spans() const {
    const std::lock_guard lock(mutex_);
    return spans_;
  }

 private:
  mutable std::mutex mutex_;
  std::vector<trace::SpanRecord> spans_;
};

}  // namespace msdemo::test
