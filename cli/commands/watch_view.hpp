// What `watch` shows of one interval: as a picture that is redrawn, as lines, or as JSON.
#pragma once

#include <chrono>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "base/clock.hpp"
#include "base/json.hpp"
#include "commands/service_rates.hpp"
#include "lab/service_status.hpp"
#include "messaging/queue_inspector.hpp"

namespace msdemo::commands {

struct WatchedService {
  std::string service{};  ///< or the replica's name, where there are several
  std::string group{};    ///< of consumers, if it is called differently
  lab::ServiceState state = lab::ServiceState::ready;
  std::string problem{};                ///< why there are no rates; empty if there are
  std::optional<ServiceRates> rates{};  ///< nothing rather than zeros if it did not answer
};

/// One interval.
struct WatchFrame {
  SystemTime at{};
  std::chrono::milliseconds took{};  ///< since the frame before
  std::vector<WatchedService> services{};
  /// Nothing if the broker did not answer.
  std::optional<std::vector<messaging::QueueState>> queues{};
};

struct WatchView {
  std::string lab{};
  std::chrono::milliseconds interval{};
  int columns = 80;
  bool color = false;
};

/// How many intervals the line of a service's rates goes back.
inline constexpr std::size_t kFramesShown = 20;

/// The last of `frames` (at least one) as tables for a terminal of `view.columns`, without the less
/// important columns where they do not fit. From 100 columns on, the frames before give each
/// service a line of its last rates.
std::string draw_watch(std::span<const WatchFrame> frames, const WatchView& view);

/// One line for each service, all numbers with their words: for pipes and files.
std::string format_watch_lines(const WatchFrame& frame);

/// `{"time","interval_ms","services":[…],"queues":[…]}`
Json to_json(const WatchFrame& frame);

}  // namespace msdemo::commands
