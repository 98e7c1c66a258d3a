// The table of exact routes: what is not in it is 404, what is in it for another method is 405.
#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.hpp"
#include "http/message.hpp"

namespace msdemo::http {

/// Answers one request. Runs on many threads at once and may block; an Error becomes a problem
/// document, an exception a plain 500.
using Handler = std::function<Result<Response>(const Request&)>;

enum class Access {
  open,
  token,  ///< needs `Authorization: Bearer <the lab's token>`
};

struct Route {
  std::string method;
  std::string pattern;  ///< `/users` or `/users/{id}`: at most one `{…}`, a whole segment
  Handler handler;
  Access access = Access::open;
};

class Router {
 public:
  /// HEAD is answered wherever GET is.
  void add(std::string method, std::string pattern, Handler handler, Access access = Access::open);

  struct Match {
    std::size_t route;           ///< an index into routes()
    std::string_view parameter;  ///< what `{…}` stands for in the path
  };

  /// Fails with not_found, or with method_not_allowed and the methods that are.
  Result<Match> match(std::string_view method, std::string_view path) const;

  const std::vector<Route>& routes() const { return routes_; }

 private:
  std::vector<Route> routes_;
};

}  // namespace msdemo::http
