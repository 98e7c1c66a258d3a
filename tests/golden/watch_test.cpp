// What `watch` draws, compared with approved pictures.
#include "commands/watch_view.hpp"
#include "support/approved.hpp"
#include "support/catch.hpp"
#include "support/sample_frames.hpp"

namespace test = msdemo::test;
using namespace msdemo::commands;

TEST_CASE("what is watched looks as approved", "[watch]") {
  const std::vector<std::pair<std::string, std::vector<WatchFrame>>> stories = {
      {"calm", {test::calm_frame()}},
      {"troubled", {test::calm_frame(), test::troubled_frame()}},
      {"open_breaker", test::rising_load()},
  };
  for (const auto& [name, frames] : stories) {
    for (const int columns : {60, 80, 120}) {
      WatchView view{.lab = "default",
                     .interval = std::chrono::seconds(1),
                     .columns = columns,
                     .color = false};
      const std::string path = "watch_" + name + "_" + std::to_string(columns);
      test::check_approved(path, draw_watch(frames, view));
      view.color = true;
      if (columns == 80) test::check_approved(path + "_color", draw_watch(frames, view));
    }
  }
}

TEST_CASE("what is watched through a pipe looks as approved", "[watch]") {
  test::check_approved("watch_lines", format_watch_lines(test::calm_frame()) +
                                          format_watch_lines(test::troubled_frame()));
}
