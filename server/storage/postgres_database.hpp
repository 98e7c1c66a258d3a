// The PostgreSQL engine: a pool of connections for reading, one for writing, and what the processes
// that share a schema tell each other. It exists so that a service can have more than one process,
// and more than one machine.
#pragma once

#include <memory>
#include <string>

#include "storage/postgres_address.hpp"
#include "storage/postgres_peers.hpp"
#include "storage/postgres_pool.hpp"
#include "storage/postgres_reader.hpp"
#include "storage/postgres_writer.hpp"

namespace msdemo::storage {

/// Owns all connections of one process to one schema. No call may be under way when it is
/// destroyed.
class PostgresDatabase final : public Database {
 public:
  /// `first` is a session of the writers, open already.
  PostgresDatabase(const PostgresOptions& options, std::unique_ptr<PostgresAddress> address,
                   std::unique_ptr<PostgresSession> first, faults::Faults* faults);

  Peers& peers() override { return peers_; }
  std::optional<PoolUse> pool() const override;

 protected:
  Result<void> run_write(const trace::Span* parent, std::string_view name, const Body& body,
                         Sync sync) override;
  Result<void> run_read(const trace::Span* parent, std::string_view name,
                        const Body& body) override;
  Result<Rows> run_look_up(const trace::Span* parent, std::string_view name, std::string_view sql,
                           std::span<const Value> parameters) override;
  Result<std::optional<std::int64_t>> run_insert(const trace::Span* parent, std::string_view name,
                                                 std::string_view sql,
                                                 std::span<const Value> parameters) override;

 private:
  Result<void> carry_out(const trace::Span* parent, std::string_view name,
                         PostgresWriter::Write& write);
  Result<void> look(const Body& body);

  const std::unique_ptr<PostgresAddress> address_;
  const Durability durability_;
  PostgresPool readers_;
  PostgresPool writers_;
  PostgresReader reader_;
  PostgresWriter inserter_;  ///< the more it waits, the more go together: one transaction at once
  PostgresWriter writer_;
  PostgresPeers peers_;
};

}  // namespace msdemo::storage
