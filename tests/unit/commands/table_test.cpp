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

TEST_CASE("the last cell of a short line runs over the columns it has not", "[commands]") {
  CHECK(format_table({{"A", "B", "C"}, {"a", "1", "2"}, {"b", "no numbers at all"}}, "<>>") ==
        "A  B  C\n"
        "a  1  2\n"
        "b  no numbers at all\n");
}

TEST_CASE("colours take no columns", "[commands]") {
  const std::vector<std::vector<Cell>> cells = {{{"a", Style::bad}, {"1", Style::good}},
                                                {{"bcd", Style::bad}, {"22"}, {"", Style::bad}}};
  CHECK(format_table(cells, "<>", false) == "a    1\nbcd  22\n");
  CHECK(format_table(cells, "<>", true) ==
        "\x1b[31ma\x1b[0m    \x1b[32m1\x1b[0m\n"
        "\x1b[31mbcd\x1b[0m  22\n");
}

}  // namespace msdemo::commands
