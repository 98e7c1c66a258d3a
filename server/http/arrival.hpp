// Whether a request on a kept connection can have arrived. HTTP/1.1 does not tell when a server
// closes just as its client sends; TCP does.
#pragma once

#include <cstdint>

namespace msdemo::http {

/// Whether the other side of `fd` closed the connection in order, and its kernel had by then got
/// nothing beyond the first `before` bytes that were sent on it: what was sent later never arrived,
/// and never will. A connection that broke in any other way may have taken it.
bool closed_before_arrival(int fd, std::uint64_t before);

}  // namespace msdemo::http
