// In place of the PostgreSQL engine in a build without libpqxx.
#include "storage/database.hpp"

namespace msdemo::storage {

namespace {

tl::unexpected<Error> missing() {
  return fail(Code::lab_failed, "this msdemo was built without PostgreSQL",
              "install libpqxx-dev and build it again");
}

}  // namespace

Result<std::unique_ptr<Database>> open_postgres(const PostgresOptions&, std::span<const Migration>,
                                                faults::Faults*) {
  return missing();
}

Result<SchemaChange> migrate_postgres(const PostgresOptions&, std::span<const Migration>) {
  return missing();
}

}  // namespace msdemo::storage
