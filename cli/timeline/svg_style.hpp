// The colours and fonts of a drawn timeline. They exist in one place so that a picture and a page
// around it look alike, by day and by night.
#pragma once

#include <string>
#include <string_view>

namespace msdemo::timeline {

/// What a style element of the picture holds. Services have the classes of service_class(), which
/// set `color`; everything drawn for a service is `currentColor`.
std::string_view svg_style();

/// The marker `head`, with which arrows end: for a defs element.
std::string_view svg_arrow_head();

/// The class with a service's colour: always the same, and the one of service_color().
std::string service_class(std::string_view service);

}  // namespace msdemo::timeline
