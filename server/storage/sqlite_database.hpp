// The SQLite engine: one writer thread that commits whatever queued during the last fsync together,
// and readers beside it. It exists because an fsync for each write would bound the order rate.
#pragma once

#include <condition_variable>
#include <cstddef>
#include <deque>
#include <exception>
#include <filesystem>
#include <memory>
#include <mutex>
#include <optional>
#include <span>
#include <string>
#include <thread>
#include <vector>

#include "base/limits.hpp"
#include "base/semaphore.hpp"
#include "storage/database.hpp"
#include "storage/database_file.hpp"
#include "storage/sqlite_connection.hpp"

namespace msdemo::storage {

/// Owns the file's only read-write connection, the thread that uses it, and the readers. No call
/// may be under way when it is destroyed.
class SqliteDatabase final : public Database {
 public:
  SqliteDatabase(FileOwnership ownership, std::unique_ptr<SqliteConnection> writer,
                 std::filesystem::path file, Durability durability, faults::Faults* faults);
  ~SqliteDatabase() override;
  SqliteDatabase(const SqliteDatabase&) = delete;
  SqliteDatabase& operator=(const SqliteDatabase&) = delete;

 protected:
  Result<void> run_write(const trace::Span* parent, std::string_view name, const Body& body,
                         Sync sync) override;
  Result<void> run_read(const trace::Span* parent, std::string_view name,
                        const Body& body) override;

 private:
  /// One waiting caller. Kept for reuse and never freed before the database, so that waking a
  /// caller cannot touch memory that the caller has already left.
  struct Write {
    const Body* body = nullptr;
    Sync sync = Sync::now;
    Result<void> outcome;
    std::exception_ptr exception;
    std::string fault;          ///< the sentence of the fault that hit it
    std::size_t shared_by = 0;  ///< how many writes its commit served
    Write* next = nullptr;
    Semaphore answered;

    bool succeeded() const { return outcome.has_value() && !exception; }
  };
  using Batch = std::vector<Write*>;

  class ReaderLease;

  Write* enqueue(const Body& body, Sync sync);
  void recycle(Write* write);

  void run_writer();
  bool take(Batch& batch);
  std::size_t transact(std::span<Write* const> writes);
  std::optional<Error> run_one(Write& write, bool alone);
  void suffer_fault(Write& write) const;
  Result<void> commit();
  void checkpoint_when_due();

  const FileOwnership ownership_;
  const std::filesystem::path file_;
  const Durability durability_;
  faults::Faults* const faults_;  ///< may be null

  std::mutex queue_mutex_;  ///< guards the queue: everything down to stopping_
  std::condition_variable queued_;
  std::deque<Write> slots_;  ///< at most limits::kWriteQueue, made when needed
  Write* free_ = nullptr;
  Write* first_ = nullptr;
  Write* last_ = nullptr;
  bool writer_idle_ = false;
  bool stopping_ = false;

  std::unique_ptr<SqliteConnection> writer_;  ///< used by writer_thread_ alone

  std::mutex readers_mutex_;  ///< guards idle_readers_ and readers_
  std::condition_variable reader_returned_;
  std::vector<std::unique_ptr<SqliteConnection>> idle_readers_;
  std::size_t readers_ = 0;

  std::thread writer_thread_;
};

}  // namespace msdemo::storage
