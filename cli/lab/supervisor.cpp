#include "lab/supervisor.hpp"

#include <fmt/format.h>
#include <poll.h>
#include <spdlog/spdlog.h>
#include <sys/eventfd.h>

#include <algorithm>
#include <cerrno>
#include <map>
#include <system_error>

#include "base/limits.hpp"
#include "lab/log_file.hpp"
#include "lab/seed.hpp"

namespace msdemo::lab {

namespace {

template <class T>
using Answer = std::shared_ptr<std::promise<Result<T>>>;

tl::unexpected<Error> not_running() {
  return fail(Code::lab_failed, "the lab is stopping", "start it again with `msdemo up`");
}

/// What must have come true for `action` on `service` to be done.
std::function<std::optional<Result<void>>()> goal(const std::string& action,
                                                  const SupervisedService& service) {
  using Outcome = std::optional<Result<void>>;
  const int spawned = service.spawned();
  const int ended = service.ended();
  if (action == "kill") {
    return
        [&service, ended] { return service.ended() > ended ? Outcome(Result<void>()) : Outcome(); };
  }
  if (action == "stop") {
    return [&service] {
      return service.lifecycle().has_process() ? Outcome() : Outcome(Result<void>());
    };
  }
  const int needed = action == "restart" ? spawned + 1 : spawned;
  return [&service, needed]() -> Outcome {
    if (service.state() == ServiceState::ready && service.spawned() >= needed) {
      return Result<void>();
    }
    if (service.state() == ServiceState::failed) {
      return fail(Code::lab_failed,
                  fmt::format("{} does not become ready: {}", service.name(),
                              service.status().last_exit.value_or("")),
                  fmt::format("its log tells why: msdemo logs {}", service.name()));
    }
    if (!service.lifecycle().has_process() && service.state() == ServiceState::stopped) {
      return fail(Code::lab_failed, fmt::format("{} was stopped meanwhile", service.name()));
    }
    return std::nullopt;
  };
}

}  // namespace

Json to_json(const StopReport& report) {
  return {{"killed", report.killed}, {"stuck", report.stuck}};
}

StopReport parse_stop_report(const Json& json) {
  return {json.value("killed", std::vector<std::string>()),
          json.value("stuck", std::vector<std::string>())};
}

Supervisor::Supervisor(std::vector<SupervisedService> services, TerminationSignals& signals,
                       const Clock& clock)
    : clock_(clock),
      signals_(signals),
      wake_(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)),
      services_(std::move(services)) {
  if (!wake_.open()) throw std::system_error(errno, std::generic_category(), "eventfd");
}

Supervisor::~Supervisor() {
  if (seeder_.joinable()) seeder_.join();
}

Result<StopReport> Supervisor::run(const std::function<bool()>& on_ready) {
  for (SupervisedService& service : services_) service.start();
  publish();
  {
    const std::lock_guard lock(mutex_);
    running_ = true;
  }
  while (!over()) {
    wait_for_events();
    run_posted();
    for (SupervisedService& service : services_) service.time_passed();
    seed_when_possible();
    publish();
    check_start(on_ready);
    settle();
  }
  StopReport report = finish();
  if (failure_) return fail(*failure_);
  return report;
}

void Supervisor::wait_for_events() {
  std::vector<pollfd> descriptors = {{wake_.get(), POLLIN, 0}, {signals_.descriptor(), POLLIN, 0}};
  for (const SupervisedService& service : services_) {
    descriptors.push_back({service.ready_descriptor(), POLLIN, 0});
    descriptors.push_back({service.ended_descriptor(), POLLIN, 0});
  }
  if (::poll(descriptors.data(), descriptors.size(), poll_timeout_ms()) <= 0) return;

  auto descriptor = descriptors.begin() + 2;
  for (SupervisedService& service : services_) {
    // A child that said it was ready and then ended had been ready: the order matters.
    if ((descriptor++)->revents != 0) service.ready_readable();
    if ((descriptor++)->revents != 0) service.ended_readable();
  }
  if (descriptors[1].revents != 0) signal_came();
}

