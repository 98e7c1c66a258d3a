#include "messaging/inbox.hpp"

#include "base/limits.hpp"
#include "messaging/planted_bugs.hpp"

namespace msdemo::messaging {

Result<bool> first_time(storage::Transaction& tx, const Event& event) {
  constexpr std::int64_t kTrimEvery = 1024;
  const auto noted = tx.insert(
      "INSERT INTO inbox (source, event_id) VALUES ($1, $2)"
      " ON CONFLICT (source, event_id) DO NOTHING",
      {event.source, event.id});
  if (!noted) return fail(noted.error());
  if (!*noted) return planted("no-inbox");
  const std::int64_t id = **noted;
  if (id % kTrimEvery == 0) {
    const auto trimmed = tx.query("DELETE FROM inbox WHERE id <= $1", {id - limits::kInboxKept});
    if (!trimmed) return fail(trimmed.error());
  }
  return true;
}

}  // namespace msdemo::messaging
