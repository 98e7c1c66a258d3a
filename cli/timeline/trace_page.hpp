// One trace as a page for a browser. It exists so that a whole conversation can be handed on as one
// file: the picture, the rules that decided, and everything that the spans say.
#pragma once

#include <span>
#include <string>

#include "timeline/why.hpp"
#include "trace/span.hpp"

namespace msdemo::timeline {

/// A complete HTML document that fetches nothing. Everything can be read without scripts; with
/// them, pointing at a row of the picture shows its span in the table, and the other way round.
std::string format_page(std::span<const trace::SpanRecord> spans, const Explanation& explanation,
                        const std::string& subtitle);

}  // namespace msdemo::timeline
