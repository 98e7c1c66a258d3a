// The database engines that the storage contract is checked on. Each executable of the contract's
// suite has its own: sqlite_engine.cpp, postgres_engine.cpp.
#pragma once

#include <filesystem>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "storage/database.hpp"
#include "support/temp_dir.hpp"

namespace msdemo::test {

struct Engine {
  std::string name;
  /// Opens the database kept at `place`, a folder of the test's own; the first time it is empty.
  Result<std::unique_ptr<storage::Database>> (*open)(
      const std::filesystem::path& place, std::span<const storage::Migration> migrations);
};

/// Those that this executable checks.
const std::vector<Engine>& engines();

/// A fresh database, gone when the test is.
class FreshDatabase {
 public:
  FreshDatabase(const Engine& engine, std::span<const storage::Migration> migrations)
      : engine_(engine) {
    reopen(migrations);
  }

  void reopen(std::span<const storage::Migration> migrations) {
    database_.reset();
    database_ = std::move(engine_.open(folder_.path(), migrations).value());
  }

  Result<std::unique_ptr<storage::Database>> try_reopen(
      std::span<const storage::Migration> migrations) {
    database_.reset();
    return engine_.open(folder_.path(), migrations);
  }

  storage::Database& operator*() { return *database_; }
  storage::Database* operator->() { return database_.get(); }

 private:
  const Engine& engine_;
  TempDir folder_;
  std::unique_ptr<storage::Database> database_;
};

}  // namespace msdemo::test
