#include "storage/postgres_pool.hpp"

#include <fmt/format.h>
#include <spdlog/spdlog.h>

#include <utility>

#include "base/limits.hpp"

namespace msdemo::storage {

PostgresPool::PostgresPool(const PostgresAddress& address, std::string schema,
                           PostgresSession::Role role, std::size_t size)
    : address_(address), schema_(std::move(schema)), role_(role), size_(size) {}

Result<PostgresPool::Lease> PostgresPool::take() {
  {
    std::unique_lock lock(mutex_);
    ++waiting_;
    const bool free =
        returned_.wait_for(lock, limits::kDatabaseWait, [this] { return lent_ < size_; });
    --waiting_;
    if (!free) {
      return fail(Code::overloaded,
                  fmt::format("all {} connections to the database are in use", size_),
                  "try again later, or have fewer requests wait for the database");
    }
    ++lent_;
    while (!idle_.empty()) {
      auto session = std::move(idle_.back());
      idle_.pop_back();
      if (session->healthy()) return Lease(*this, std::move(session));
    }
  }
  Lease place(*this, nullptr);  // given back if no connection comes
  auto session = connect();
  if (!session) return fail(std::move(session.error()));
  place.fill(std::move(*session));
  return place;
}

Result<std::unique_ptr<PostgresSession>> PostgresPool::connect() {
  {
    const std::lock_guard lock(mutex_);
    if (refusal_ && real_clock().steady_now() < next_attempt_) return fail(*refusal_);
  }
  auto session = PostgresSession::open(address_, schema_, role_);
  const std::lock_guard lock(mutex_);
  if (session) {
    if (refusal_) spdlog::info("postgresql: connected again to {}", address_.shown());
    refusal_.reset();
    return session;
  }
  if (!refusal_) spdlog::warn("postgresql: {}", session.error().message);
  refusal_ = Error{Code::upstream_unavailable, "the database cannot be reached; nothing was stored",
                   "try again: the service connects anew by itself"};
  next_attempt_ = real_clock().steady_now() + limits::kDatabasePause;
  return fail(*refusal_);
}

void PostgresPool::add(std::unique_ptr<PostgresSession> session) {
  const std::lock_guard lock(mutex_);
  idle_.push_back(std::move(session));
}

void PostgresPool::give_back(std::unique_ptr<PostgresSession> session) {
  {
    const std::lock_guard lock(mutex_);
    --lent_;
    if (session && session->open()) idle_.push_back(std::move(session));
  }
  returned_.notify_one();
}

PoolUse PostgresPool::use() const {
  const std::lock_guard lock(mutex_);
  return {.in_use = lent_, .waiting = waiting_};
}

}  // namespace msdemo::storage
