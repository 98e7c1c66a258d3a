// Pictures compared with approved ones. They exist so that a change of a drawing is looked at by a
// person: MSDEMO_APPROVE=1 accepts what is drawn now.
#pragma once

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>

#include "support/catch.hpp"

namespace msdemo::test {

inline std::string read_text(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  std::ostringstream text;
  text << file.rdbuf();
  return text.str();
}

inline void write_text(const std::filesystem::path& path, const std::string& text) {
  std::ofstream(path, std::ios::binary) << text;
}

/// Tests run in the build directory, so that is where the received picture goes.
inline void check_approved(const std::string& name, const std::string& received) {
  const std::filesystem::path approved =
      std::filesystem::path(MSDEMO_SOURCE_DIR) / "tests/golden" / (name + ".approved.txt");
  if (std::getenv("MSDEMO_APPROVE") != nullptr) write_text(approved, received);
  const bool same = std::filesystem::exists(approved) && read_text(approved) == received;
  if (!same) {
    const auto path = std::filesystem::absolute(name + ".received.txt");
    write_text(path, received);
    UNSCOPED_INFO("compare " << approved << "\nwith    " << path
                             << "\nand run again with MSDEMO_APPROVE=1 if the new one is right");
  }
  CHECK(same);
}

}  // namespace msdemo::test
