// What only the SQLite engine promises: who may use the file, and what a full disk, a broken disk
// or kill -9 at any moment leave behind. A failure is checked on a copy of the files as well,
// because that is what a crash right after it would find.
#include <poll.h>
#include <sys/resource.h>
#include <sys/stat.h>

#include <array>
#include <cerrno>
#include <csignal>
#include <filesystem>
#include <fstream>
#include <set>
#include <string>

#include "contract/busy_engine.hpp"
#include "contract/notes.hpp"
#include "storage/database.hpp"
#include "support/catch.hpp"
#include "support/child_process.hpp"
#include "support/failing_disk.hpp"
#include "support/must.hpp"
#include "support/temp_dir.hpp"
#include "support/threads.hpp"

namespace msdemo::test {

using storage::Database;
using storage::Durability;
using storage::Transaction;
using Numbers = std::set<std::int64_t>;
namespace fs = std::filesystem;

namespace {

std::unique_ptr<Database> open(const fs::path& folder, Durability durability = Durability::full) {
  return std::move(storage::open_sqlite(folder / "test.db", durability, kNotes).value());
}

/// What a new process would find if this one were killed now.
Numbers after_a_crash(const fs::path& folder) {
  const TempDir image;
  for (const char* name : {"test.db", "test.db-wal"}) {
    if (fs::exists(folder / name)) fs::copy(folder / name, image.path() / name);
  }
  return note_numbers(*open(image.path()));
}

/// No file grows past `bytes`: writes come back short, then fail, as on a full disk.
class FileSizeLimit {
 public:
  explicit FileSizeLimit(rlim_t bytes) {
    ::getrlimit(RLIMIT_FSIZE, &before_);
    handler_ = std::signal(SIGXFSZ, SIG_IGN);
    const rlimit limit{bytes, before_.rlim_max};
    ::setrlimit(RLIMIT_FSIZE, &limit);
  }
  FileSizeLimit(const FileSizeLimit&) = delete;
  FileSizeLimit& operator=(const FileSizeLimit&) = delete;
  ~FileSizeLimit() {
    ::setrlimit(RLIMIT_FSIZE, &before_);
    std::signal(SIGXFSZ, handler_);
  }

