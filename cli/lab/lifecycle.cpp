#include "lab/lifecycle.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "base/limits.hpp"

namespace msdemo::lab {

namespace {

std::chrono::milliseconds backoff(int failed_starts) {
  return std::min(limits::kStartBackoff * (1 << (failed_starts - 1)), limits::kStartBackoffMax);
}

}  // namespace

Lifecycle::Lifecycle(std::string service, const Clock& clock, std::chrono::seconds start_timeout)
    : service_(std::move(service)), clock_(clock), start_timeout_(start_timeout) {}

void Lifecycle::enter(Phase phase, std::optional<std::chrono::milliseconds> limit) {
  phase_ = phase;
  wake_at_ = limit ? std::optional(clock_.steady_now() + *limit) : std::nullopt;
}

Acts Lifecycle::spawn() {
  overdue_ = false;
  enter(Phase::starting, start_timeout_);
  return {Act::spawn};
}

Acts Lifecycle::begin_stop() {
  const bool paused = phase_ == Phase::paused;
  overdue_ = false;
  enter(Phase::stopping, limits::kStopGrace);
  // A stopped process takes note of SIGTERM only once it continues.
  return paused ? Acts{Act::terminate, Act::resume} : Acts{Act::terminate};
}

Acts Lifecycle::start() {
  if (phase_ == Phase::stopping) start_again_ = true;
  if (has_process()) return {};
  failed_starts_ = 0;
  return spawn();
}

Acts Lifecycle::stop() {
  start_again_ = false;
  if (phase_ == Phase::stopping) return {};
  if (has_process()) return begin_stop();
  enter(Phase::stopped);
  return {};
}

Acts Lifecycle::restart() {
  if (!has_process()) return start();
  start_again_ = true;
  return phase_ == Phase::stopping ? Acts{} : begin_stop();
}

Result<Acts> Lifecycle::kill() {
  if (!has_process()) return cannot("has no process to kill", "start");
  return Acts{Act::kill};
}

Result<Acts> Lifecycle::pause() {
  if (phase_ == Phase::paused) return Acts{};
  if (phase_ != Phase::ready) return cannot("only a ready service can be paused", "start");
  enter(Phase::paused);
  return Acts{Act::suspend};
}

Result<Acts> Lifecycle::resume() {
  if (phase_ == Phase::ready) return Acts{};
  if (phase_ != Phase::paused) return cannot("only a paused service can be resumed", "start");
  enter(Phase::ready);
  return Acts{Act::resume};
}

void Lifecycle::became_ready() {
  if (phase_ != Phase::starting) return;
  failed_starts_ = 0;
  enter(Phase::ready);
}

Acts Lifecycle::ended() {
  switch (phase_) {
    case Phase::stopping:
      enter(Phase::stopped);
      if (!start_again_) return {};
      start_again_ = false;
      ++restarts_;
      return spawn();
    case Phase::starting:
      if (++failed_starts_ >= limits::kFailedStarts) {
        enter(Phase::failed);
      } else {
        enter(Phase::waiting, backoff(failed_starts_));
      }
      return {};
    default:
      enter(Phase::waiting, limits::kRestartDelay);
      return {};
  }
}

Acts Lifecycle::time_passed() {
  if (!wake_at_ || clock_.steady_now() < *wake_at_) return {};
  if (phase_ == Phase::waiting) {
    ++restarts_;
    return spawn();
  }
  overdue_ = true;
  wake_at_.reset();
  return {Act::kill};
}

ServiceState Lifecycle::state() const {
  switch (phase_) {
    case Phase::starting:
      return ServiceState::starting;
    case Phase::ready:
      return ServiceState::ready;
    case Phase::paused:
      return ServiceState::paused;
    case Phase::waiting:
      return ServiceState::restarting;
    case Phase::stopping:
      return start_again_ ? ServiceState::restarting : ServiceState::stopped;
    case Phase::failed:
      return ServiceState::failed;
    case Phase::stopped:
      break;
  }
  return ServiceState::stopped;
}

bool Lifecycle::has_process() const {
  return phase_ == Phase::starting || phase_ == Phase::ready || phase_ == Phase::paused ||
         phase_ == Phase::stopping;
}

tl::unexpected<Error> Lifecycle::cannot(std::string_view what, std::string_view action) const {
  return fail(Code::lab_failed, fmt::format("{} is {}: {}", service_, to_string(state()), what),
              state() == ServiceState::stopped || state() == ServiceState::failed
                  ? fmt::format("first: msdemo {} {}", action, service_)
                  : "see what it is doing with `msdemo ps`");
}

}  // namespace msdemo::lab
