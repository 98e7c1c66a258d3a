#include "base/clock.hpp"

namespace msdemo {

namespace {

class RealClock final : public Clock {
 public:
  SteadyTime steady_now() const override { return std::chrono::steady_clock::now(); }
  SystemTime system_now() const override { return std::chrono::system_clock::now(); }
};

}  // namespace

const Clock& real_clock() {
  static const RealClock clock;
  return clock;
}

std::int64_t unix_nano(SystemTime time) {
  using namespace std::chrono;
  return duration_cast<nanoseconds>(time.time_since_epoch()).count();
}

}  // namespace msdemo
