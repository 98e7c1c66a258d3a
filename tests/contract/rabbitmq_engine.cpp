#include "contract/rabbitmq_engine.hpp"

namespace msdemo::test {

const std::vector<BrokerEngine>& broker_engines() {
  static const std::vector<BrokerEngine> all = {{.name = "rabbitmq",
                                                 .start = []() -> std::unique_ptr<BrokerUnderTest> {
                                                   return std::make_unique<RabbitmqUnderTest>();
                                                 },
                                                 .glance = std::chrono::milliseconds(100)}};
  static const std::vector<BrokerEngine> none;
  return rabbitmq_url() ? all : none;
}

}  // namespace msdemo::test
