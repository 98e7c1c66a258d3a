// The engines of a lab as people name them: checked before anything is started, and hidden from
// whoever lists this machine's processes.
#pragma once

#include "base/error.hpp"
#include "lab/plan.hpp"

namespace msdemo::commands {

/// Fails with usage, never naming a password, when the URLs are of no engine, when there are more
/// replicas than the engines can serve, or when --fresh would have to empty what is not msdemo's.
Result<void> check_engines(const lab::LabOptions& options);

/// Everybody on this machine may read a process's arguments as long as it runs: from now on they
/// find `***` for the passwords in URLs. Call it when the arguments have been read.
void conceal_passwords(int argc, char** argv);

}  // namespace msdemo::commands
