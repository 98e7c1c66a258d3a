#include "support/deaths.hpp"

#include <csignal>
#include <future>

#include "base/stop_signal.hpp"
#include "support/catch.hpp"

namespace msdemo::test {

namespace {

using namespace std::chrono_literals;

constexpr int kCrashesAtEachPoint = 10;
constexpr std::chrono::milliseconds kLongestLife{150};  ///< of a process killed at random

constexpr std::chrono::seconds kPatience{120};  ///< an engine may be away meanwhile

const std::string kAtRandom;

/// Empty when the service died each of these deaths and came back, else what went wrong.
std::string kill_one(const TestLab& lab, const std::string& service,
                     const std::vector<std::string>& deaths, Rng& rng) {
  const StopSignal life;
  pid_t pid = 0;
  for (const std::string& death : deaths) {
    pid = lab.next_pid(service, pid, kPatience);
    if (pid <= 0) return service + " did not come back";
    if (death == kAtRandom) {
      life.wait(kLongestLife * (rng.next() % 1000) / 1000);
      ::kill(pid, SIGKILL);
    } else {
      lab.run({"fault", "add", service, "crash=" + death});
    }
    if (!gone(pid, kPatience)) return service + " did not die " + death;
  }
  return lab.next_pid(service, pid, kPatience) > 0 ? "" : service + " did not come back at last";
}

}  // namespace

Deaths plan_deaths(int kills, const std::vector<std::string>& services, Rng& rng) {
  Deaths deaths;
  const Deaths named = {
      {"order", {"after-commit", "before-publish", "after-publish", "after-receive", "before-ack"}},
      {"user", {"after-receive", "before-ack"}},
      {"notify", {"after-receive", "before-ack"}},
  };
  for (const auto& [service, points] : named) {
    for (const std::string& point : points) {
      deaths[service].insert(deaths[service].end(), kCrashesAtEachPoint, point);
      kills -= kCrashesAtEachPoint;
    }
  }
  for (; kills > 0; --kills) {
    deaths[services[static_cast<std::size_t>(kills) % services.size()]].push_back(kAtRandom);
  }
  for (auto& [service, ways] : deaths) {
    for (std::size_t i = ways.size(); i > 1; --i) std::swap(ways[i - 1], ways[rng.next() % i]);
  }
  return deaths;
}

void kill_all(const TestLab& lab, const Deaths& deaths, Rng& rng) {
  std::vector<std::future<std::string>> killers;
  for (const auto& [service, ways] : deaths) {
    killers.push_back(std::async(std::launch::async, [&, &name = service, &list = ways] {
      return kill_one(lab, name, list, rng);
    }));
  }
  for (auto& killer : killers) {
    const std::string wrong = killer.get();
    INFO(wrong);
    CHECK(wrong.empty());
  }
}

}  // namespace msdemo::test
