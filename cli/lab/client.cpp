#include "lab/client.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <poll.h>
#include <signal.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>

#include "base/limits.hpp"
#include "contracts/problem.hpp"
#include "http/client.hpp"
#include "lab/control_api.hpp"
#include "lab/service_names.hpp"
#include "trace/otlp.hpp"

namespace msdemo::lab {

namespace {

constexpr std::chrono::milliseconds kAnswerMargin{2000};

tl::unexpected<Error> no_lab(const std::string& name, std::string_view why) {
  const std::string option = name == "default" ? "" : fmt::format("--lab {} ", name);
  return fail(Code::no_lab,
              name == "default" ? fmt::format("no lab is running{}", why)
                                : fmt::format("no lab '{}' is running{}", name, why),
              fmt::format("start one: msdemo {}up -d", option));
}

/// The error that the control API answered: ours by name, or a conflict without a code of its own.
Error refusal(const http::ClientResponse& answer) {
  if (answer.status != kRefusedStatus) return contracts::from_problem(answer.status, answer.body);
  const auto problem = parse_json(answer.body);
  if (!problem || !problem->is_object()) {
    return {.code = Code::invalid_reply, .message = "the lab refused without saying why"};
  }
  return {.code = Code::lab_failed,
          .message = problem->value("detail", ""),
          .hint = problem->value("hint", "")};
}

bool ended_within(int pidfd, std::chrono::milliseconds wait) {
  pollfd process{pidfd, POLLIN, 0};
  return ::poll(&process, 1, static_cast<int>(wait.count())) > 0;
}

/// A program that knows no traces leaves no gap in one.
void mark_untraced(std::vector<trace::SpanRecord>& spans, const Lab& lab) {
  for (trace::SpanRecord& span : spans) {
    if (span.kind != trace::SpanKind::client) continue;
    const auto peer = std::ranges::find(span.attributes, "peer.service",
                                        [](const auto& attribute) { return attribute.first; });
    if (peer == span.attributes.end()) continue;
    const auto* name = std::get_if<std::string>(&peer->second);
    if (name == nullptr || !lab.foreign(*name)) continue;
    span.attributes.emplace_back(std::string(trace::kUntracedPeer), true);
  }
}

}  // namespace

Result<void> check_admin(const Replica& replica) {
  if (!replica.foreign()) return {};
  return fail(Code::usage,
              fmt::format("{} was started by --cmd and has no admin interface: no faults, no "
                          "policy, no metrics",
                          replica.name),
              fmt::format("what works with any program: msdemo pause|resume|kill {0}, msdemo logs "
                          "{0}, msdemo trace list",
                          replica.name));
}

struct Lab::Connection {
  Connection(LabRecord of, std::string secret, Result<std::string> broker)
      : record(std::move(of)),
        token(std::move(secret)),
        broker_url(std::move(broker)),
        control(record.control_url) {}

  Result<Json> send(const http::ClientRequest& request, std::chrono::milliseconds deadline) {
    const auto answer = control.send(request, deadline);
    if (!answer) return fail(answer.error());
    if (answer->status != 200) return fail(refusal(*answer));
    auto json = parse_json(answer->body);
    if (!json) return fail(Code::invalid_reply, "the lab's answer is " + json.error().message);
    return json;
  }

  Result<Json> get(const std::string& target) {
    return send({.target = target}, limits::kControlCall);
  }

  Result<Json> post(const std::string& target, std::chrono::milliseconds deadline) {
    return send({.method = "POST", .target = target, .headers = {authorization()}}, deadline);
  }

  std::pair<std::string, std::string> authorization() const {
    return {"Authorization", "Bearer " + token};
  }

