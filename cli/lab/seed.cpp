#include "lab/seed.hpp"

#include <fmt/format.h>

#include <array>

#include "base/limits.hpp"
#include "base/rng.hpp"
#include "contracts/problem.hpp"
#include "contracts/user.hpp"
#include "http/client.hpp"
#include "trace/traceparent.hpp"

namespace msdemo::lab {

namespace {

/// The first trace that a person finds should be their own.
std::pair<std::string, std::string> untraced() {
  Rng rng(random_seed());
  return {"traceparent", trace::unsampled_traceparent(rng)};
}

Result<void> seed_user(http::Client& users, std::int64_t id, std::string_view name) {
  const auto found = users.send({.target = fmt::format("/users/{}", id), .headers = {untraced()}},
                                limits::kSeedCall);
  if (!found) return fail(found.error());
  if (found->status == 200) return {};
  if (found->status != 404) return fail(contracts::from_problem(found->status, found->body));

  const auto created =
      users.send({.method = "POST",
                  .target = "/users",
                  .body = dump_json(to_json(contracts::NewUser{std::string(name)})),
                  .headers = {untraced()}},
                 limits::kSeedCall);
  if (!created) return fail(created.error());
  if (created->status != 201) {
    return fail(contracts::from_problem(created->status, created->body));
  }
  const auto user = contracts::parse_user(created->body);
  if (!user) return fail(user.error());
  if (user->id == id) return {};
  return fail(Code::lab_failed,
              fmt::format("user {} became number {} instead of {}", name, user->id, id),
              "begin with empty data: msdemo up --fresh, or an empty database");
}

Result<void> offer_user(http::Client& users, std::int64_t id, std::string_view name) {
  const auto found = users.send({.target = fmt::format("/users/{}", id), .headers = {untraced()}},
                                limits::kSeedCall);
  if (!found) return fail(found.error());
  // A program may answer 200 and mean that there is none.
  if (const auto user = contracts::parse_user(found->body);
      found->status == 200 && user && user->id == id) {
    return {};
  }
  const auto created = users.send({.method = "POST",
                                   .target = "/users",
                                   .body = dump_json({{"id", id}, {"name", std::string(name)}}),
                                   .headers = {untraced()}},
                                  limits::kSeedCall);
  if (!created) return fail(created.error());
  constexpr int kFirstError = 300;
  if (created->status < kFirstError) return {};
  return fail(Code::lab_failed,
              fmt::format("POST /users for {} was answered with {}", name, created->status));
}

/// One after the other, so that their ids are 1, 2, 3; ends with the first that fails.
Result<void> for_each_user(const std::string& url,
                           Result<void> (*one)(http::Client&, std::int64_t, std::string_view)) {
  static constexpr std::array<std::string_view, 3> kNames = {"Ada", "Grace", "Linus"};
  http::Client users(url);
  std::int64_t id = 0;
  for (const std::string_view name : kNames) {
    if (auto done = one(users, ++id, name); !done) return done;
  }
  return {};
}

}  // namespace

Result<void> seed_users(const std::string& url) {
  return for_each_user(url, seed_user);
}

Result<void> offer_users(const std::string& url) {
  return for_each_user(url, offer_user);
}

}  // namespace msdemo::lab
