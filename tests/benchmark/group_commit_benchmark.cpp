// What a durable insert costs when many ask at once: the more wait, the more share a commit.
// The database is in TMPDIR: where that is memory, an fsync costs nothing.
#include <benchmark/benchmark.h>

#include <array>
#include <optional>

#include "storage/database.hpp"
#include "support/must.hpp"
#include "support/temp_dir.hpp"

namespace msdemo::storage {

namespace {

constexpr std::array<Migration, 1> kSchema = {
    {{1, "CREATE TABLE notes (id INTEGER PRIMARY KEY, text TEXT NOT NULL) STRICT"}}};

std::optional<test::TempDir> folder;
std::unique_ptr<Database> database;

void open(Durability durability) {
  folder.emplace();
  database = test::must(open_sqlite(folder->path() / "notes.db", durability, kSchema));
}

void open_full(const benchmark::State& /*state*/) {
  open(Durability::full);
}

void open_normal(const benchmark::State& /*state*/) {
  open(Durability::normal);
}

void close(const benchmark::State& /*state*/) {
  database.reset();
  folder.reset();
}

void insert(benchmark::State& state) {
  for ([[maybe_unused]] auto _ : state) {
    const Result<Rows> done = database->write(nullptr, "INSERT notes", [](Transaction& tx) {
      return tx.query("INSERT INTO notes (text) VALUES ($1)", {"book"});
    });
    if (!done) {
      state.SkipWithError(done.error().message.c_str());
      break;
    }
  }
  state.SetItemsProcessed(state.iterations());
}
BENCHMARK(insert)
    ->Name("insert/full")
    ->Setup(open_full)
    ->Teardown(close)
    ->ThreadRange(1, 64)
    ->UseRealTime();
BENCHMARK(insert)
    ->Name("insert/normal")
    ->Setup(open_normal)
    ->Teardown(close)
    ->ThreadRange(1, 64)
    ->UseRealTime();

}  // namespace

}  // namespace msdemo::storage
