#include "scenario/chapters.hpp"

#include <fmt/format.h>

#include "base/text.hpp"

namespace msdemo {

namespace embedded {
extern const std::string_view chapter_01_first_call;
extern const std::string_view chapter_02_waiting;
extern const std::string_view chapter_03_failing;
extern const std::string_view chapter_04_messages;
extern const std::string_view chapter_05_once;
extern const std::string_view chapter_06_one_to_many;
extern const std::string_view chapter_07_measuring;
extern const std::string_view chapter_08_changing;
extern const std::string_view chapter_09_past_one_machine;
extern const std::string_view chapter_10_choosing;
extern const std::string_view chapter_appendix_fastapi;
extern const std::string_view fastapi_order_py;
extern const std::string_view fastapi_order_service_py;
extern const std::string_view fastapi_user_py;
extern const std::string_view fastapi_user_service_py;
}  // namespace embedded

namespace scenario {

namespace {

/// What stands between `before` and `after`, the first time.
std::string_view between(std::string_view text, std::string_view before, std::string_view after) {
  const auto at = text.find(before);
  if (at == text.npos) return {};
  text.remove_prefix(at + before.size());
  const auto end = text.find(after);
  return end == text.npos ? std::string_view() : text.substr(0, end);
}

std::vector<std::string> words_of(std::string_view text) {
  std::vector<std::string> words;
  while (!text.empty()) {
    const auto end = std::min(text.find(' '), text.size());
    if (end > 0) words.emplace_back(text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return words;
}

}  // namespace

const std::vector<ChapterText>& chapters() {
  static const std::vector<ChapterText> all = {
      {1, "docs/tutorial/01-first-call.md", embedded::chapter_01_first_call},
      {2, "docs/tutorial/02-waiting.md", embedded::chapter_02_waiting},
      {3, "docs/tutorial/03-failing.md", embedded::chapter_03_failing},
      {4, "docs/tutorial/04-messages.md", embedded::chapter_04_messages},
      {5, "docs/tutorial/05-once.md", embedded::chapter_05_once},
      {6, "docs/tutorial/06-one-to-many.md", embedded::chapter_06_one_to_many},
      {7, "docs/tutorial/07-measuring.md", embedded::chapter_07_measuring},
      {8, "docs/tutorial/08-changing.md", embedded::chapter_08_changing},
      {9, "docs/tutorial/09-past-one-machine.md", embedded::chapter_09_past_one_machine},
      {10, "docs/tutorial/10-choosing.md", embedded::chapter_10_choosing},
      {0,
       "docs/tutorial/appendix-fastapi.md",
       embedded::chapter_appendix_fastapi,
       "fastapi",
       {{"fastapi/order.py", embedded::fastapi_order_py},
        {"fastapi/order_service.py", embedded::fastapi_order_service_py},
        {"fastapi/user.py", embedded::fastapi_user_py},
        {"fastapi/user_service.py", embedded::fastapi_user_service_py}}},
  };
  return all;
}

Result<Chapter> read_chapter(const ChapterText& text) {
  const std::string file(text.file);
  auto document = parse_document(file, text.text);
  if (!document) return fail(document.error());
  const bool appendix = text.number == 0;
  const std::string number = appendix ? "Appendix: " : fmt::format("{}. ", text.number);
  if (document->title.substr(0, number.size()) != number) {
    return fail(Code::usage, fmt::format("{}: the title must begin with '# {}'", file, number));
  }
  const auto minutes = parse_integer(between(text.text, "About ", " minutes"));
  if (!minutes) {
    return fail(Code::usage, fmt::format("{}: 'About N minutes' is missing", file),
                "it stands in the first paragraph");
  }
  return Chapter{.number = text.number,
                 .name = appendix ? std::string(text.name) : std::to_string(text.number),
                 .title = document->title.substr(number.size()),
                 .minutes = static_cast<int>(*minutes),
                 .needs = words_of(between(text.text, "<!-- needs:", "-->")),
                 .engines = words_of(between(text.text, "<!-- engines:", "-->")),
                 .files = text.files,
                 .document = std::move(*document)};
}

}  // namespace scenario

}  // namespace msdemo
