// Waits for a person: one key of a terminal, or one line of a pipe that plays the person in a test.
#pragma once

#include <string_view>

namespace msdemo::commands {

/// The next key that is one of `keys`, letters in lower case and `\n` for Enter; others are passed
/// over. 0 when stdin ends or `interrupt_fd` becomes readable. On a terminal no Enter is needed
/// behind a letter, and nothing is echoed; Ctrl-D ends it.
char wait_for_key(std::string_view keys, int interrupt_fd);

}  // namespace msdemo::commands
