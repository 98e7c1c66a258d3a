#include "broker/routes.hpp"

#include "base/text.hpp"
#include "broker/requests.hpp"
#include "contracts/fields.hpp"
#include "contracts/page.hpp"
#include "messaging/message_rules.hpp"

namespace msdemo::embedded {
extern const std::string_view broker_openapi;
}

namespace msdemo::broker {

namespace {

using messaging::shortened_reason;

using http::json_response;
using http::Request;
using http::Response;
using messaging::Delivery;
using messaging::to_json;

constexpr std::int64_t kPeekDefault = 10;

Json to_json(Delivery delivery) {
  Json json = {{"id", delivery.id},
               {"lease", delivery.lease},
               {"attempt", delivery.attempt},
               {"published_unix_nano", delivery.published_unix_nano},
               {"topic", std::move(delivery.message.topic)},
               {"key", std::move(delivery.message.key)},
               {"body", std::move(delivery.message.body)}};
  if (!delivery.reason.empty()) json["reason"] = std::move(delivery.reason);
  return json;
}

template <class Item>
Json to_list(std::vector<Item> items) {
  Json list = Json::array();
  list.get_ref<Json::array_t&>().reserve(items.size());
  for (Item& item : items) list.push_back(to_json(std::move(item)));
  return list;
}

Result<Response> publish(BrokerService& service, const Request& request) {
  auto messages = parse_publish(request.body());
  if (!messages) return fail(std::move(messages.error()));
  const std::size_t count = messages->size();
  if (auto done = service.publish(std::move(*messages)); !done) return fail(done.error());
  return json_response(201, {{"published", count}});
}

Result<Response> subscribe(BrokerService& service, const Request& request) {
  const auto group = check_name("group", request.path_parameter());
  if (!group) return fail(group.error());
  const auto topics = parse_subscribe(request.body());
  if (!topics) return fail(topics.error());
  if (auto done = service.subscribe(*group, *topics); !done) return fail(done.error());
  return json_response(200, Json::object());
}

Result<Response> receive(BrokerService& service, const Request& request) {
  const auto group = check_name("group", request.path_parameter());
  if (!group) return fail(group.error());
  const auto wanted = parse_receive(request.body());
  if (!wanted) return fail(wanted.error());
  auto deliveries = service.receive(*group, wanted->max, wanted->wait,
                                    [&request] { return request.abandoned(); });
  if (!deliveries) return fail(std::move(deliveries.error()));
  return json_response(200, {{"deliveries", to_list(std::move(*deliveries))}});
}

template <class Settle>
http::Handler settling(Settle&& settle) {
  return [settle](const Request& request) -> Result<Response> {
    const auto group = check_name("group", request.path_parameter());
    if (!group) return fail(group.error());
    const auto wanted = parse_settle(request.body());
    if (!wanted) return fail(wanted.error());
    const Result<void> settled = settle(*group, *wanted);
    if (!settled) return fail(settled.error());
    return json_response(200, Json::object());
  };
}

Result<Response> peek(BrokerStore& store, const Request& request) {
  const auto topic = check_name("topic", request.path_parameter());
  if (!topic) return fail(topic.error());
  std::int64_t limit = kPeekDefault;
  if (const auto text = request.query("limit")) {
    const auto given = parse_integer(*text);
    limit = given.value_or(0);
  }
  if (limit < 1 || limit > static_cast<std::int64_t>(limits::kPeekedMessages)) {
    return contracts::invalid("limit",
                              "an integer from 1 to " + std::to_string(limits::kPeekedMessages));
  }
  auto messages = store.peek(*topic, static_cast<std::size_t>(limit));
  if (!messages) return fail(std::move(messages.error()));
  return json_response(200, {{"messages", to_list(std::move(*messages))}});
}

Result<Response> dead_letters(BrokerStore& store, const Request& request) {
  const auto page = contracts::parse_page(request.query("limit"), request.query("after"));
  if (!page) return fail(page.error());
  const std::string topic = request.query("topic").value_or("");
  if (!topic.empty()) {
    if (const auto named = check_name("topic", topic); !named) return fail(named.error());
  }
  auto letters = store.dead_letters(topic, *page);
  if (!letters) return fail(std::move(letters.error()));
  return json_response(200, {{"dead_letters", to_list(std::move(letters->items))},
                             {"next", letters->next ? Json(*letters->next) : Json()}});
}

Result<Response> dead_letter(BrokerStore& store, const Request& request) {
  const auto id = contracts::check_id("id", request.path_parameter());
  if (!id) return fail(id.error());
  const auto letter = store.find_dead_letter(*id);
  if (!letter) return fail(letter.error());
  return json_response(200, to_json(*letter));
}

Result<Response> redrive(BrokerService& service, const Request& request) {
  const auto id = contracts::check_id("id", request.path_parameter());
  if (!id) return fail(id.error());
  if (auto done = service.redrive(*id); !done) return fail(done.error());
  return json_response(200, Json::object());
}

void add_settling(http::Router& router, BrokerService& service) {
  using Group = const std::string&;
  using Wanted = const SettleRequest&;
  router.add("POST", "/groups/{group}/ack", settling([&service](Group group, Wanted wanted) {
               return service.ack(group, wanted.deliveries);
             }));
  router.add("POST", "/groups/{group}/extend", settling([&service](Group group, Wanted wanted) {
               return service.extend(group, wanted.deliveries);
             }));
  router.add("POST", "/groups/{group}/retry", settling([&service](Group group, Wanted wanted) {
               return service.retry_later(group, wanted.deliveries, wanted.delay);
             }));
  router.add("POST", "/groups/{group}/dead", settling([&service](Group group, Wanted wanted) {
               return service.dead_letter(group, wanted.deliveries,
                                          shortened_reason(wanted.reason));
             }));
}

}  // namespace

http::Router routes(BrokerService& service, BrokerStore& store) {
  http::Router router;
  router.add("POST", "/messages",
             [&](const Request& request) { return publish(service, request); });
  router.add("PUT", "/groups/{group}",
             [&](const Request& request) { return subscribe(service, request); });
  router.add("POST", "/groups/{group}/receive",
             [&](const Request& request) { return receive(service, request); });
  add_settling(router, service);
  router.add("GET", "/queues", [&](const Request&) -> Result<Response> {
    auto queues = service.queues();
    if (!queues) return fail(std::move(queues.error()));
    return json_response(200, {{"queues", to_list(std::move(*queues))}});
  });
  router.add("GET", "/topics/{topic}/messages",
             [&](const Request& request) { return peek(store, request); });
  router.add("GET", "/dead", [&](const Request& request) { return dead_letters(store, request); });
  router.add("GET", "/dead/{id}",
             [&](const Request& request) { return dead_letter(store, request); });
  router.add("POST", "/dead/{id}/redrive",
             [&](const Request& request) { return redrive(service, request); });
  router.add("GET", "/openapi.yaml", [](const Request&) -> Result<Response> {
    return Response{200, std::string(embedded::broker_openapi), "application/yaml"};
  });
  return router;
}

}  // namespace msdemo::broker
