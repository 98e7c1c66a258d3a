// Brings a schema on a PostgreSQL server up to date, however many processes want to at once.
#pragma once

#include <span>
#include <string>

#include "storage/postgres_session.hpp"

namespace msdemo::storage {

/// Makes `schema` if it is missing and applies the steps that it lacks, each in a transaction,
/// while an advisory lock keeps other processes from doing the same. `session` is as before
/// afterwards. Fails with lab_failed or unreachable.
Result<SchemaChange> migrate(PostgresSession& session, const PostgresAddress& address,
                             const std::string& schema, std::span<const Migration> migrations);

}  // namespace msdemo::storage
