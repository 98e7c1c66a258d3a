#include "contracts/user.hpp"

#include "contracts/fields.hpp"

namespace msdemo::contracts {

Result<NewUser> parse_new_user(std::string_view body) {
  const auto fields = Fields::parse(body);
  if (!fields) return fail(fields.error());
  auto name = fields->text("name");
  if (!name) return fail(std::move(name.error()));
  return NewUser{std::move(*name)};
}

Result<User> parse_user(std::string_view body) {
  const auto fields = Fields::parse(body);
  if (!fields)
    return fail(Code::invalid_reply, "the answer is not a user: " + fields.error().message);
  const auto id = fields->id("id");
  auto name = fields->text("name");
  if (!id || !name) {
    return fail(Code::invalid_reply,
                "the answer is not a user: " + (id ? name.error() : id.error()).message);
  }
  return User{*id, std::move(*name)};
}

Json to_json(const NewUser& user) {
  return {{"name", user.name}};
}

Json to_json(const User& user) {
  return {{"id", user.id}, {"name", user.name}};
}

Json to_json(const Page<User>& page) {
  Json users = Json::array();
  for (const User& user : page.items) users.push_back(to_json(user));
  return {{"users", std::move(users)}, {"next", page.next ? Json(*page.next) : Json()}};
}

}  // namespace msdemo::contracts
