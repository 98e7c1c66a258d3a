// A call to one of the lab's services, its refusals turned back into errors.
#pragma once

#include <string>
#include <string_view>

#include "base/error.hpp"
#include "http/client.hpp"
#include "trace/tracer.hpp"

namespace msdemo::commands {

/// Sends `request` and returns an answer below 400; anything else becomes the error that the
/// problem document tells. Blocks up to limits::kExchangeCeiling.
Result<http::ClientResponse> call(http::Client& service, const http::ClientRequest& request,
                                  const trace::Span* parent = nullptr,
                                  std::string_view route = {});

}  // namespace msdemo::commands