int Supervisor::poll_timeout_ms() const {
  std::optional<SteadyTime> earliest = give_up_at_;
  for (const SupervisedService& service : services_) {
    const auto wake_at = service.lifecycle().wake_at();
    if (wake_at && (!earliest || *wake_at < *earliest)) earliest = wake_at;
  }
  if (!earliest) return -1;
  const auto left =
      std::chrono::ceil<std::chrono::milliseconds>(*earliest - clock_.steady_now()).count();
  return static_cast<int>(std::max<std::int64_t>(0, left));
}

void Supervisor::signal_came() {
  signals_.take();
  if (!give_up_at_) {
    if (!announced_ && !failure_) {
      failure_ =
          Error{.code = Code::lab_failed, .message = "the lab was stopped before it was ready"};
    }
    spdlog::info("stopping; asked once more, the lab kills what still runs");
    stop_everything();
    return;
  }
  spdlog::warn("asked once more to stop: killing what still runs");
  for (SupervisedService& service : services_) {
    if (service.lifecycle().has_process()) static_cast<void>(service.kill());
  }
}

void Supervisor::stop_everything() {
  if (give_up_at_) return;
  give_up_at_ = clock_.steady_now() + limits::kStopGrace + limits::kKillGrace;
  for (SupervisedService& service : services_) service.stop();
}

bool Supervisor::over() const {
  if (!give_up_at_) return false;
  if (clock_.steady_now() >= *give_up_at_) return true;
  return std::none_of(services_.begin(), services_.end(), [](const SupervisedService& service) {
    return service.lifecycle().has_process();
  });
}

StopReport Supervisor::finish() {
  std::vector<std::function<void()>> last;
  {
    const std::lock_guard lock(mutex_);
    running_ = false;
    last.swap(posted_);
  }
  for (const auto& task : last) task();
  settle();
  for (Waiter& waiter : waiters_) waiter.answer->set_value(not_running());
  waiters_.clear();

  StopReport report;
  for (const SupervisedService& service : services_) {
    if (service.lifecycle().has_process()) {
      report.stuck.push_back(service.name());
    } else if (service.lifecycle().overdue()) {
      report.killed.push_back(service.name());
    }
  }
  for (const auto& answer : down_answers_) answer->set_value(report);
  down_answers_.clear();
  return report;
}

void Supervisor::seed_when_possible() {
  if (seeding_ != Seeding::not_begun || give_up_at_) return;
  const auto user = std::ranges::find_if(services_, [](const SupervisedService& service) {
    return service.service() == "user" && service.state() == ServiceState::ready;
  });
  if (user == services_.end()) return;
  seeding_ = Seeding::going_on;
  const int run = user->spawned();
  seeder_ = std::thread([this, run, asked = &*user, url = user->url(), own = !user->foreign()] {
    auto seeded = own ? seed_users(url) : offer_users(url);
    post([this, run, asked, own, seeded] {
      seeder_.join();
      if (!own) return users_offered(seeded);
      const bool still_there = asked->state() == ServiceState::ready && asked->spawned() == run;
      seeding_ = seeded ? Seeding::done : Seeding::not_begun;
      // A service that died over it is started again, and so is the seeding.
      if (seeded || !still_there || give_up_at_) return;
      failure_ = seeded.error();
      failure_->message = "the first users could not be created: " + failure_->message;
    });
  });
}

void Supervisor::users_offered(const Result<void>& taken) {
  seeding_ = Seeding::done;
  if (taken) return;
  seeding_remark_ = fmt::format(
      "the program that is the user service did not take the first users ({}); the lab goes on "
      "without them",
      taken.error().message);
  spdlog::warn("{}", seeding_remark_);
}

void Supervisor::check_start(const std::function<bool()>& on_ready) {
  if (announced_ || give_up_at_) return;
  bool all_ready = true;
  for (const SupervisedService& service : services_) {
    if (service.state() == ServiceState::failed && !failure_) failure_ = start_failure(service);
    all_ready = all_ready && service.state() == ServiceState::ready;
  }
  if (failure_) {
    stop_everything();
  } else if (all_ready && seeding_ == Seeding::done) {
    announced_ = true;
    if (!on_ready()) stop_everything();
  }
}

Error Supervisor::start_failure(const SupervisedService& service) const {
  const std::string last = last_headline(service.log_file());
  return {.code = Code::lab_failed,
          .message = fmt::format("{} did not start ({}, {} times in a row){}", service.name(),
                                 service.status().last_exit.value_or(""),
                                 service.lifecycle().failed_starts(),
                                 last.empty() ? "" : "; its log ends with: " + last),
          .hint = "the whole log: " + service.log_file().string()};
}

