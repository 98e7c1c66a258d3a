#include "messaging/connect.hpp"

#include <fmt/format.h>

#include "base/text.hpp"
#include "base/url.hpp"
#include "messaging/embedded_broker.hpp"

namespace msdemo::messaging {

namespace {

std::string_view scheme_of(std::string_view url) {
  return url.substr(0, url.find("://"));
}

tl::unexpected<Error> unknown_scheme(const std::string& url) {
  return fail(Code::usage,
              fmt::format("no broker has a URL like {}", escape_control(without_password(url))),
              "it begins with http:// (msdemo's own), amqp:// (RabbitMQ) or kafka://");
}

}  // namespace

bool is_external(const std::string& url) {
  return scheme_of(url) != "http";
}

Result<std::unique_ptr<Broker>> connect(const BrokerOptions& options) {
  const std::string_view scheme = scheme_of(options.url);
  if (scheme == "http") return std::make_unique<EmbeddedBroker>(options.url, options.call);
  if (scheme == "amqp") return connect_rabbitmq(options);
  if (scheme == "kafka") return connect_kafka(options);
  return unknown_scheme(options.url);
}

Result<std::unique_ptr<QueueInspector>> inspect(const BrokerOptions& options) {
  const std::string_view scheme = scheme_of(options.url);
  if (scheme == "http") return std::make_unique<EmbeddedBroker>(options.url, options.call);
  if (scheme == "amqp") return inspect_rabbitmq(options);
  if (scheme == "kafka") return inspect_kafka(options);
  return unknown_scheme(options.url);
}

}  // namespace msdemo::messaging
