#include "http/router.hpp"

#include "support/catch.hpp"

using namespace msdemo;
using namespace msdemo::http;

namespace {

Router sample_router() {
  const Handler nothing = [](const Request&) -> Result<Response> { return Response{}; };
  Router router;
  router.add("POST", "/users", nothing);
  router.add("GET", "/users", nothing);
  router.add("GET", "/users/{id}", nothing);
  router.add("POST", "/services/{name}/stop", nothing);
  return router;
}

}  // namespace

TEST_CASE("a path and a method find their route and its parameter", "[router]") {
  const Router router = sample_router();
  CHECK(router.match("POST", "/users")->route == 0);
  CHECK(router.match("GET", "/users")->route == 1);
  CHECK(router.match("GET", "/users/42")->parameter == "42");
  CHECK(router.match("POST", "/services/order/stop")->parameter == "order");
}

TEST_CASE("HEAD is answered wherever GET is", "[router]") {
  CHECK(sample_router().match("HEAD", "/users/42")->route == 2);
}

TEST_CASE("routes are exact", "[router]") {
  for (const char* path : {"/", "/user", "/users/", "/users/1/2", "/usersx", "/USERS",
                           "/services//stop", "/services/a/b/stop", "/services/stop"}) {
    INFO(path);
    CHECK(sample_router().match("GET", path).error().code == Code::not_found);
  }
}

TEST_CASE("a wrong method is told which are right", "[router]") {
  const Error error = sample_router().match("DELETE", "/users").error();
  CHECK(error.code == Code::method_not_allowed);
  CHECK(error.allow == std::vector<std::string>{"POST", "GET", "HEAD"});
}
