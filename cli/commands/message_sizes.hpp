// How large a message is in several formats. It exists so that "binary formats are smaller" is a
// number about one's own messages.
#pragma once

#include <cstddef>

#include "base/json.hpp"

namespace msdemo::commands {

/// Bytes of the same content.
struct MessageSizes {
  std::size_t json = 0;
  std::size_t msgpack = 0;
  std::size_t cbor = 0;
  /// CBOR of the values alone, in an agreed order: about what a format with a schema (Protocol
  /// Buffers, Avro) can do, since it leaves the names to the schema.
  std::size_t values = 0;
};

MessageSizes sizes_of(const Json& content);

}  // namespace msdemo::commands
