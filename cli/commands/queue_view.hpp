// How queues, messages and dead letters are shown to people.
#pragma once

#include <span>
#include <string>

#include "messaging/queue_inspector.hpp"

namespace msdemo::commands {

/// A table with a line for each topic and group; a `.dead` topic only when it holds something.
/// Empty when there is nothing to show.
std::string format_queues(std::span<const messaging::QueueState> queues);

/// A headline and the body below it: indented JSON if it is JSON, control characters escaped.
std::string format_message(const messaging::PeekedMessage& message);
std::string format_letter(const messaging::DeadLetter& letter);

/// How many bytes each message has in several formats: its envelope and data, and the data alone.
/// Empty when none is JSON.
std::string format_sizes(std::span<const messaging::PeekedMessage> messages);

/// A table with a line for each.
std::string format_letters(std::span<const messaging::DeadLetter> letters);

}  // namespace msdemo::commands
