// What a lab holds while it runs, its ports and its lock: what others can and cannot do with them.
#include "http/socket.hpp"
#include "lab/ports.hpp"
#include "lab/state.hpp"
#include "support/catch.hpp"
#include "support/must.hpp"
#include "support/state_home.hpp"
#include "support/temp_dir.hpp"

namespace msdemo::lab {

using test::must;
using test::StateHome;
using test::TempDir;

TEST_CASE("a reserved port refuses connections until somebody listens, again and again", "[lab]") {
  const ReservedPort port = must(ReservedPort::reserve(0));
  for (int run = 0; run < 3; ++run) {
    const auto deadline = real_clock().steady_now() + std::chrono::seconds(5);
    CHECK_FALSE(http::connect_to("127.0.0.1", port.number(), deadline));
    const auto listener = http::listen_on("127.0.0.1", port.number(), 8);
    REQUIRE(listener);
    CHECK(http::connect_to("127.0.0.1", port.number(), deadline));
  }
}

TEST_CASE("a port that somebody listens on cannot be reserved, and is named", "[lab]") {
  const auto listener = must(http::listen_on("127.0.0.1", 0, 8));
  const int taken = http::local_port(listener.get());
  const auto port = ReservedPort::reserve(taken);
  REQUIRE_FALSE(port);
  CHECK(port.error().code == Code::lab_failed);
  CHECK(port.error().message == "port " + std::to_string(taken) + " is taken by another program");
}

TEST_CASE("a lock that nobody explains is waited for and then reported", "[lab]") {
  const TempDir home;
  const StateHome state(home.path());
  const StateFolder folder = must(StateFolder::of("default"));
  must(folder.create());
  const http::FileDescriptor lock = must(folder.lock());
  const auto second = folder.lock();
  REQUIRE_FALSE(second);
  CHECK(second.error().message.find("another process is using") != std::string::npos);
}

}  // namespace msdemo::lab
