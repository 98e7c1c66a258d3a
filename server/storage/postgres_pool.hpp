// The connections that one process keeps to its PostgreSQL server: as few as do the work, lent to
// one caller at a time, replaced when they break.
#pragma once

#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "base/clock.hpp"
#include "storage/postgres_session.hpp"

namespace msdemo::storage {

/// Thread-safe. Outlives what it has lent.
class PostgresPool {
 public:
  /// A session on loan. Given back healthy it is kept, otherwise closed.
  class Lease {
   public:
    Lease(PostgresPool& pool, std::unique_ptr<PostgresSession> session)
        : pool_(&pool), session_(std::move(session)) {}
    Lease(Lease&& other) noexcept
        : pool_(std::exchange(other.pool_, nullptr)), session_(std::move(other.session_)) {}
    Lease& operator=(Lease&&) = delete;
    ~Lease() {
      if (pool_ != nullptr) pool_->give_back(std::move(session_));
    }

    PostgresSession& operator*() const { return *session_; }
    PostgresSession* operator->() const { return session_.get(); }

    /// Closes the session instead of keeping it: nobody knows what state it is in.
    void discard() { session_.reset(); }

   private:
    friend class PostgresPool;
    void fill(std::unique_ptr<PostgresSession> session) { session_ = std::move(session); }

    PostgresPool* pool_;
    std::unique_ptr<PostgresSession> session_;
  };

  PostgresPool(const PostgresAddress& address, std::string schema, PostgresSession::Role role,
               std::size_t size);

  /// A healthy session: an idle one, or a new one, or, when all are lent, the next that comes back.
  /// Fails with overloaded when none does within limits::kDatabaseWait, and with
  /// upstream_unavailable when no server lets us in. One that did not is left alone for
  /// limits::kDatabasePause, so that a crowd of callers neither waits nor storms it.
  Result<Lease> take();

  /// Keeps `session`, which was opened by somebody else.
  void add(std::unique_ptr<PostgresSession> session);

  PoolUse use() const;

 private:
  void give_back(std::unique_ptr<PostgresSession> session);
  Result<std::unique_ptr<PostgresSession>> connect();

  const PostgresAddress& address_;
  const std::string schema_;
  const PostgresSession::Role role_;
  const std::size_t size_;
  mutable std::mutex mutex_;  ///< guards everything below
  std::condition_variable returned_;
  std::vector<std::unique_ptr<PostgresSession>> idle_;
  std::size_t lent_ = 0;
  std::size_t waiting_ = 0;
  SteadyTime next_attempt_{};     ///< no sooner than this is the server asked again
  std::optional<Error> refusal_;  ///< what it said last, while it does not let us in
};

}  // namespace msdemo::storage
