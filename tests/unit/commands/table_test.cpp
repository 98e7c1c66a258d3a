// Columns that stay in line.
#include "commands/table.hpp"

#include "support/catch.hpp"

namespace msdemo::commands {

TEST_CASE("numbers go to the right, and no line ends in blanks", "[commands]") {
  CHECK(format_table({{"TOPIC", "READY", "GROUP"}, {"a", "10", ""}, {"bcdefg", "7", "order"}},
                     "<>") ==
        "TOPIC   READY  GROUP\n"
        "a          10\n"
        "bcdefg      7  order\n");
}

TEST_CASE("a last column of numbers is aligned, too", "[commands]") {
  CHECK(format_table({{"A", "HITS"}, {"本", "5"}}, "<>") ==
        "A   HITS\n"
        "本     5\n");
}

}  // namespace msdemo::commands
