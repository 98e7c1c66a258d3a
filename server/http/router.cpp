#include "http/router.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <optional>

namespace msdemo::http {

namespace {

/// What the pattern's `{…}` stands for in `path` (empty if it has none); nothing if they differ.
std::optional<std::string_view> match_pattern(std::string_view pattern, std::string_view path) {
  const auto open = pattern.find('{');
  if (open == std::string_view::npos) {
    return pattern == path ? std::optional<std::string_view>("") : std::nullopt;
  }
  const std::string_view before = pattern.substr(0, open);
  const std::string_view after = pattern.substr(pattern.find('}') + 1);
  if (path.size() <= before.size() + after.size()) return std::nullopt;
  const std::string_view middle =
      path.substr(before.size(), path.size() - before.size() - after.size());
  const bool same = path.substr(0, before.size()) == before &&
                    path.substr(path.size() - after.size()) == after &&
                    middle.find('/') == std::string_view::npos;
  return same ? std::optional(middle) : std::nullopt;
}

}  // namespace

void Router::add(std::string method, std::string pattern, Handler handler, Access access) {
  routes_.push_back({std::move(method), std::move(pattern), std::move(handler), access});
}

Result<Router::Match> Router::match(std::string_view method, std::string_view path) const {
  const std::string_view wanted = method == "HEAD" ? "GET" : method;
  std::vector<std::string> allow;
  for (std::size_t i = 0; i < routes_.size(); ++i) {
    const auto parameter = match_pattern(routes_[i].pattern, path);
    if (!parameter) continue;
    if (routes_[i].method == wanted) return Match{i, *parameter};
    allow.push_back(routes_[i].method);
    if (routes_[i].method == "GET") allow.emplace_back("HEAD");
  }
  if (allow.empty()) return fail(Code::not_found, "this service has no such path");
  const std::string list = fmt::format("{}", fmt::join(allow, ", "));
  return fail(Error{.code = Code::method_not_allowed,
                    .message = fmt::format("this path takes {}", list),
                    .allow = std::move(allow)});
}

}  // namespace msdemo::http
