#include "storage/database.hpp"

namespace msdemo::storage {

std::string_view to_string(Durability durability) {
  return durability == Durability::full ? "full" : "normal";
}

}  // namespace msdemo::storage
