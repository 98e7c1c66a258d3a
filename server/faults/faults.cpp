#include "faults/faults.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <signal.h>
#include <spdlog/spdlog.h>
#include <unistd.h>

#include <algorithm>

#include "base/duration.hpp"
#include "base/limits.hpp"
#include "base/text.hpp"
#include "base/word_pattern.hpp"

namespace msdemo::faults {

namespace {

/// Few enough that a seed is easily typed again.
constexpr std::uint64_t kSeeds = 1'000'000;

tl::unexpected<Error> invalid(std::string field, std::string message, std::string hint) {
  return fail(Error{.code = Code::invalid_field,
                    .message = std::move(message),
                    .hint = std::move(hint),
                    .field = std::move(field)});
}

std::string_view path_of(std::string_view route) {
  return route.substr(route.find(' ') + 1);
}

}  // namespace

Json to_json(const Fault& fault) {
  Json json = {{"id", fault.id}};
  const Json spec = to_json(fault.spec);
  for (const auto& [name, value] : spec.items()) {
    json[name == "for" ? "lasts" : name] = value;
  }
  json["hits"] = fault.hits;
  json["met"] = fault.met;
  if (fault.left) json["left"] = duration_text(*fault.left);
  if (fault.over) json["over"] = true;
  return json;
}

Result<Fault> parse_fault(Json json) {
  try {
    Fault fault;
    fault.id = json.at("id");
    fault.met = json.at("met");
    fault.hits = json.at("hits");
    fault.over = json.value("over", false);
    if (json.contains("left"))
      fault.left = parse_duration(json.at("left").get<std::string>(), limits::kFaultLasts);
    if (json.contains("lasts")) json["for"] = json["lasts"];
    for (const char* told : {"id", "met", "hits", "over", "left", "lasts"}) json.erase(told);
    auto spec = parse_spec(json);
    if (!spec) return fail(Code::invalid_reply, "no fault: " + spec.error().message);
    fault.spec = std::move(*spec);
    return fault;
  } catch (const Json::exception&) {
    return fail(Code::invalid_reply, "a fault is described in a way nobody understands");
  }
}

void Faults::add_route(std::string route) {
  const std::lock_guard lock(mutex_);
  routes_.push_back(std::move(route));
}

void Faults::add_topics(const std::vector<std::string>& topics) {
  const std::lock_guard lock(mutex_);
  topics_.insert(topics_.end(), topics.begin(), topics.end());
}

std::vector<std::string> Faults::routes_for(const Kind& kind) const {
  std::vector<std::string> all;
  if (kind.can_meet(Thing::request)) all.insert(all.end(), routes_.begin(), routes_.end());
  if (kind.can_meet(Thing::message)) all.insert(all.end(), topics_.begin(), topics_.end());
  return all;
}

Result<void> Faults::check_route(const Kind& kind, const std::string& route) const {
  std::vector<std::string> known = routes_for(kind);
  if (kind.can_meet(Thing::message) && !kind.can_meet(Thing::request) && known.empty()) {
    return invalid("kind",
                   fmt::format("{} is for messages, and this service consumes none", kind.name),
                   "the services user, order and notify consume messages");
  }
  if (route.empty()) return {};
  if (kind.can_meet(Thing::write) || kind.can_meet(Thing::step)) {
    return invalid("route", fmt::format("{} takes no route", kind.name),
                   fmt::format("give {}={} alone", kind.name, kind.example));
  }
  const bool there = std::ranges::any_of(known, [&](const std::string& each) {
    return each == route || path_of(each) == route || words_match(each, route);
  });
  if (there) return {};
  const std::string list = fmt::format("{}", fmt::join(known, ", "));
  for (const std::string& each : routes_for(kind)) known.emplace_back(path_of(each));
  const std::string meant = nearest(route, known);
  return invalid("route", fmt::format("for {} route must be one of {}", kind.name, list),
                 meant.empty() ? "without a route it hits all of them"
                               : fmt::format("did you mean {}?", meant));
}

Result<Fault> Faults::add(Spec spec) {
  const Kind* kind = find_kind(spec.kind);
  auto strike = kind == nullptr ? std::nullopt : kind->make(spec);
  if (!strike) return fail(parse_spec(to_json(spec)).error());
  const std::lock_guard lock(mutex_);
  if (auto checked = check_route(*kind, spec.route); !checked) {
    return fail(std::move(checked.error()));
  }
  auto active = std::ranges::find_if(active_, [&](const Active& each) {
    return each.kind == kind && each.fault.spec.route == spec.route;
  });
  if (active == active_.end()) {
    if (active_.size() >= limits::kFaults) {
      return invalid("kind", fmt::format("a service has at most {} faults", limits::kFaults),
                     "remove some first: msdemo fault clear");
    }
    active_.push_back({.fault = {.id = ++added_}, .kind = kind});
    active = active_.end() - 1;
  }
  if (!spec.seed && (spec.trigger.percent || spec.jitter)) {
    spec.seed = static_cast<std::int64_t>(rng_.next() % kSeeds);
  }
  active->strike = std::move(*strike);
  active->chance = std::make_unique<Rng>(static_cast<std::uint64_t>(spec.seed.value_or(0)));
  active->until = spec.lasts ? std::optional(clock_.steady_now() + *spec.lasts) : std::nullopt;
  active->fault = {.id = active->fault.id, .spec = std::move(spec)};
  any_ = true;
  return described(*active);
}

Fault Faults::described(const Active& active) const {
  Fault fault = active.fault;
  fault.over = fault.spec.trigger.spent(fault.met);
  if (active.until) {
    const auto left =
        std::chrono::ceil<std::chrono::milliseconds>(*active.until - clock_.steady_now());
    fault.left = std::max(left, std::chrono::milliseconds(0));
    fault.over = fault.over || fault.left->count() == 0;
  }
  return fault;
}

std::vector<Fault> Faults::list() const {
  const std::lock_guard lock(mutex_);
  std::vector<Fault> all;
  for (const Active& active : active_) all.push_back(described(active));
  return all;
}

std::size_t Faults::remove(std::int64_t id) {
  const std::lock_guard lock(mutex_);
  const auto removed =
      std::erase_if(active_, [id](const Active& active) { return active.fault.id == id; });
  any_ = !active_.empty();
  return removed;
}

std::size_t Faults::clear() {
  const std::lock_guard lock(mutex_);
  any_ = false;
  const std::size_t count = active_.size();
  active_.clear();
  return count;
}

template <class Concerns>
Effect Faults::meet(Thing thing, Concerns&& concerns) {
  Effect effect;
  if (!any_) return effect;
  const std::lock_guard lock(mutex_);
  for (Active& active : active_) {
    auto& [id, spec, met, hits, left, over] = active.fault;
    if (!active.kind->can_meet(thing) || !concerns(spec)) continue;
    if (active.until && clock_.steady_now() >= *active.until) continue;
    if (active.kind->decides() && effect.outcome != Outcome::untouched) continue;
    if (!spec.trigger.hits(++met, *active.chance)) continue;
    ++hits;
    const std::string does = active.strike(effect, *active.chance);
    std::string rule = fmt::format("fault {} ({}): {}", id, in_words(spec), does);
    if (active.kind->decides()) effect.rule = rule;
    effect.decisions.push_back({fmt::format("fault.{}", spec.kind), std::move(rule)});
  }
  return effect;
}

Effect Faults::meet_request(std::string_view method, std::string_view pattern) {
  return meet(Thing::request, [&](const Spec& spec) {
    const std::string_view route = spec.route;
    if (path_of(route) != pattern) return route.empty();
    return path_of(route) == route || route.substr(0, route.find(' ')) == method;
  });
}

Effect Faults::meet_message(std::string_view topic) {
  return meet(Thing::message, [topic](const Spec& spec) {
    return spec.route.empty() || words_match(spec.route, topic);
  });
}

Effect Faults::meet_write() {
  return meet(Thing::write, [](const Spec&) { return true; });
}

void Faults::reach(std::string_view point) {
  const Effect effect =
      meet(Thing::step, [point](const Spec& spec) { return spec.value == point; });
  if (effect.outcome != Outcome::crash) return;
  spdlog::warn("{}", effect.rule);
  ::kill(::getpid(), SIGKILL);
}

}  // namespace msdemo::faults
