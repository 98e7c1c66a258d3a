#include "trace/recorder.hpp"

#include <atomic>
#include <future>
#include <utility>

#include "base/limits.hpp"
#include "support/catch.hpp"
#include "support/recording_sink.hpp"

using namespace msdemo;

namespace {

/// Holds every delivery until it is opened.
class GatedSink final : public trace::SpanSink {
 public:
  bool deliver(std::span<const trace::SpanRecord> batch) override {
    if (!std::exchange(entered_once_, true)) entered_.set_value();
    opened_.wait();
    delivered += batch.size();
    return false;
  }

  void wait_until_entered() { entered_.get_future().wait(); }
  void open() { gate_.set_value(); }

  std::atomic<std::size_t> delivered = 0;

 private:
  bool entered_once_ = false;
  std::promise<void> entered_;
  std::promise<void> gate_;
  std::shared_future<void> opened_{gate_.get_future()};
};

}  // namespace

TEST_CASE("flush returns when everything recorded before it was delivered", "[trace]") {
  test::RecordingSink sink;
  trace::Recorder recorder(sink);
  for (int i = 0; i < 1000; ++i) recorder.record({});
  recorder.flush();
  CHECK(sink.spans().size() == 1000);
  recorder.flush();
  CHECK(recorder.lost() == 0);
}

TEST_CASE("the end of a recorder delivers what is queued", "[trace]") {
  test::RecordingSink sink;
  {
    trace::Recorder recorder(sink);
    recorder.record({});
  }
  CHECK(sink.spans().size() == 1);
}

TEST_CASE("a sink that hangs costs bounded memory, and every lost span is counted", "[trace]") {
  GatedSink sink;
  trace::Recorder recorder(sink);
  recorder.record({});
  sink.wait_until_entered();
  for (std::size_t i = 0; i < limits::kSpansQueued + 7; ++i) recorder.record({});
  CHECK(recorder.lost() == 7);
  sink.open();
  recorder.flush();
  CHECK(sink.delivered == limits::kSpansQueued + 1);
  CHECK(recorder.lost() == limits::kSpansQueued + 8);
}
