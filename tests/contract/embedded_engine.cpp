#include "contract/embedded_engine.hpp"

namespace msdemo::test {

const std::vector<BrokerEngine>& broker_engines() {
  static const std::vector<BrokerEngine> all = {
      {"embedded",
       []() -> std::unique_ptr<BrokerUnderTest> { return std::make_unique<EmbeddedUnderTest>(); }}};
  return all;
}

}  // namespace msdemo::test
