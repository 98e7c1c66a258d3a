// Is a text well-formed as far as elements go? It exists because one unescaped letter keeps a
// browser from showing anything of an SVG, and a comparison of pictures does not notice.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace msdemo::test {

/// What is wrong with the nesting of elements in `markup`; empty if nothing is. Elements that HTML
/// never closes are known; comments and CDATA are not.
inline std::string markup_problem(std::string_view markup) {
  std::vector<std::string> open;
  for (std::size_t at = markup.find('<'); at != markup.npos; at = markup.find('<', at)) {
    const std::size_t end = markup.find('>', at);
    if (end == markup.npos) return "a < without its >";
    const std::string_view tag = markup.substr(at + 1, end - at - 1);
    at = end;
    if (tag.starts_with('!')) continue;
    const std::string name(tag.substr(0, tag.find_first_of(" \n/", 1)));
    if (tag.starts_with('/')) {
      if (open.empty() || '/' + open.back() != tag) return "unexpected <" + std::string(tag) + ">";
      open.pop_back();
    } else if (!tag.ends_with('/') && name != "meta" && name != "br") {
      open.push_back(name);
      // What is inside of these is no markup.
      if (name == "script" || name == "style") at = markup.find("</" + name, at);
    }
  }
  return open.empty() ? "" : "no </" + open.back() + ">";
}

}  // namespace msdemo::test