SupervisedService* Supervisor::find(const std::string& name) {
  const auto found =
      std::find_if(services_.begin(), services_.end(),
                   [&](const SupervisedService& service) { return service.name() == name; });
  return found == services_.end() ? nullptr : &*found;
}

bool Supervisor::post(std::function<void()> task) {
  {
    const std::lock_guard lock(mutex_);
    if (!running_) return false;
    posted_.push_back(std::move(task));
  }
  ::eventfd_write(wake_.get(), 1);
  return true;
}

void Supervisor::run_posted() {
  eventfd_t count;
  ::eventfd_read(wake_.get(), &count);
  std::vector<std::function<void()>> tasks;
  {
    const std::lock_guard lock(mutex_);
    tasks.swap(posted_);
  }
  for (const auto& task : tasks) task();
}

void Supervisor::publish() {
  std::vector<ServiceStatus> now;
  for (const SupervisedService& service : services_) now.push_back(service.status());
  const std::lock_guard lock(mutex_);
  snapshot_ = std::move(now);
}

std::vector<ServiceStatus> Supervisor::services() const {
  const std::lock_guard lock(mutex_);
  return snapshot_;
}

void Supervisor::settle() {
  std::erase_if(waiters_, [](Waiter& waiter) {
    auto outcome = waiter.outcome();
    if (outcome) waiter.answer->set_value(std::move(*outcome));
    return outcome.has_value();
  });
}

Result<void> Supervisor::request(const std::string& action, SupervisedService& service) {
  using Method = Result<void> (*)(SupervisedService&);
  static const std::map<std::string, Method> methods = {
      {"start", [](SupervisedService& s) { return s.start(), Result<void>(); }},
      {"stop", [](SupervisedService& s) { return s.stop(), Result<void>(); }},
      {"restart", [](SupervisedService& s) { return s.restart(), Result<void>(); }},
      {"kill", [](SupervisedService& s) { return s.kill(); }},
      {"pause", [](SupervisedService& s) { return s.pause(); }},
      {"resume", [](SupervisedService& s) { return s.resume(); }}};
  const auto method = methods.find(action);
  if (method == methods.end()) {
    return fail(Error{.code = Code::invalid_field,
                      .message = "action is one of kill, stop, start, pause, resume, restart",
                      .field = "action"});
  }
  return method->second(service);
}

void Supervisor::begin(const std::string& action, SupervisedService& service, Answer<void> answer) {
  auto outcome = goal(action, service);
  const auto requested = request(action, service);
  const bool done_at_once = action == "pause" || action == "resume";
  if (!requested || done_at_once) {
    publish();
    answer->set_value(requested);
    return;
  }
  waiters_.push_back({std::move(outcome), std::move(answer)});
}

Result<void> Supervisor::act(const std::string& action, const std::string& service) {
  auto answer = std::make_shared<std::promise<Result<void>>>();
  auto done = answer->get_future();
  const bool posted = post([this, action, service, answer] {
    SupervisedService* found = find(service);
    if (give_up_at_) {
      answer->set_value(not_running());
    } else if (found == nullptr) {
      answer->set_value(fail(Code::not_found, "the lab has no such service"));
    } else {
      begin(action, *found, answer);
    }
  });
  if (!posted) return not_running();
  if (done.wait_for(limits::kLabAction) != std::future_status::ready) {
    return fail(
        Code::lab_failed,
        fmt::format("{} {} is not done after {} s", action, service, limits::kLabAction.count()),
        fmt::format("see `msdemo ps` and `msdemo logs {}`", service));
  }
  return done.get();
}

Result<StopReport> Supervisor::down() {
  auto answer = std::make_shared<std::promise<Result<StopReport>>>();
  auto done = answer->get_future();
  const bool posted = post([this, answer] {
    down_answers_.push_back(answer);
    if (!announced_ && !failure_ && !give_up_at_) {
      failure_ =
          Error{.code = Code::lab_failed, .message = "the lab was stopped before it was ready"};
    }
    stop_everything();
  });
  if (!posted) return not_running();
  if (done.wait_for(limits::kControlCall) != std::future_status::ready) return not_running();
  return done.get();
}

}  // namespace msdemo::lab
