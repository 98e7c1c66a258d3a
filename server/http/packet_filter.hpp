// What a socket does not take any more: for a server that must close without destroying what is
// just arriving. Whoever closes after looking whether something is there may still be a moment too
// late.
#pragma once

namespace msdemo::http {

/// From now on no handshake begins at a listener; those that have begun go on. Whoever asks anew
/// gets no answer until the listener is closed. Where the kernel has no filters: nothing changes.
void refuse_handshakes(int listener);

/// From now on a connection takes no further data, and acknowledges none: a client that sent some
/// learns from its TCP that it never arrived (arrival.hpp). What has arrived can still be read.
void refuse_data(int connection);

/// Takes that back: what was sent meanwhile is sent again by TCP.
void accept_data(int connection);

}  // namespace msdemo::http
