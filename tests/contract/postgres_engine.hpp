// Schemas of a test's own on the PostgreSQL server that MSDEMO_TEST_POSTGRES names.
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <span>
#include <string>

#include "storage/database.hpp"

namespace msdemo::test {

/// The server's URL, with a user who may make schemas and end other connections; empty if there is
/// none, which is then said.
const std::string& postgres_url();

/// The schema for a test's folder.
std::string schema_at(const std::filesystem::path& place);

/// Opens the schema for `place`, through the server's own address or a given one.
Result<std::unique_ptr<storage::Database>> open_schema(
    const std::filesystem::path& place, std::span<const storage::Migration> migrations,
    const std::string& url = postgres_url());

/// Runs SQL that takes no parameters on the server, as somebody else would.
void run_on_server(const std::string& sql);

/// The number that a SELECT of one column and one row answers.
std::int64_t count_on_server(const std::string& sql);

}  // namespace msdemo::test
