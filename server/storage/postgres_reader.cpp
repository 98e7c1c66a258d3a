#include "storage/postgres_reader.hpp"

#include <stdexcept>
#include <utility>
#include <vector>

#include "base/limits.hpp"

namespace msdemo::storage {

static_assert(limits::kLookUpsPerMessage <= limits::kCachedStatements);

PostgresReader::PostgresReader(PostgresPool& pool)
    : pool_(pool), combiner_(1, limits::kLookUpsPerMessage, limits::kLookUpQueue) {}

Result<Rows> PostgresReader::look_up(const Statement& select) {
  LookUp look_up(select);
  if (!combiner_.run(look_up, [this](const LookUps& look_ups) { serve(look_ups); })) {
    return fail(Code::overloaded, "too many look-ups are waiting already",
                "try again when the database has caught up");
  }
  if (look_up.exception) std::rethrow_exception(look_up.exception);
  return std::move(look_up.rows);
}

void PostgresReader::serve(const LookUps& look_ups) {
  const auto lease = pool_.take();
  if (!lease) {
    for (LookUp* const look_up : look_ups) look_up->rows = fail(lease.error());
    return;
  }
  if (look_ups.size() > 1 && serve_together(**lease, look_ups)) return;
  for (LookUp* const look_up : look_ups) serve_one(**lease, *look_up);
}

/// False if one of them fails, and nobody has an answer.
bool PostgresReader::serve_together(PostgresSession& session, const LookUps& look_ups) {
  std::vector<Statement> selects;
  for (const LookUp* const look_up : look_ups) selects.push_back(look_up->select);
  try {
    auto rows = session.query_all(selects);
    if (!rows) return false;
    for (std::size_t i = 0; i < look_ups.size(); ++i) look_ups[i]->rows = std::move((*rows)[i]);
    return true;
  } catch (const std::logic_error& somebody_s_bug) {
    return false;
  }
}

void PostgresReader::serve_one(PostgresSession& session, LookUp& look_up) {
  try {
    look_up.rows = session.query(look_up.select);
  } catch (...) {
    look_up.exception = std::current_exception();
  }
}

}  // namespace msdemo::storage
