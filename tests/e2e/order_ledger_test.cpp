// The promise behind a 201, kept against kill -9: an outside client keeps a ledger of what it was
// told, and the order service has to agree with every line of it, however often it is killed.
//
// A kill proves that an answered order survives the process. It proves nothing about power loss.
#include <atomic>
#include <condition_variable>
#include <csignal>
#include <cstdlib>
#include <map>
#include <mutex>
#include <set>
#include <thread>

#include "http/client.hpp"
#include "support/catch.hpp"
#include "support/lab_fixture.hpp"

using namespace msdemo;
using namespace std::chrono_literals;

namespace {

constexpr int kWriters = 4;

/// How often the service is killed: 200 times, or as MSDEMO_KILLS says.
int kills() {
  const char* value = std::getenv("MSDEMO_KILLS");
  return value == nullptr ? 200 : std::atoi(value);
}

/// What the outside world was told. Thread-safe.
class Ledger {
 public:
  void attempt() {
    const std::lock_guard lock(mutex_);
    ++attempted_;
  }

  void accept(const std::string& key, std::int64_t id) {
    {
      const std::lock_guard lock(mutex_);
      accepted_[key].insert(id);
      ++answers_;
    }
    changed_.notify_all();
  }

  void unknown(const std::string& key) {
    const std::lock_guard lock(mutex_);
    unknown_.insert(key);
  }

  /// Waits until `more` further answers have come; false after a while without.
  bool await_answers(int more) {
    std::unique_lock lock(mutex_);
    const int target = answers_ + more;
    return changed_.wait_for(lock, 30s, [&] { return answers_ >= target; });
  }

  const std::map<std::string, std::set<std::int64_t>>& accepted() const { return accepted_; }
  const std::set<std::string>& unknown() const { return unknown_; }
  int attempted() const { return attempted_; }

 private:
  std::mutex mutex_;  ///< guards everything below
  std::condition_variable changed_;
  std::map<std::string, std::set<std::int64_t>> accepted_;  ///< the ids told for a key
  std::set<std::string> unknown_;  ///< keys with an attempt whose outcome nobody knows
  int attempted_ = 0;
  int answers_ = 0;
};

http::ClientRequest order_with(const std::string& key) {
  http::ClientRequest request{.method = "POST",
                              .target = "/orders",
                              .body = dump_json({{"user_id", 1}, {"item_name", key}})};
  request.headers.emplace_back("Idempotency-Key", key);
  return request;
}

/// Places orders, each repeated with its key until it is answered.
void write_orders(const std::string& url, int writer, const std::atomic<bool>& done,
                  Ledger& ledger) {
  http::Client client(url);
  for (int nth = 0; !done; ++nth) {
    const std::string key = std::to_string(writer) + "-" + std::to_string(nth);
    const bool answered = test::eventually(
        [&] {
          ledger.attempt();
          const auto answer = client.send(order_with(key), 10s);
          if (answer && answer->status == 201) {
            ledger.accept(key, parse_json(answer->body)->at("id"));
            return true;
          }
          if (!answer && !answer.error().definite()) ledger.unknown(key);
          return false;
        },
        30s);
    if (!answered) return;
  }
}

/// Threads that write orders until they are told to stop, or go out of scope.
class Writers {
 public:
  Writers(const std::string& url, Ledger& ledger) {
    for (int writer = 0; writer < kWriters; ++writer) {
      threads_.emplace_back([=, this, &ledger] { write_orders(url, writer, done_, ledger); });
    }
  }
  Writers(const Writers&) = delete;
  Writers& operator=(const Writers&) = delete;
  ~Writers() { stop(); }

  void stop() {
    done_ = true;
    for (std::thread& thread : threads_) {
      if (thread.joinable()) thread.join();
    }
  }

 private:
  std::atomic<bool> done_ = false;
  std::vector<std::thread> threads_;
};

/// Waits until the order service is ready in a process other than `last`; 0 if it never is.
pid_t next_process(const test::TestLab& lab, pid_t last) {
  pid_t found = 0;
  test::eventually([&] {
    const Json order = lab.service("order");
    if (order.at("state") != "ready" || order.at("pid") == last) return false;
    found = order.at("pid");
    return true;
  });
  return found;
}

/// Every order that the service has, by id.
std::map<std::int64_t, std::string> stored_orders(const std::string& url) {
  http::Client client(url);
  std::map<std::int64_t, std::string> items;
  for (std::string after = "0"; after != "null";) {
    const auto answer = client.send({.target = "/orders?limit=1000&after=" + after}, 10s);
    const Json page = parse_json(answer->body).value();
    for (const Json& order : page.at("orders")) items[order.at("id")] = order.at("item_name");
    after = page.at("next").dump();
  }
  return items;
}

}  // namespace

TEST_CASE("every answered order is there after any number of kills, and once", "[e2e]") {
  const test::TestLab lab;
  REQUIRE(lab.run({"up", "-d"}).exit_code == 0);
  const std::string url = lab.service("order").at("url");
  Ledger ledger;
  Writers writers(url, ledger);
  pid_t process = 0;
  for (int kill = 0; kill < kills(); ++kill) {
    process = next_process(lab, process);
    REQUIRE(process > 0);
    REQUIRE(ledger.await_answers(1 + kill % 23));
    ::kill(process, SIGKILL);
  }
  REQUIRE(next_process(lab, process) > 0);
  REQUIRE(ledger.await_answers(10));
  writers.stop();

  CHECK(lab.service("order").at("restarts") == kills());
  CHECK_FALSE(ledger.unknown().empty());  // else no kill hit an order, and nothing was proven

  const auto stored = stored_orders(url);
  std::size_t lost = 0;
  std::size_t changed = 0;
  http::Client client(url);
  for (const auto& [key, ids] : ledger.accepted()) {
    const auto found = stored.find(*ids.begin());
    if (found == stored.end() || found->second != key) ++lost;
    const auto repeated = client.send(order_with(key), 10s);
    const bool same = repeated && repeated->status == 201 && ids.size() == 1 &&
                      parse_json(repeated->body)->at("id") == *ids.begin();
    if (!same) ++changed;
  }
  std::set<std::string> items;
  for (const auto& [id, item] : stored) items.insert(item);
  WARN("ledger: attempted " << ledger.attempted() << ", accepted " << ledger.accepted().size()
                            << ", outcome unknown at first " << ledger.unknown().size() << ", lost "
                            << lost << ", duplicated " << stored.size() - items.size());
  CHECK(lost == 0);
  CHECK(changed == 0);
  CHECK(items.size() == stored.size());
  CHECK(lab.run({"down"}).exit_code == 0);
}
