#include "commands/message_sizes.hpp"

namespace msdemo::commands {

namespace {

/// Objects as lists of their values.
Json without_names(const Json& content) {
  if (!content.is_structured()) return content;
  Json list = Json::array();
  for (const Json& value : content) list.push_back(without_names(value));
  return list;
}

}  // namespace

MessageSizes sizes_of(const Json& content) {
  return {.json = dump_json(content).size(),
          .msgpack = Json::to_msgpack(content).size(),
          .cbor = Json::to_cbor(content).size(),
          .values = Json::to_cbor(without_names(content)).size()};
}

}  // namespace msdemo::commands
