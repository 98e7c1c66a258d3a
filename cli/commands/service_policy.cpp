#include "commands/service_policy.hpp"

#include "commands/service_call.hpp"

namespace msdemo::commands {

namespace {

constexpr const char* kPath = "/policy";

PolicySetting read_setting(const Json& json) {
  return {.key = json.at("key"),
          .value = json.at("value"),
          .naive = json.at("naive"),
          .standard = json.at("standard"),
          .meaning = json.at("meaning")};
}

CallsToPeer read_calls(const Json& json) {
  return {.peer = json.at("peer"),
          .breaker = json.at("breaker"),
          .in_flight = json.at("in_flight"),
          .calls = json.at("calls"),
          .attempts = json.at("attempts"),
          .failed_attempts = json.at("failed_attempts"),
          .retries_refused = json.at("retries_refused"),
          .rejected = json.at("rejected")};
}

Result<Policy> read_policy(const Result<Json>& json) {
  if (!json) return fail(json.error());
  try {
    Policy policy{.preset = json->at("preset"), .warnings = json->at("warnings")};
    for (const Json& setting : json->at("settings")) {
      policy.settings.push_back(read_setting(setting));
    }
    for (const Json& calls : json->at("calls")) policy.calls.push_back(read_calls(calls));
    return policy;
  } catch (const Json::exception&) {
    return fail(Code::invalid_reply,
                "the service described its policy in a way nobody understands");
  }
}

}  // namespace

Json to_json(const CallsToPeer& calls) {
  return {{"peer", calls.peer},
          {"breaker", calls.breaker},
          {"in_flight", calls.in_flight},
          {"calls", calls.calls},
          {"attempts", calls.attempts},
          {"failed_attempts", calls.failed_attempts},
          {"retries_refused", calls.retries_refused},
          {"rejected", calls.rejected}};
}

Result<Policy> ServicePolicy::get() {
  return read_policy(ask_admin(replica_, admin_, {.target = kPath}));
}

Result<Policy> ServicePolicy::set(const Json& changes) {
  return read_policy(ask_admin(replica_, admin_,
                               {.method = "POST",
                                .target = kPath,
                                .body = dump_json(changes),
                                .headers = {authorization_}}));
}

}  // namespace msdemo::commands
