// The lab whose order service a bench measures: what to send it, and when the work behind the
// orders by message was done.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>

#include "base/clock.hpp"
#include "base/error.hpp"
#include "http/client.hpp"
#include "load/histogram.hpp"
#include "load/http_load.hpp"

namespace msdemo::commands {

/// What the receipts of one run say.
struct Completion {
  load::Histogram latency{};  ///< of measured orders, from the intended start
  std::size_t completed = 0;  ///< measured orders that have a receipt
  bool drained = false;       ///< no order was waited for in vain
  double per_s = 0;           ///< orders whose work was done, since the first was meant to start
  std::chrono::nanoseconds behind{};  ///< how long the work went on after the last answer
};

/// Used by one thread.
class BenchShop {
 public:
  /// Creates a user for the orders. Fails with no_lab, or as the services do.
  static Result<std::unique_ptr<BenchShop>> open(const std::string& lab);

  /// The bytes of one order, `sync` or `async`. Nobody is to trace it: spans cost time.
  std::string request(std::string_view style) const;

  /// Of the order service's replicas.
  const std::vector<std::string>& urls() const { return order_urls_; }
  const std::string& durability() const { return durability_; }

  /// Where the lab keeps its data.
  const std::filesystem::path& folder() const { return folder_; }

  /// A run begins: later receipts are its own. Fails as the notify service does.
  Result<void> begin_run();

  /// An order of the run was answered.
  void note(const load::Ended& ended);

  /// Reads receipts until every accepted order of the run has one, `interrupted` says so, or
  /// limits::kBenchCompletion has passed since the last one came.
  Completion await_completion(const std::function<bool()>& interrupted);

 private:
  struct Waiting {
    SystemTime intended;
    bool measured;
  };

  BenchShop(std::vector<std::string> order_urls, const std::vector<std::string>& notify_urls,
            std::int64_t user, std::string durability, std::filesystem::path folder);

  Result<bool> receipts_after(std::int64_t id);
  Result<std::size_t> take_receipts(Completion& completion);

  const std::vector<std::string> order_urls_;
  http::Client notify_;
  const std::int64_t user_;
  const std::string durability_;
  const std::filesystem::path folder_;

  std::int64_t last_receipt_ = 0;  ///< the newest that was read
  std::chrono::nanoseconds steady_to_system_{};
  std::unordered_map<std::int64_t, Waiting> waiting_;  ///< by order
  std::size_t accepted_ = 0;                           ///< of the run
  SteadyTime first_{};                                 ///< intended start of the run
};

}  // namespace msdemo::commands
