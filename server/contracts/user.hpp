// What travels about users.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/error.hpp"
#include "base/json.hpp"
#include "contracts/page.hpp"

namespace msdemo::contracts {

struct NewUser {
  std::string name;  ///< 1…255 code points
};

struct User {
  std::int64_t id;
  std::string name;
};

Result<NewUser> parse_new_user(std::string_view body);

/// A user as another service answered it; fails with invalid_reply when it is not one.
Result<User> parse_user(std::string_view body);

Json to_json(const NewUser& user);
Json to_json(const User& user);

/// `{"users":[…],"next":id or null}`
Json to_json(const Page<User>& page);

}  // namespace msdemo::contracts
