// Log lines as they are shown.
#include "commands/log_view.hpp"

#include "support/catch.hpp"

namespace msdemo::commands {

TEST_CASE("a shown line cannot command the terminal", "[lab]") {
  const lab::LogLine line{"order", "2026-11-23T00:40:01.123Z", "info", "a\x1b[2Jb\rc"};
  CHECK(format_log_line(line, 6, false) == "order   00:40:01.123  a\\x1b[2Jb\\x0dc");
}

TEST_CASE("a problem is marked, in words or in colour", "[lab]") {
  const lab::LogLine line{"user", "2026-11-23T00:40:01.123Z", "error", "no"};
  CHECK(format_log_line(line, 4, false) == "user  00:40:01.123  error: no");
  CHECK(format_log_line(line, 4, true).find("\x1b[31mno") != std::string::npos);
}

}  // namespace msdemo::commands
