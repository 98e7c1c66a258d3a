// A call to one of the lab's services, its refusals turned back into errors.
#pragma once

#include <string>
#include <string_view>

#include "base/error.hpp"
#include "base/json.hpp"
#include "http/client.hpp"
#include "lab/client.hpp"
#include "trace/tracer.hpp"

namespace msdemo::commands {

/// `error` of an exchange without an answer, with a hint where to look.
Error with_hint(Error error);

/// Sends `request` and returns an answer below 400; anything else becomes the error that the
/// problem document tells. Blocks up to limits::kExchangeCeiling.
Result<http::ClientResponse> call(http::Client& service, const http::ClientRequest& request,
                                  const trace::Span* parent = nullptr, std::string_view route = {});

/// call(), and the answer's body; fails with invalid_reply when that is not JSON.
Result<Json> ask(http::Client& service, const http::ClientRequest& request);

/// ask() of `admin`, the admin listener of `replica`; fails as lab::check_admin() if it has none.
Result<Json> ask_admin(const lab::Replica& replica, http::Client& admin,
                       const http::ClientRequest& request);

}  // namespace msdemo::commands
