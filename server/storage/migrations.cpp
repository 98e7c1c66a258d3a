#include "storage/migrations.hpp"

#include <fmt/format.h>

#include <stdexcept>

namespace msdemo::storage {

Result<std::span<const Migration>> missing_migrations(std::int64_t version,
                                                      std::span<const Migration> migrations) {
  int expected = 0;
  for (const Migration& migration : migrations) {
    if (migration.version != ++expected) throw std::logic_error("migrations have a gap");
  }
  if (version < 0 || version > expected) {
    return fail(Code::lab_failed,
                fmt::format("its schema has version {}, this program knows versions up to {}",
                            version, expected),
                "use the newer msdemo that wrote it, or start empty with `msdemo up --fresh`");
  }
  return migrations.subspan(static_cast<std::size_t>(version));
}

}  // namespace msdemo::storage
