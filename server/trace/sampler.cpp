#include "trace/sampler.hpp"

#include <algorithm>
#include <chrono>
#include <cstdint>

#include "base/limits.hpp"

namespace msdemo::trace {

Sampler::Sampler(const Clock& clock, Rule rule, double ratio)
    : clock_(clock),
      rule_(rule),
      ratio_(ratio),
      tokens_(limits::kSampleBurst),
      refilled_at_(clock.steady_now()) {}

Result<Sampler::Rule> Sampler::rule_named(const std::string& otel_traces_sampler) {
  std::string name = otel_traces_sampler;
  constexpr std::string_view kParentBased = "parentbased_";
  if (name.rfind(kParentBased, 0) == 0) name.erase(0, kParentBased.size());
  if (name.empty()) return Rule::bucket;
  if (name == "always_on") return Rule::always;
  if (name == "always_off") return Rule::never;
  if (name == "traceidratio") return Rule::ratio;
  return fail(Code::usage, "OTEL_TRACES_SAMPLER=" + otel_traces_sampler + " is not a sampler",
              "use always_on, always_off, traceidratio or one of their parentbased_ forms");
}

bool Sampler::sample(std::uint64_t random) {
  if (rule_ == Rule::always) return true;
  if (rule_ == Rule::never) return false;
  if (rule_ == Rule::ratio) return static_cast<double>(random) < ratio_ * 0x1p64;

  const SteadyTime now = clock_.steady_now();
  const std::lock_guard lock(mutex_);
  const double elapsed = std::chrono::duration<double>(now - refilled_at_).count();
  tokens_ = std::min(limits::kSampleBurst, tokens_ + elapsed * limits::kSamplesPerSecond);
  refilled_at_ = now;
  if (tokens_ < 1) return false;
  tokens_ -= 1;
  return true;
}

}  // namespace msdemo::trace
