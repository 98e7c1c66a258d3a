// The database engines that the storage contract is checked on. Each executable of the contract's
// suite has its own: sqlite_engine.cpp, postgres_engine.cpp.
#pragma once

#include <filesystem>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "storage/database.hpp"
#include "support/must.hpp"
#include "support/temp_dir.hpp"

namespace msdemo::test {

struct Engine {
  std::string name;  ///< as spans tell it
  /// Opens the database kept at `place`, a folder of the test's own; the first time it is empty.
  Result<std::unique_ptr<storage::Database>> (*open)(
      const std::filesystem::path& place, std::span<const storage::Migration> migrations);
  /// Removes what it kept outside of that folder.
  void (*remove)(const std::filesystem::path& place) = [](const std::filesystem::path&) {};
  /// How many transactions it writes at once.
  std::size_t writers = 1;
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
  FreshDatabase(const FreshDatabase&) = delete;
  FreshDatabase& operator=(const FreshDatabase&) = delete;
  ~FreshDatabase() {
    database_.reset();
    engine_.remove(folder_.path());
  }

  void reopen(std::span<const storage::Migration> migrations) {
    database_.reset();
    database_ = must(engine_.open(folder_.path(), migrations));
  }

  Result<std::unique_ptr<storage::Database>> try_reopen(
      std::span<const storage::Migration> migrations) {
    database_.reset();
    return engine_.open(folder_.path(), migrations);
  }

  /// Where it is kept, for a second process that shares it.
  const std::filesystem::path& place() const { return folder_.path(); }

  storage::Database& operator*() { return *database_; }
  storage::Database* operator->() { return database_.get(); }

 private:
  const Engine& engine_;
  TempDir folder_;
  std::unique_ptr<storage::Database> database_;
};

}  // namespace msdemo::test
