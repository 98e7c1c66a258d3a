// How a start ended badly, by a name and by whether it can have happened.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "base/error.hpp"

namespace msdemo::load {

struct Failure {
  std::string name;
  bool definite = true;  ///< it certainly did not happen

  static Failure of(Code code);
};

/// What an answer says went wrong; nothing if its status is a success. Our own services say it in a
/// problem document, others by their status.
std::optional<Failure> failure_in(int status, std::string_view body);

}  // namespace msdemo::load
