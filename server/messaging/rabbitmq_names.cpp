#include "messaging/rabbitmq_names.hpp"

#include <fmt/format.h>

#include "base/text.hpp"
#include "base/url.hpp"
#include "messaging/names.hpp"

namespace msdemo::messaging {

namespace {

constexpr int kPort = 5672;
constexpr std::string_view kGuest = "guest";  // what RabbitMQ lets in from its own machine
constexpr std::string_view kExample = "for example amqp://guest:guest@127.0.0.1:5672/?prefix=lab";

}  // namespace

Result<RabbitmqPlace> parse_rabbitmq_url(const std::string& text) {
  const auto url = parse_url(text);
  if (!url) return fail(url.error());
  const std::string shown = escape_control(without_password(text));
  std::string prefix;
  for (const auto& [name, value] : url->query) {
    if (name != "prefix") {
      return fail(
          Code::usage,
          fmt::format("{} has a part that means nothing here: {}", shown, escape_control(name)),
          std::string(kExample));
    }
    prefix = value;
  }
  if (!prefix.empty() && !valid_name(prefix)) {
    return fail(Code::usage, fmt::format("the prefix in {} must be {}", shown, kNameRule),
                std::string(kExample));
  }
  return RabbitmqPlace{
      .address = {.host = url->host,
                  .port = url->port.value_or(kPort),
                  .user = url->user.empty() ? std::string(kGuest) : url->user,
                  .password = url->user.empty() ? std::string(kGuest) : url->password,
                  .vhost = url->path.empty() ? "/" : url->path,
                  .shown = shown},
      .names = RabbitmqNames(prefix)};
}

}  // namespace msdemo::messaging
