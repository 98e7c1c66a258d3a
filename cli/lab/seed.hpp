// The users every lab has, so that the first order works at once.
#pragma once

#include <string>

#include "base/error.hpp"

namespace msdemo::lab {

/// Makes sure that users 1, 2 and 3 exist (Ada, Grace and Linus when they are new) by asking the
/// user service at `url`. May be repeated. Blocks for at most limits::kSeedCall a user and call.
Result<void> seed_users(const std::string& url);

/// The same for a foreign program, which may have its own ideas: each user that it does not answer
/// with is offered by `POST /users {"id","name"}`. Fails at the first that it does not take.
Result<void> offer_users(const std::string& url);

}  // namespace msdemo::lab
