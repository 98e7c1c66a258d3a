// The chapters of the tutorial: the documents of docs/tutorial, inside the executable, so that a
// learner needs the program and nothing else.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.hpp"
#include "scenario/document.hpp"

namespace msdemo::scenario {

/// A file that a chapter works with, as its commands find it in the folder where they run.
struct ChapterFile {
  std::string_view name;
  std::string_view text;
};

struct ChapterText {
  int number = 0;         ///< 0: an appendix
  std::string_view file;  ///< as in the source tree
  std::string_view text;
  std::string_view name = {};  ///< of an appendix, on the command line
  std::vector<ChapterFile> files = {};
};

/// A chapter, read.
struct Chapter {
  int number = 0;                    ///< 0: an appendix
  std::string name;                  ///< as it is asked for: `3`, `fastapi`
  std::string title;                 ///< without its number
  int minutes = 0;                   ///< that it takes a reader: `About 15 minutes` in its text
  std::vector<std::string> needs;    ///< programs beside bash: `<!-- needs: curl -->` in its text,
                                     ///< and modules of their Python: `uvicorn:fastapi`
  std::vector<std::string> engines;  ///< of scripts/engines: `<!-- engines: postgres kafka -->`
  std::vector<ChapterFile> files;    ///< that its commands find where they run
  Document document;
};

/// In their order, appendices last; numbers may be missing.
const std::vector<ChapterText>& chapters();

/// Fails with usage as parse_document() does, and if the title is not `# NUMBER. TITLE`, or
/// `# Appendix: TITLE`, or the text does not say how long it takes.
Result<Chapter> read_chapter(const ChapterText& text);

}  // namespace msdemo::scenario
