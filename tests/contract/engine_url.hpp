// Where the engine is that an engine's tests need; scripts/engines starts them.
#pragma once

#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <optional>
#include <string>

namespace msdemo::test {

/// The URL in the environment's `variable`, MSDEMO_TEST_<ENGINE>. Without one, says in the words
/// that ctest looks for that the test is skipped: whoever gets nothing has nothing to check. Where
/// MSDEMO_TEST_ENGINES_REQUIRED is set, as scripts/test does, the test program fails instead.
inline std::optional<std::string> engine_url(const char* variable) {
  const char* const url = std::getenv(variable);
  if (url != nullptr && *url != '\0') return std::string(url);
  if (std::getenv("MSDEMO_TEST_ENGINES_REQUIRED") != nullptr) {
    std::printf("failed: %s is not set, and no engine's test may be left out here\n", variable);
    std::exit(EXIT_FAILURE);
  }
  std::printf("skipped: %s is not set; see scripts/engines --help\n", variable);
  return std::nullopt;
}

/// `url` with a place there that no other process of the tests has.
inline std::string own_place(const std::string& url, const std::string& name) {
  const char separator = url.find('?') == std::string::npos ? '?' : '&';
  return url + separator + "prefix=" + name + "-" + std::to_string(::getpid());
}

}  // namespace msdemo::test
