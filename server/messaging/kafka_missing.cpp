// In place of the Kafka adapter in a build without its library.
#include "messaging/connect.hpp"

namespace msdemo::messaging {

namespace {

tl::unexpected<Error> missing() {
  return fail(Code::lab_failed, "this msdemo was built without Kafka",
              "install librdkafka-dev and build it again");
}

}  // namespace

Result<std::unique_ptr<Broker>> connect_kafka(const BrokerOptions&) {
  return missing();
}

Result<std::unique_ptr<QueueInspector>> inspect_kafka(const BrokerOptions&) {
  return missing();
}

}  // namespace msdemo::messaging
