#include "commands/service_faults.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "base/json.hpp"
#include "commands/service_call.hpp"

namespace msdemo::commands {

namespace {

constexpr const char* kPath = "/faults";

tl::unexpected<Error> no_faults() {
  return fail(Code::invalid_reply, "the service described its faults in a way nobody understands");
}

}  // namespace

Result<std::vector<faults::Fault>> ServiceFaults::list() {
  const auto json = ask_admin(replica_, admin_, {.target = kPath});
  if (!json) return fail(json.error());
  const auto found = json->find("faults");
  if (!json->is_object() || found == json->end()) return no_faults();
  std::vector<faults::Fault> all;
  for (const Json& document : *found) {
    auto fault = faults::parse_fault(document);
    if (!fault) return fail(std::move(fault.error()));
    all.push_back(std::move(*fault));
  }
  return all;
}

Result<faults::Fault> ServiceFaults::add(const faults::Spec& spec) {
  const auto json = ask_admin(replica_, admin_,
                              {.method = "POST",
                               .target = kPath,
                               .body = dump_json(to_json(spec)),
                               .headers = {authorization_}});
  if (!json) return fail(json.error());
  return faults::parse_fault(*json);
}

Result<void> ServiceFaults::undo(const faults::Fault& added,
                                 const std::vector<faults::Fault>& before) {
  const auto former = std::ranges::find(before, added.id, &faults::Fault::id);
  if (former != before.end() && !former->over) {
    faults::Spec spec = former->spec;
    spec.lasts = former->left;
    if (const auto restored = add(spec); !restored) return fail(restored.error());
    return {};
  }
  const auto gone = ask_admin(replica_, admin_,
                              {.method = "DELETE",
                               .target = fmt::format("{}/{}", kPath, added.id),
                               .headers = {authorization_}});
  if (!gone) return fail(gone.error());
  return {};
}

Result<std::int64_t> ServiceFaults::clear() {
  const auto json = ask_admin(replica_, admin_,
                              {.method = "DELETE", .target = kPath, .headers = {authorization_}});
  if (!json) return fail(json.error());
  try {
    return json->at("cleared").get<std::int64_t>();
  } catch (const Json::exception&) {
    return no_faults();
  }
}

}  // namespace msdemo::commands
