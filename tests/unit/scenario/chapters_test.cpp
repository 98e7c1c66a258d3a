// The chapters that come along: each can be read, and says what the list of them tells.
#include "scenario/chapters.hpp"

#include "support/catch.hpp"
#include "support/must.hpp"

namespace msdemo::scenario {

TEST_CASE("every chapter can be read, and says how long it takes", "[tutorial]") {
  int last = 0;
  for (const ChapterText& text : chapters()) {
    INFO(text.file);
    const Chapter chapter = test::must(read_chapter(text));
    const bool appendix = chapter.number == 0;
    CHECK((appendix || chapter.number > last));
    CHECK((appendix ? chapter.name == text.name : chapter.name == std::to_string(chapter.number)));
    CHECK(chapter.minutes >= 5);
    CHECK(chapter.minutes <= 30);
    CHECK_FALSE(chapter.title.empty());
    CHECK(chapter.document.command_count() > 0);
    if (!appendix) last = chapter.number;
  }
  CHECK(last > 0);
}

TEST_CASE("a chapter tells its title, its time and what it needs", "[tutorial]") {
  const ChapterText text{4, "d/04-x.md",
                         "# 4. By message\n<!-- needs: curl jq -->\nAbout 12 minutes. Go.\n"};
  const Chapter chapter = test::must(read_chapter(text));
  CHECK(chapter.title == "By message");
  CHECK(chapter.minutes == 12);
  CHECK(chapter.needs == std::vector<std::string>{"curl", "jq"});
  CHECK(chapter.engines.empty());
}

TEST_CASE("a chapter tells which engines it needs", "[tutorial]") {
  const ChapterText text{9, "d/09-x.md",
                         "# 9. Far\n<!-- engines: postgres kafka -->\nAbout 12 minutes.\n"};
  const Chapter chapter = test::must(read_chapter(text));
  CHECK(chapter.engines == std::vector<std::string>{"postgres", "kafka"});
  CHECK(chapter.needs.empty());
}

TEST_CASE("an appendix has a name instead of a number, and files to work with", "[tutorial]") {
  const ChapterText text{0,
                         "d/appendix-x.md",
                         "# Appendix: Other\nAbout 12 minutes. Go.\n",
                         "x",
                         {{"x/a.py", "pass"}}};
  const Chapter chapter = test::must(read_chapter(text));
  CHECK(chapter.title == "Other");
  CHECK(chapter.name == "x");
  REQUIRE(chapter.files.size() == 1);
  CHECK(chapter.files[0].name == "x/a.py");
  CHECK_FALSE(read_chapter({0, "d/appendix-x.md", "# 0. Other\nAbout 12 minutes\n", "x"}));
}

TEST_CASE("a chapter without number or time is refused", "[tutorial]") {
  CHECK_FALSE(read_chapter({4, "d/04-x.md", "# 5. Other\nAbout 12 minutes\n"}));
  CHECK_FALSE(read_chapter({4, "d/04-x.md", "# 4. By message\nLong.\n"}));
}

}  // namespace msdemo::scenario
