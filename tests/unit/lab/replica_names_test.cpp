// What the processes of a service are called, and in which order they are restarted.
#include "lab/service_names.hpp"

#include "lab/plan.hpp"
#include "lab/service_status.hpp"
#include "support/catch.hpp"

namespace msdemo::lab {

namespace {

ServiceStatus replica(std::string service, int number, ServiceState state = ServiceState::ready) {
  ServiceStatus status;
  status.service = std::move(service);
  status.replica = number;
  status.state = state;
  return status;
}

}  // namespace

TEST_CASE("the only process of a service has its name, several have numbers", "[lab]") {
  const std::vector<ServiceStatus> all = {replica("user", 1), replica("order", 1),
                                          replica("order", 2)};
  CHECK(name_among(all, all[0]) == "user");
  CHECK(name_among(all, all[1]) == "order-1");
  CHECK(name_among(all, all[2]) == "order-2");
}

TEST_CASE("a lab with an external broker has no broker of its own", "[lab]") {
  LabOptions options{.replicas = {{"order", 2}}, .broker_url = "amqp://mq"};
  CHECK(services_of(options) == std::vector<std::string>{"user", "order", "notify"});
  CHECK(log_names(options) ==
        std::vector<std::string>{"user", "order-1", "order-2", "notify", "supervisor"});
  CHECK(services_of({}) == service_names());
}

TEST_CASE("a rolling restart begins with the replicas that are not ready", "[lab]") {
  std::vector<ServiceStatus> all = {replica("user", 1, ServiceState::stopped), replica("order", 1),
                                    replica("order", 2), replica("order", 3)};
  const std::vector<std::string> names = {"order-1", "order-2", "order-3"};
  CHECK(restart_order(names, all) == names);
  all[2].state = ServiceState::restarting;
  CHECK(restart_order(names, all) == std::vector<std::string>{"order-2", "order-1", "order-3"});
}

}  // namespace msdemo::lab
