// A program in place of one of the lab's services, as `up --cmd` names it: its words as a shell
// would take them, with holes for what only the lab knows.
#pragma once

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.hpp"

namespace msdemo::lab {

/// A program that is not ours: it answers HTTP, and that is all the lab knows of it.
struct ForeignCommand {
  std::vector<std::string> words{};  ///< the program first; `{port}`, `{user_url}` still in them
  std::filesystem::path folder{};    ///< where it runs: relative names mean what was typed
};

/// Whether a lab can have a foreign program as `service`: user and order answer calls and nothing
/// else that matters to others.
bool replaceable(std::string_view service);

/// Reads the command that is to be `service`, for `folder`. It is run without a shell, so that
/// signals reach the program itself; words are split as a shell does, with quotes and backslashes.
/// Fails with usage, naming the rule and what to do, on what only a shell could do, a quote that is
/// not closed, a placeholder that nobody knows, no `{port}`, and a program that is not there.
Result<ForeignCommand> parse_foreign_command(const std::string& service, std::string_view text,
                                             const std::filesystem::path& folder);

/// The words with the placeholders filled in. `user_url` is where the user service is.
std::vector<std::string> fill_in(const ForeignCommand& command, int port,
                                 std::string_view user_url);

/// The file that a shell in `folder` would run for `name`; empty if there is none.
std::filesystem::path find_program(const std::string& name, const std::filesystem::path& folder);

}  // namespace msdemo::lab
