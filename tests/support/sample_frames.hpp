// Intervals of `watch` as tests tell them: a shop in good order, and one in trouble.
#pragma once

#include <vector>

#include "commands/watch_view.hpp"

namespace msdemo::test {

/// Orders by call and by message, all well.
commands::WatchFrame calm_frame();

/// The user service fails a fifth of its attempts and sheds; retries hide most of it. The broker is
/// paused, notify does not answer.
commands::WatchFrame troubled_frame();

/// troubled_frame() with the breaker open.
commands::WatchFrame open_breaker_frame();

/// Twenty intervals of rising load, then trouble.
std::vector<commands::WatchFrame> rising_load();

}  // namespace msdemo::test
