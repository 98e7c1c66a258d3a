#include "lab/supervised_service.hpp"

#include <signal.h>
#include <spdlog/spdlog.h>

#include "base/limits.hpp"

namespace msdemo::lab {

SupervisedService::SupervisedService(ServicePlan plan, const Clock& clock)
    : plan_(std::move(plan)), lifecycle_(plan_.name, clock, plan_.start_timeout) {}

ServiceStatus SupervisedService::status() const {
  return {.service = plan_.service,
          .replica = plan_.replica,
          .pid = child_ ? std::optional(child_->pid()) : std::nullopt,
          .state = lifecycle_.state(),
          .url = plan_.port.url(),
          .admin_url = foreign() ? std::nullopt : std::optional(plan_.admin_port->url()),
          .restarts = lifecycle_.restarts(),
          .last_exit = last_exit_};
}

void SupervisedService::start() {
  perform(lifecycle_.start());
}
void SupervisedService::stop() {
  perform(lifecycle_.stop());
}
void SupervisedService::restart() {
  perform(lifecycle_.restart());
}
Result<void> SupervisedService::kill() {
  return perform(lifecycle_.kill());
}
Result<void> SupervisedService::pause() {
  return perform(lifecycle_.pause());
}
Result<void> SupervisedService::resume() {
  return perform(lifecycle_.resume());
}
void SupervisedService::time_passed() {
  perform(lifecycle_.time_passed());
}

Result<void> SupervisedService::perform(const Result<Acts>& acts) {
  if (!acts) return fail(acts.error());
  perform(*acts);
  return {};
}

void SupervisedService::perform(const Acts& acts) {
  for (const Act act : acts) {
    switch (act) {
      case Act::spawn:
        spawn();
        break;
      case Act::terminate:
        child_->signal(SIGTERM);
        break;
      case Act::kill:
        child_->signal(SIGKILL);
        break;
      case Act::suspend:
        child_->signal(SIGSTOP);
        break;
      case Act::resume:
        child_->signal(SIGCONT);
        break;
    }
  }
}

void SupervisedService::spawn() {
  ++spawned_;
  auto child = ChildProcess::spawn(plan_.command);
  if (!child) {
    process_ended(child.error().message);
    return;
  }
  child_ = std::move(*child);
  spdlog::info("{} starts as process {}", name(), child_->pid());
}

void SupervisedService::ready_readable() {
  if (!child_->read_ready()) return;
  lifecycle_.became_ready();
  spdlog::info("{} is ready at {}", name(), url());
}

void SupervisedService::ended_readable() {
  const bool starting = lifecycle_.state() == ServiceState::starting;
  std::string how = child_->reap();
  child_.reset();
  if (starting && lifecycle_.overdue()) {
    how = foreign() ? fmt::format("answered no HTTP at {} within {} s", url(),
                                  plan_.start_timeout.count())
                    : fmt::format("not ready within {} s", plan_.start_timeout.count());
  }
  process_ended(std::move(how));
}

void SupervisedService::process_ended(std::string how) {
  ++ended_;
  last_exit_ = std::move(how);
  const Acts acts = lifecycle_.ended();
  if (lifecycle_.state() == ServiceState::failed) {
    spdlog::error("{} failed: {} ({} starts in a row)", name(), *last_exit_,
                  lifecycle_.failed_starts());
  } else if (lifecycle_.state() == ServiceState::restarting) {
    spdlog::warn("{} ended ({}) and is started again", name(), *last_exit_);
  } else {
    spdlog::info("{} ended ({})", name(), *last_exit_);
  }
  perform(acts);
}

}  // namespace msdemo::lab
