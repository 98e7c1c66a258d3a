// Makes writes queue: a test that is about a shared commit needs several of them to wait at once.
#pragma once

#include <future>

#include "contract/notes.hpp"
#include "storage/database.hpp"
#include "support/must.hpp"
#include "support/threads.hpp"

namespace msdemo::test {

/// Keeps the engine busy with one write until it is told to go on, so that others have to queue.
class BusyEngine {
 public:
  explicit BusyEngine(storage::Database& database)
      : thread_(1, [this, &database](std::size_t) {
          must(database.write(nullptr, "hold", [this](storage::Transaction&) -> Result<void> {
            entered_.set_value();
            go_on_.get_future().wait();
            return {};
          }));
        }) {
    entered_.get_future().wait();
  }

  void go_on() { go_on_.set_value(); }

 private:
  std::promise<void> entered_;
  std::promise<void> go_on_;
  Threads thread_;
};

}  // namespace msdemo::test
