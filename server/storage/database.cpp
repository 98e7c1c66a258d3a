#include "storage/database.hpp"

#include <fmt/format.h>

namespace msdemo::storage {

std::string_view to_string(Durability durability) {
  return durability == Durability::full ? "full" : "normal";
}

Result<std::optional<std::int64_t>> Transaction::insert(std::string_view sql,
                                                        std::span<const Value> parameters) {
  const Result<Rows> added = query(fmt::format("{} RETURNING id", sql), parameters);
  if (!added) return fail(added.error());
  if (added->empty()) return std::optional<std::int64_t>();
  return added->front().integer(0);
}

Result<std::optional<std::int64_t>> Database::run_insert(const trace::Span* parent,
                                                         std::string_view name,
                                                         std::string_view sql,
                                                         std::span<const Value> parameters) {
  return write(parent, name, [&](Transaction& tx) { return tx.insert(sql, parameters); });
}

Result<Rows> Database::run_look_up(const trace::Span* parent, std::string_view name,
                                   std::string_view sql, std::span<const Value> parameters) {
  return read(parent, name, [&](Transaction& tx) { return tx.query(sql, parameters); });
}

Peers& Database::peers() {
  static NoPeers none;
  return none;
}

}  // namespace msdemo::storage