  LabRecord record;
  std::string token;
  Result<std::string> broker_url;  ///< of an external broker
  http::Client control;
};

Result<Lab> Lab::find(const std::string& name) {
  const auto folder = StateFolder::of(name);
  if (!folder) return fail(folder.error());
  auto record = folder->record();
  if (!record) return no_lab(name, "");
  if (!record->supervisor.alive() || !folder->locked()) {
    return no_lab(name, fmt::format("; the last one (pid {}) ended without cleaning up",
                                    record->supervisor.pid));
  }
  auto token = folder->token();
  if (!token) return fail(std::move(token.error()));
  return Lab(
      std::make_shared<Connection>(std::move(*record), std::move(*token), folder->broker_url()));
}

Result<std::vector<ServiceStatus>> Lab::services() {
  const auto json = connection_->get("/services");
  if (!json) return fail(json.error());
  std::vector<ServiceStatus> services;
  for (const Json& line : *json) {
    auto status = parse_service_status(line);
    if (!status) return fail(std::move(status.error()));
    services.push_back(std::move(*status));
  }
  return services;
}

std::vector<Replica> Lab::replicas() const {
  const std::vector<ServiceAddress>& all = connection_->record.services;
  std::vector<Replica> replicas;
  for (const ServiceAddress& one : all) {
    replicas.push_back({one.service, name_among(all, one), one.url, one.admin_url});
  }
  return replicas;
}

Result<std::vector<Replica>> Lab::replicas(const std::string& name) const {
  std::vector<Replica> meant;
  std::vector<std::string> siblings;
  for (Replica& replica : replicas()) {
    const bool only_one = replica.name == replica.service && name == replica.service + "-1";
    if (name.starts_with(replica.service + "-")) siblings.push_back(replica.name);
    if (name == replica.service || name == replica.name || only_one) {
      meant.push_back(std::move(replica));
    }
  }
  if (!meant.empty()) return meant;
  if (!siblings.empty()) {
    return fail(Code::usage, fmt::format("this lab has no {}", name),
                fmt::format("there {} {}", siblings.size() == 1 ? "is only" : "are",
                            fmt::join(siblings, ", ")));
  }
  return fail(Code::no_lab, fmt::format("this lab has no {} service", name),
              name == "broker" ? "its broker is external: `msdemo queue list` looks into it"
                               : "start a lab of this version: msdemo down, then msdemo up -d");
}

Result<std::vector<std::string>> Lab::urls(const std::string& service) const {
  const auto found = replicas(service);
  if (!found) return fail(found.error());
  std::vector<std::string> urls;
  for (const Replica& replica : *found) urls.push_back(replica.url);
  return urls;
}

bool Lab::foreign(std::string_view service) const {
  return std::ranges::any_of(connection_->record.services, [&](const ServiceAddress& address) {
    return address.service == service && address.admin_url.empty();
  });
}

Result<void> Lab::check_own(std::string_view what) const {
  for (const ServiceAddress& address : connection_->record.services) {
    if (!address.admin_url.empty()) continue;
    return fail(Code::usage,
                fmt::format("{} needs the lab's own services, and {} was started by --cmd", what,
                            address.service),
                "start the lab without it: msdemo down, then msdemo up -d");
  }
  return {};
}

Result<std::string> Lab::broker_url() const {
  if (const auto own = urls("broker")) return own->front();
  return connection_->broker_url;
}

std::pair<std::string, std::string> Lab::authorization() const {
  return connection_->authorization();
}

Result<void> Lab::act(const std::string& action, const std::string& replica) {
  const auto done = connection_->post(fmt::format("/services/{}?action={}", replica, action),
                                      limits::kLabAction + kAnswerMargin);
  if (!done) return fail(done.error());
  return {};
}

Result<StopReport> Lab::down() {
  const pid_t pid = supervisor_pid();
  const http::FileDescriptor supervisor(static_cast<int>(::syscall(SYS_pidfd_open, pid, 0)));
  // A kept connection would be what the supervisor still waits for.
  const auto answer =
      connection_->send({.method = "POST",
                         .target = "/down",
                         .headers = {connection_->authorization(), {"Connection", "close"}}},
                        limits::kControlCall + kAnswerMargin);
  if (!supervisor.open()) return answer ? parse_stop_report(*answer) : StopReport{};
  // Until the process is gone its ports and its lock are taken.
  const auto patience = answer ? limits::kServerDrain + kAnswerMargin : kAnswerMargin;
  if (ended_within(supervisor.get(), patience)) {
    return answer ? parse_stop_report(*answer) : StopReport{};
  }
  ::syscall(SYS_pidfd_send_signal, supervisor.get(), SIGKILL, nullptr, 0);
  const std::string name = fmt::format("the supervisor (pid {})", pid);
  const bool gone = ended_within(supervisor.get(), limits::kKillGrace);
  return StopReport{.killed = gone ? std::vector{name} : std::vector<std::string>(),
                    .stuck = gone ? std::vector<std::string>() : std::vector{name}};
}

const std::string& Lab::control_url() const {
  return connection_->record.control_url;
}

Result<Json> Lab::traces(int limit) {
  return connection_->get(fmt::format("/traces?limit={}", limit));
}

Result<std::string> Lab::trace_of_order(std::int64_t order_id, std::chrono::milliseconds wait) {
  const auto traces = connection_->send(
      {.target = fmt::format("/traces?order={}&wait_ms={}", order_id, wait.count())},
      wait + limits::kControlCall);
  if (!traces) return fail(traces.error());
  return traces->empty() ? std::string() : traces->front().value("trace_id", "");
}

Result<std::vector<trace::SpanRecord>> Lab::spans(const std::string& trace_id,
                                                  std::size_t more_than,
                                                  std::chrono::milliseconds wait) {
  wait = std::min<std::chrono::milliseconds>(wait, limits::kTracePoll);
  const auto answer =
      connection_->control.send({.target = fmt::format("/traces/{}?more_than={}&wait_ms={}",
                                                       trace_id, more_than, wait.count())},
                                wait + limits::kControlCall);
  if (!answer) return fail(answer.error());
  if (answer->status != 200) return fail(refusal(*answer));
  auto found = trace::from_otlp_json(answer->body);
  if (found) mark_untraced(*found, *this);
  return found;
}

pid_t Lab::supervisor_pid() const {
  return connection_->record.supervisor.pid;
}

}  // namespace msdemo::lab
