// Which requests are traced when their caller did not decide.
#pragma once

#include <mutex>
#include <string>

#include "base/clock.hpp"
#include "base/error.hpp"
#include "base/rng.hpp"

namespace msdemo::trace {

/// By default a bucket of limits::kSampleBurst tokens, refilled at limits::kSamplesPerSecond: a
/// person with curl is always traced, a load generator is not. Thread-safe, never blocks.
class Sampler {
 public:
  enum class Rule { bucket, always, never, ratio };

  /// `clock` must outlive the sampler. `ratio` (0…1) counts for Rule::ratio only.
  explicit Sampler(const Clock& clock, Rule rule = Rule::bucket, double ratio = 1.0);

  /// The standard variables OTEL_TRACES_SAMPLER (always_on, always_off, traceidratio and their
  /// parentbased_ forms) and OTEL_TRACES_SAMPLER_ARG; empty means the bucket. An unknown name is
  /// Code::usage.
  static Result<Rule> rule_named(const std::string& otel_traces_sampler);

  /// `random` decides under Rule::ratio; pass the trace id's low half.
  bool sample(std::uint64_t random);

 private:
  const Clock& clock_;
  const Rule rule_;
  const double ratio_;
  std::mutex mutex_;  ///< guards tokens_ and refilled_at_
  double tokens_;
  SteadyTime refilled_at_;
};

}  // namespace msdemo::trace
