// How a service comes to its database and its broker: it waits for those that are away, as happens
// where a whole system starts at once, and leaves at once where waiting cannot help.
#pragma once

#include <csignal>
#include <filesystem>
#include <memory>
#include <span>

#include "base/error.hpp"
#include "base/rng.hpp"
#include "faults/faults.hpp"
#include "run.hpp"
#include "storage/database.hpp"

namespace msdemo {

/// What waiting needs; all must outlive the call.
struct Patience {
  const ServeSettings& settings;  ///< `wait_for`: how long
  Rng& rng;
  const sigset_t& signals;  ///< that end it (run_process.hpp)
};

/// Makes the service's folder if need be; what is in it is the owner's alone.
Result<void> make_data_dir(const std::filesystem::path& folder);

/// The service's own database. Tries again, with full jitter, for as long as no server answers and
/// `wait_for` lasts, and says in the log for what. Fails as open_sqlite() and open_postgres(), and
/// with lab_failed when it was asked to end meanwhile.
Result<std::unique_ptr<storage::Database>> open_database(
    const Patience& patience, std::span<const storage::Migration> migrations,
    faults::Faults& faults);

/// The same for a broker that is not part of msdemo: returns when it answers. Services can start
/// without one; this is for whoever wants to know that they will not have to.
Result<void> await_broker(const Patience& patience);

}  // namespace msdemo
