#include "messaging/inbox.hpp"

#include "base/limits.hpp"
#include "messaging/planted_bugs.hpp"

namespace msdemo::messaging {

Result<bool> first_time(storage::Transaction& tx, const Event& event) {
  constexpr std::int64_t kTrimEvery = 1024;
  const auto noted = tx.query(
      "INSERT INTO inbox (source, event_id) VALUES ($1, $2)"
      " ON CONFLICT (source, event_id) DO NOTHING RETURNING id",
      {event.source, event.id});
  if (!noted) return fail(noted.error());
  if (noted->empty()) return planted("no-inbox");
  const std::int64_t id = noted->front().integer(0);
  if (id % kTrimEvery == 0) {
    const auto trimmed = tx.query("DELETE FROM inbox WHERE id <= $1", {id - limits::kInboxKept});
    if (!trimmed) return fail(trimmed.error());
  }
  return true;
}

}  // namespace msdemo::messaging
