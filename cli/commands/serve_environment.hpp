// The settings of `serve` from the environment, as containers give them: every option is also a
// variable, secrets may come from files, and what came from where can be shown.
#pragma once

#include <CLI/CLI.hpp>
#include <map>
#include <string>
#include <vector>

#include "base/error.hpp"
#include "base/json.hpp"

namespace msdemo::commands {

using Environment = std::map<std::string, std::string>;

/// Those of this process whose names begin with MSDEMO_.
Environment msdemo_environment();

/// One setting as the service will use it.
struct ServeSetting {
  std::string option;    ///< `--db`
  std::string variable;  ///< `MSDEMO_DB_URL`
  std::string value;     ///< passwords are `***`; empty: not set
  std::string origin;    ///< `flag`, `environment`, `file` or `default`
};

/// Gives every option of `serve` that the command line left out its variable's value: lists with
/// commas, and MSDEMO_DB_URL and MSDEMO_BROKER_URL also from the file that MSDEMO_…_URL_FILE names.
/// A password that such a URL lacks is the first line of MSDEMO_DB_PASSWORD_FILE or
/// MSDEMO_BROKER_PASSWORD_FILE. Returns all settings in the order of --help. Fails with usage,
/// naming the variable and never a password.
Result<std::vector<ServeSetting>> apply_environment(CLI::App& serve,
                                                    const Environment& environment);

/// What to tell about variables that mean nothing to this program, with what was meant perhaps.
std::vector<std::string> unknown_variables(const CLI::App& serve, const Environment& environment);

/// A table for people.
std::string format_settings(const std::vector<ServeSetting>& settings);

/// `{"settings":[{"option","variable","value","origin"}]}`
Json to_json(const std::vector<ServeSetting>& settings);

}  // namespace msdemo::commands
