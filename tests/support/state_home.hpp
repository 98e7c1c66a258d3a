// The environment variable that decides where labs keep their state, set for the length of a test.
#pragma once

#include <cstdlib>
#include <optional>
#include <string>

namespace msdemo::test {

/// XDG_STATE_HOME is what the test says, and afterwards what it was.
class StateHome {
 public:
  explicit StateHome(const std::string& path) {
    if (const char* before = std::getenv("XDG_STATE_HOME")) before_ = before;
    ::setenv("XDG_STATE_HOME", path.c_str(), 1);
  }
  StateHome(const StateHome&) = delete;
  StateHome& operator=(const StateHome&) = delete;
  ~StateHome() {
    if (before_) {
      ::setenv("XDG_STATE_HOME", before_->c_str(), 1);
    } else {
      ::unsetenv("XDG_STATE_HOME");
    }
  }

 private:
  std::optional<std::string> before_;
};

}  // namespace msdemo::test
