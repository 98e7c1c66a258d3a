// When the starts of a constant rate are.
#include "load/pacer.hpp"

#include "support/catch.hpp"

namespace msdemo::load {

using namespace std::chrono_literals;

TEST_CASE("a start's time follows from its number alone, so that nothing drifts", "[load]") {
  const Pacer pacer(3);
  CHECK(pacer.start(0) == 0ns);
  CHECK(pacer.start(1) == 333'333'333ns);
  CHECK(pacer.start(3) == 1s);
  CHECK(pacer.start(3'000'000) == 1'000'000s);
  CHECK(Pacer(0.5).start(1) == 2s);
}

TEST_CASE("a time has the starts that come before its end", "[load]") {
  CHECK(Pacer(140).starts_within(1s) == 140);
  CHECK(Pacer(140).starts_within(0s) == 0);
  CHECK(Pacer(0.5).starts_within(1s) == 1);
  CHECK(Pacer(0.5).starts_within(2s) == 1);
  CHECK(Pacer(0.5).starts_within(3s) == 2);
}

}  // namespace msdemo::load
