// SQLite as the engine that the storage contract is checked on.
#include "contract/engines.hpp"

namespace msdemo::test {

const std::vector<Engine>& engines() {
  static const std::vector<Engine> all = {
      {"sqlite",
       [](const std::filesystem::path& place, std::span<const storage::Migration> migrations) {
         return storage::open_sqlite(place / "test.db", storage::Durability::full, migrations);
       }}};
  return all;
}

}  // namespace msdemo::test
