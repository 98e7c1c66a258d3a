// How an answer looks on the wire (RFC 9112, section 4). One send carries all of it.
#pragma once

#include <chrono>
#include <string>

#include "http/message.hpp"

namespace msdemo::http {

/// What the connection is told beside the answer itself.
struct Delivery {
  std::chrono::system_clock::time_point date{};
  bool keep_alive = true;
  bool head_only = false;  ///< an answer to HEAD: the length of the body, but not the body
};

std::string write_response(const Response& response, const Delivery& delivery);

}  // namespace msdemo::http
