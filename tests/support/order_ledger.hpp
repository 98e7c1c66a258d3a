// The ledger of an outside client: what it was told about its orders, and, drawn up from what the
// services hold in the end, whether they kept every word of it. Every test that kills services asks
// for the same figures.
#pragma once

#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <limits>
#include <map>
#include <mutex>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include "base/stop_signal.hpp"
#include "http/client.hpp"
#include "support/lab_fixture.hpp"

namespace msdemo::test {

/// An order that a test places. Its item is its idempotency key, so that it can be found again.
struct PlacedOrder {
  std::string key;
  std::int64_t user_id = 1;
  bool async = false;

  http::ClientRequest request() const;
};

/// The user of those orders that have to be rejected: there is none with this id.
inline constexpr std::int64_t kNobody = 999;

/// What the outside world was told. Thread-safe while orders are being placed.
class Told {
 public:
  struct Answer {
    PlacedOrder order;
    std::set<std::int64_t> ids;  ///< more than one: the service contradicted itself
  };

  void attempt();
  void accept(const PlacedOrder& order, std::int64_t id);
  void unknown(const PlacedOrder& order);

  /// Waits until `more` further answers have come; false after a while without.
  bool await_answers(int more);

  // For when nobody places orders any more.
  const std::map<std::string, Answer>& accepted() const { return accepted_; }
  const std::set<std::string>& unknown() const { return unknown_; }
  int attempted() const { return attempted_; }

 private:
  std::mutex mutex_;  ///< guards everything below
  std::condition_variable changed_;
  std::map<std::string, Answer> accepted_;  ///< by key
  std::set<std::string> unknown_;           ///< keys with an attempt whose outcome nobody knows
  int attempted_ = 0;
  int answers_ = 0;
};

/// How a writer places its orders.
struct Writing {
  bool async = false;                  ///< with every eighth order for nobody
  std::chrono::milliseconds every{0};  ///< one order in this time; 0: as soon as the last is known
  int orders = std::numeric_limits<int>::max();
};

/// Threads that place orders, each repeated with its key until it is answered.
class Writers {
 public:
  static constexpr int kCount = 4;

  Writers(const std::string& url, Told& told, Writing writing = {});
  Writers(const Writers&) = delete;
  Writers& operator=(const Writers&) = delete;
  ~Writers() { stop(); }

  /// After the orders that are being placed.
  void stop();

  /// After all orders.
  void finish();

 private:
  void write(const std::string& url, int writer, Told& told, const Writing& writing) const;

  StopSignal done_;
  std::vector<std::thread> threads_;
};

/// How often a test kills services: `usual`, or as MSDEMO_KILLS says.
int kills(int usual);

struct Ledger {
  int attempted = 0;  ///< requests
  int accepted = 0;   ///< orders that were answered with 201 or 202
  int unknown = 0;    ///< orders of which an attempt ended without anybody knowing how
  int confirmed = 0;
  int rejected = 0;
  int failed = 0;
  int lost = 0;  ///< accepted, but not there, not decided, or not as their user demands
  int duplicated_orders = 0;   ///< beyond one for each key
  int duplicated_effects = 0;  ///< receipts beyond one for each order
  int missing_effects = 0;     ///< orders confirmed or rejected without a receipt
  int redelivered = 0;         ///< messages, beyond their first delivery
  int dead_letters = 0;

  /// All figures in one line, for people.
  std::string line() const;
};

/// Compares what was told with the orders that there are; the figures on messages stay 0.
Ledger ledger_of_orders(const std::string& order_url, const Told& told);

/// The whole ledger of a lab with async orders.
Ledger ledger_of(const TestLab& lab, const Told& told);

/// Waits until no message is under way in the lab any more; false after three minutes, in
/// which even a machine that builds something else meanwhile works off what piled up.
bool settled(const TestLab& lab);

/// Gives every dead letter to its group once more; how many there were.
int redrive_all(const TestLab& lab);

}  // namespace msdemo::test
