// Text inside HTML, SVG and XML. It exists apart so that whoever writes a page or a picture escapes
// what comes from outside in the same way.
#pragma once

#include <string>
#include <string_view>

namespace msdemo {

/// `text` as it may stand in HTML and SVG, attributes included; control characters escaped.
std::string escape_html(std::string_view text);

}  // namespace msdemo