 private:
  rlimit before_{};
  void (*handler_)(int) = SIG_DFL;
};

}  // namespace

TEST_CASE("a second user of the file is refused, in this process and in another", "[sqlite]") {
  const TempDir folder;
  const auto refused_here = [&] {
    const auto second = storage::open_sqlite(folder.path() / "test.db", Durability::full, kNotes);
    return !second && second.error().code == Code::lab_failed &&
           second.error().message.find("another process owns it") != std::string::npos;
  };
  {
    const ChildProcess owner([&](const Report& report) {
      const auto database = open(folder.path());
      report.tell(1);
      ::pause();
    });
    REQUIRE(owner.next() == 1);
    CHECK(refused_here());
  }
  const auto database = open(folder.path());
  CHECK(refused_here());
  CHECK(add_note(*database, 1));
}

TEST_CASE("only the owner may read the files", "[sqlite]") {
  const TempDir folder;
  const auto database = open(folder.path());
  must(add_note(*database, 1));
  for (const char* name : {"test.db", "test.db-wal", "test.db-shm", "test.db.lock"}) {
    INFO(name);
    CHECK((fs::status(folder.path() / name).permissions() & fs::perms::mask) ==
          (fs::perms::owner_read | fs::perms::owner_write));
  }
}

TEST_CASE("what cannot be opened says why", "[sqlite]") {
  const TempDir folder;
  const auto missing = storage::open_sqlite(folder.path() / "no" / "test.db", Durability::full, {});
  REQUIRE_FALSE(missing);
  CHECK(missing.error().code == Code::lab_failed);
  CHECK(missing.error().message.find("No such file") != std::string::npos);

  const fs::path letter = folder.path() / "letter.txt";
  std::ofstream(letter) << std::string(10'000, 'x');
  const auto no_database = storage::open_sqlite(letter, Durability::full, kNotes);
  REQUIRE_FALSE(no_database);
  CHECK(no_database.error().code == Code::lab_failed);
  CHECK(no_database.error().message.find("not a database") != std::string::npos);
}

TEST_CASE("a write inside a write is a bug, not a deadlock", "[sqlite]") {
  const TempDir folder;
  const auto database = open(folder.path());
  CHECK_THROWS_AS(
      database->write(nullptr, "outer", [&](Transaction&) { return add_note(*database, 1); }),
      std::logic_error);
}

TEST_CASE("a disk that fills up at any write loses nothing and keeps nothing half", "[sqlite]") {
  const int error = GENERATE(ENOSPC, EDQUOT, EFBIG);
  const failing_disk::Recovery recovers;
  bool refused_once = false;
  bool passed = false;
  for (int good = 0; !passed; ++good) {
    INFO("after " << good << " good writes, errno " << error);
    REQUIRE(good < 200);
    const TempDir folder;
    auto database = open(folder.path());
    must(add_note(*database, 1, std::string(20'000, 'a')));

    failing_disk::fail_writes_after(good, error);
    const auto outcome = add_note(*database, 2, std::string(20'000, 'b'));
    passed = !failing_disk::failed();
    Numbers expected{1};
    if (outcome) {
      expected.insert(2);
    } else {
      refused_once = true;
      CHECK(outcome.error().code == Code::storage_full);
      CHECK_FALSE(add_note(*database, 3));
    }
    CHECK(note_numbers(*database) == expected);
    failing_disk::recover();
    CHECK(after_a_crash(folder.path()) == expected);

    CHECK(add_note(*database, 4));
    expected.insert(4);
    CHECK(note_numbers(*database) == expected);
    CHECK(after_a_crash(folder.path()) == expected);
    database.reset();
    CHECK(note_numbers(*open(folder.path())) == expected);
  }
  CHECK(refused_once);
}

TEST_CASE("a disk that does not confirm a commit is never taken at its word", "[sqlite]") {
  const TempDir folder;
  const failing_disk::Recovery recovers;
  const auto database = open(folder.path());
  must(add_note(*database, 1));

  SECTION("full once: certainly not stored, also after a crash") {
    failing_disk::fail_syncs(1, ENOSPC);
    const auto outcome = add_note(*database, 2);
    CHECK(outcome.error().code == Code::storage_full);
    CHECK(after_a_crash(folder.path()) == Numbers{1});
  }
  SECTION("broken for good: unknown, and it says so") {
    failing_disk::fail_syncs(100, EIO);
    const auto outcome = add_note(*database, 2);
    CHECK(outcome.error().code == Code::internal);
    CHECK_FALSE(outcome.error().definite());
  }
  CHECK(failing_disk::failed());
  CHECK(note_numbers(*database) == Numbers{1});
  failing_disk::recover();
  CHECK(add_note(*database, 3));
  CHECK(after_a_crash(folder.path()) == Numbers{1, 3});
}

TEST_CASE("many writers meet a full disk: each learns its own outcome", "[sqlite]") {
  constexpr std::size_t kThreads = 8;
  const TempDir folder;
  const auto database = open(folder.path());
  std::array<Numbers, kThreads> stored;
  std::atomic<int> wrong_code{0};
  std::atomic<int> full{0};
  {
    const FileSizeLimit limit(512 * 1024);
    Threads(kThreads, [&](std::size_t i) {
      for (std::int64_t n = 0; n < 100; ++n) {
        const std::int64_t number = static_cast<std::int64_t>(i) * 1000 + n;
        const auto outcome = add_note(*database, number, std::string(3'000, 'x'));
        if (outcome) {
          stored[i].insert(number);
        } else {
          (outcome.error().code == Code::storage_full ? full : wrong_code)++;
        }
      }
    }).join();
  }
  CHECK(full > 0);
  CHECK(wrong_code == 0);
  Numbers all;
  for (const Numbers& some : stored) all.insert(some.begin(), some.end());
  CHECK_FALSE(all.empty());
  CHECK(note_numbers(*database) == all);
  CHECK(after_a_crash(folder.path()) == all);

  CHECK(add_note(*database, 999'999));
  all.insert(999'999);
  CHECK(after_a_crash(folder.path()) == all);
}

TEST_CASE("a function that fills the disk takes nobody's earlier commit with it", "[sqlite]") {
  const TempDir folder;
  const auto database = open(folder.path());
  must(add_note(*database, 1));
  const auto greedy = database->write(nullptr, "w", [](Transaction& tx) -> Result<void> {
    tx.query("PRAGMA max_page_count = 8").value();
    must(insert_note(tx, 2));
    return insert_note(tx, 3, std::string(100'000, 'x'));
  });
  CHECK(greedy.error().code == Code::storage_full);
  CHECK(note_numbers(*database) == Numbers{1});
  const auto roomy = database->write(
      nullptr, "w", [](Transaction& tx) { return tx.query("PRAGMA max_page_count = 1000000"); });
  CHECK(roomy);
  CHECK(add_note(*database, 4, std::string(100'000, 'x')));
}

TEST_CASE("writes that shared a commit with one that filled the disk know their outcome",
          "[sqlite]") {
  constexpr std::size_t kWriters = 9;
  const TempDir folder;
  const auto database = open(folder.path());
  std::array<Result<void>, kWriters> outcomes;
  {
    BusyEngine busy(*database);
    Threads writers(kWriters, [&](std::size_t i) {
      const auto number = static_cast<std::int64_t>(i);
      const bool greedy = i == kWriters / 2;
      outcomes[i] = database->write(nullptr, "w", [&](Transaction& tx) -> Result<void> {
        if (greedy) tx.query("PRAGMA max_page_count = 8").value();
        return insert_note(tx, number, std::string(greedy ? 100'000 : 10, 'x'));
      });
    });
    writers.await_blocked();
    busy.go_on();
  }
  Numbers stored;
  for (std::size_t i = 0; i < kWriters; ++i) {
    if (outcomes[i]) {
      stored.insert(static_cast<std::int64_t>(i));
    } else {
      CHECK(outcomes[i].error().code == Code::storage_full);
    }
  }
  CHECK(stored.count(kWriters / 2) == 0);
  CHECK(note_numbers(*database) == stored);
  CHECK(after_a_crash(folder.path()) == stored);
}

TEST_CASE("the log is taken back into the database, and stays bounded", "[sqlite]") {
  const TempDir folder;
  const auto database = open(folder.path(), Durability::normal);
  for (std::int64_t n = 0; n < 400; ++n) must(add_note(*database, n, std::string(40'000, 'x')));
  CHECK(fs::file_size(folder.path() / "test.db") > 10'000'000);
  CHECK(fs::file_size(folder.path() / "test.db-wal") < 8'000'000);
}

TEST_CASE("what was acknowledged survives kill -9 at any moment", "[sqlite]") {
  constexpr int kRounds = 40;
  const TempDir folder;
  Numbers acknowledged;
  for (int round = 0; round < kRounds; ++round) {
    {
      const ChildProcess writer([&](const Report& report) {
        const auto database = open(folder.path());
        Threads(3, [&](std::size_t i) {
          for (std::int64_t n = 0;; ++n) {
            const std::int64_t number = (round * 3 + static_cast<std::int64_t>(i)) * 1'000'000 + n;
            if (add_note(*database, number, std::string(200, 'x'))) report.tell(number);
          }
        }).join();
      });
      // Each round dies after another number of writes, so somewhere else in a commit.
      for (int told = 0; told < 20 + round * 3; ++told) acknowledged.insert(writer.next().value());
    }
    const Numbers kept = note_numbers(*open(folder.path()));
    CHECK(std::includes(kept.begin(), kept.end(), acknowledged.begin(), acknowledged.end()));
  }
  CHECK(acknowledged.size() >= kRounds * 20);
}

TEST_CASE("a migration that is killed midway has happened whole or not at all", "[sqlite]") {
  constexpr int kRounds = 30;
  constexpr std::int64_t kRows = 20'000;
  const std::array<storage::Migration, 2> filling = {
      {kNotes[0],
       {2,
        "CREATE TABLE first_half (number BIGINT); WITH RECURSIVE many(n) AS (SELECT 1 UNION ALL"
        " SELECT n + 1 FROM many WHERE n < 20000) INSERT INTO note SELECT n, 'filled' FROM many;"
        "CREATE TABLE second_half (number BIGINT)"}}};
  int unfinished = 0;
  for (int round = 0; round < kRounds; ++round) {
    const TempDir folder;
    open(folder.path()).reset();
    {
      const ChildProcess migrating([&](const Report& report) {
        report.tell(1);
        storage::open_sqlite(folder.path() / "test.db", Durability::full, filling).value();
        report.tell(2);
        ::pause();
      });
      REQUIRE(migrating.next() == 1);
      pollfd done{migrating.descriptor(), POLLIN, 0};
      if (::poll(&done, 1, round) == 0) ++unfinished;
    }
    const auto old_program =
        storage::open_sqlite(folder.path() / "test.db", Durability::full, kNotes);
    if (old_program) CHECK(note_numbers(**old_program).empty());
    if (!old_program) CHECK(old_program.error().message.find("version 2") != std::string::npos);
    if (old_program) continue;
    const auto grown = storage::open_sqlite(folder.path() / "test.db", Durability::full, filling);
    CHECK(note_numbers(**grown).size() == kRows);
  }
  CHECK(unfinished > 0);
}

TEST_CASE("a write for later asks nothing of the disk, and survives a crash", "[sqlite]") {
  const TempDir folder;
  const auto database = open(folder.path());
  const failing_disk::Recovery afterwards;
  const auto add = [&](std::int64_t number, storage::Sync sync) {
    return database->write(
        nullptr, "test",
        [&](Transaction& tx) -> Result<void> {
          const auto added = tx.query("INSERT INTO note VALUES ($1, 'x')", {number});
          if (!added) return fail(added.error());
          return {};
        },
        sync);
  };
  REQUIRE(add(1, storage::Sync::now));
  failing_disk::fail_syncs(1000, EIO);
  REQUIRE(add(2, storage::Sync::later));
  CHECK_FALSE(failing_disk::failed());
  CHECK(after_a_crash(folder.path()) == Numbers{1, 2});
  CHECK_FALSE(add(3, storage::Sync::now));
  CHECK(failing_disk::failed());
  failing_disk::recover();
  REQUIRE(add(4, storage::Sync::now));
  CHECK(note_numbers(*database) == Numbers{1, 2, 4});
}

}  // namespace msdemo::test
