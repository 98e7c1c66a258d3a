// Asks all services of a lab how they are, again and again, for `watch`. It exists to keep what one
// scrape needs of the one before.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/clock.hpp"
#include "commands/watch_view.hpp"
#include "http/client.hpp"
#include "lab/client.hpp"

namespace msdemo::commands {

/// Belongs to one thread.
class LabWatch {
 public:
  /// `clock` must outlive it.
  LabWatch(lab::Lab lab, const Clock& clock);

  /// Asks one service after the other, each for up to kScrape; one that does not answer is in the
  /// frame as such. Rates are since a service last answered: the first frame has none. Fails, as
  /// lab::Lab does, when the lab's supervisor does not answer.
  Result<WatchFrame> next();

  static constexpr std::chrono::milliseconds kScrape{250};

 private:
  struct Known {
    std::unique_ptr<http::Client> admin;  ///< made when the service is first asked
    std::optional<ServiceReading> last;
  };

  WatchedService watch(const lab::ServiceStatus& status, const std::string& name);
  Result<ServiceReading> scrape(http::Client& admin) const;
  std::optional<std::vector<messaging::QueueState>> queues();

  lab::Lab lab_;
  const Clock& clock_;
  std::map<std::string, Known> services_;
  std::unique_ptr<messaging::QueueInspector> broker_;
  std::optional<SteadyTime> last_at_;
};

}  // namespace msdemo::commands
