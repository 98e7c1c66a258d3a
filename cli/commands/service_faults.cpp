#include "commands/service_faults.hpp"

#include "base/json.hpp"
#include "commands/service_call.hpp"

namespace msdemo::commands {

namespace {

constexpr const char* kPath = "/faults";

tl::unexpected<Error> no_faults() {
  return fail(Code::invalid_reply, "the service described its faults in a way nobody understands");
}

faults::Fault read_fault(const Json& json) {
  return {.id = json.at("id"),
          .kind = json.at("kind"),
          .value = json.at("value"),
          .hits = json.at("hits")};
}

}  // namespace

Result<std::unique_ptr<ServiceFaults>> ServiceFaults::of(lab::Lab& lab,
                                                         const std::string& service) {
  const auto url = lab.admin_url(service);
  if (!url) return fail(url.error());
  return std::unique_ptr<ServiceFaults>(new ServiceFaults(*url, lab.authorization()));
}

Result<std::vector<faults::Fault>> ServiceFaults::list() {
  const auto json = ask(admin_, {.target = kPath});
  if (!json) return fail(json.error());
  try {
    std::vector<faults::Fault> all;
    for (const Json& fault : json->at("faults")) all.push_back(read_fault(fault));
    return all;
  } catch (const Json::exception&) {
    return no_faults();
  }
}

Result<faults::Fault> ServiceFaults::add(const std::string& kind, const std::string& value) {
  const auto json = ask(admin_, {.method = "POST",
                                 .target = kPath,
                                 .body = dump_json({{"kind", kind}, {"value", value}}),
                                 .headers = {authorization_}});
  if (!json) return fail(json.error());
  try {
    return read_fault(*json);
  } catch (const Json::exception&) {
    return no_faults();
  }
}

Result<std::int64_t> ServiceFaults::clear() {
  const auto json = ask(admin_, {.method = "DELETE", .target = kPath, .headers = {authorization_}});
  if (!json) return fail(json.error());
  try {
    return json->at("cleared").get<std::int64_t>();
  } catch (const Json::exception&) {
    return no_faults();
  }
}

}  // namespace msdemo::commands
