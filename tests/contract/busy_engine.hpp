// Makes writes queue: a test that is about a shared commit needs several of them to wait at once.
#pragma once

#include <cstddef>
#include <functional>
#include <future>
#include <list>

#include "contract/notes.hpp"
#include "storage/database.hpp"
#include "support/must.hpp"
#include "support/threads.hpp"

namespace msdemo::test {

/// Keeps the engine busy, with as many writes as it runs at once, until it is told to go on, so
/// that others have to queue.
class BusyEngine {
 public:
  /// `first` is what each of the writes does before it waits.
  explicit BusyEngine(storage::Database& database, std::size_t writers = 1,
                      const std::function<void(storage::Transaction&)>& first = {}) {
    for (std::size_t i = 0; i < writers; ++i) {
      // One by one, or an engine might run two in one transaction.
      std::promise<void> entered;
      threads_.emplace_back(1, [this, &database, &entered, first](std::size_t) {
        must(database.write(nullptr, "hold", [&](storage::Transaction& tx) {
          if (first) first(tx);
          entered.set_value();
          gone_on_.wait();
          return Result<void>();
        }));
      });
      entered.get_future().wait();
    }
  }

  void go_on() { go_on_.set_value(); }

 private:
  std::promise<void> go_on_;
  std::shared_future<void> gone_on_ = go_on_.get_future().share();
  std::list<Threads> threads_;
};

}  // namespace msdemo::test
