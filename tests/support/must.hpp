// What a test takes for granted; if it is wrong, the test ends and says what went wrong.
#pragma once

#include <stdexcept>
#include <type_traits>
#include <utility>

#include "base/error.hpp"

namespace msdemo::test {

template <class T>
T must(Result<T> result) {
  if (!result) throw std::runtime_error(result.error().message);
  if constexpr (!std::is_void_v<T>) return std::move(*result);
}

}  // namespace msdemo::test
