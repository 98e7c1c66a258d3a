// The inbox: which events a service has acted on already. At-least-once delivery brings an event
// again now and then; recorded in the same transaction as its effect, it takes effect once.
#pragma once

#include <string_view>

#include "base/error.hpp"
#include "messaging/event.hpp"
#include "storage/database.hpp"

namespace msdemo::messaging {

/// The step of a service's schema that makes its inbox.
constexpr storage::Migration inbox_step(int version) {
  return {version, R"(
    CREATE TABLE inbox (
      id INTEGER PRIMARY KEY AUTOINCREMENT,
      source TEXT NOT NULL,
      event_id TEXT NOT NULL,
      UNIQUE (source, event_id)
    ) STRICT;)",
          R"(
    CREATE TABLE inbox (
      id BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
      source TEXT NOT NULL,
      event_id TEXT NOT NULL,
      UNIQUE (source, event_id)
    ))"};
}

/// Notes the event in the caller's transaction, which must hold its effect, too. False: it was
/// noted before, so do nothing. While another transaction notes the same event, this waits for its
/// end. The newest limits::kInboxKept ids are remembered: as many events on SQLite; fewer on
/// PostgreSQL, where each repetition and each transaction undone uses up an id, too.
Result<bool> first_time(storage::Transaction& tx, const Event& event);

}  // namespace msdemo::messaging
