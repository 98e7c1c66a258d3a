// Whose turn it is when the processor is busy: whoever waits for an answer, then messages.
#pragma once

namespace msdemo::messaging {

/// Lowers the priority of the calling thread, and of those it starts, on Linux. Accepting an order
/// goes before completing one; what has piled up meanwhile is then handled in larger batches.
void yield_to_requests();

}  // namespace msdemo::messaging
