#include "resilience/policies.hpp"

#include <fmt/format.h>

#include <charconv>
#include <cmath>
#include <optional>

#include "base/duration.hpp"
#include "base/limits.hpp"
#include "base/text.hpp"

namespace msdemo::resilience {

namespace {

using std::chrono::milliseconds;

constexpr std::string_view kNone = "none";

std::string describe(const std::optional<milliseconds>& time) {
  return time ? duration_text(*time) : std::string(kNone);
}

std::string describe_switch(bool on) {
  return on ? "on" : "off";
}

std::string describe_share(double share) {
  return fmt::format("{:g}%", share * 100);
}

/// Whole milliseconds in 1…longest.
std::optional<milliseconds> read_time(std::string_view text, milliseconds longest) {
  const auto time = parse_duration(text, longest);
  if (!time || *time < milliseconds(1)) return std::nullopt;
  return std::chrono::ceil<milliseconds>(*time);
}

bool read_optional_time(std::string_view text, milliseconds longest,
                        std::optional<milliseconds>& to) {
  if (text == kNone) {
    to.reset();
    return true;
  }
  const auto time = read_time(text, longest);
  if (time) to = time;
  return time.has_value();
}

template <class Integer>
bool read_count(std::string_view text, std::int64_t least, std::int64_t most, Integer& to) {
  const auto value = parse_integer(text);
  if (!value || *value < least || *value > most) return false;
  to = static_cast<Integer>(*value);
  return true;
}

bool read_switch(std::string_view text, bool& to) {
  if (text != "on" && text != "off") return false;
  to = text == "on";
  return true;
}

/// `20%`, in (0, 100].
std::optional<double> read_share(std::string_view text) {
  if (!text.ends_with('%')) return std::nullopt;
  text.remove_suffix(1);
  double percent = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), percent);
  const bool number = error == std::errc{} && end == text.data() + text.size();
  if (!number || !(percent > 0 && percent <= 100)) return std::nullopt;
  return percent / 100;
}

/// The breaker's keys show and change what it has, or would have.
BreakerOptions breaker_of(const Policy& policy) {
  return policy.call.breaker.value_or(BreakerOptions{});
}

struct Key {
  std::string_view name;
  Role role;  ///< callee: every service has it
  std::string_view rule;
  std::string_view meaning;
  std::string (*describe)(const Policy&);
  bool (*read)(std::string_view, Policy&);  ///< false if the value breaks the rule
};

constexpr Key kKeys[] = {
    {"deadline", Role::caller, "a time up to 30s, or none",
     "for a whole call, its retries included; the callee is told",
     [](const Policy& p) { return describe(p.call.deadline); },
     [](std::string_view text, Policy& p) {
       return read_optional_time(text, limits::kExchangeCeiling, p.call.deadline);
     }},
    {"attempt-timeout", Role::caller, "a time up to 30s, or none",
     "for one attempt; none: what the deadline leaves",
     [](const Policy& p) { return describe(p.call.attempt_timeout); },
     [](std::string_view text, Policy& p) {
       return read_optional_time(text, limits::kExchangeCeiling, p.call.attempt_timeout);
     }},
    {"retries", Role::caller, "a number from 0 to 10",
     "after a failed attempt, where repeating is safe",
     [](const Policy& p) { return std::to_string(p.call.retries); },
     [](std::string_view text, Policy& p) {
       return read_count(text, 0, limits::kRetries, p.call.retries);
     }},
    {"budget", Role::caller, "a share such as 20%, or none",
     "retries as a share of the calls of 10 s (3 are always allowed)",
     [](const Policy& p) {
       return p.call.budget ? describe_share(*p.call.budget) : std::string(kNone);
     },
     [](std::string_view text, Policy& p) {
       p.call.budget = text == kNone ? std::nullopt : read_share(text);
       return text == kNone || p.call.budget;
     }},
    {"breaker", Role::caller, "on or off", "stops calling what keeps failing",
     [](const Policy& p) { return describe_switch(p.call.breaker.has_value()); },
     [](std::string_view text, Policy& p) {
       bool on = false;
       const bool valid = read_switch(text, on);
       if (valid) p.call.breaker = on ? std::optional(breaker_of(p)) : std::nullopt;
       return valid;
     }},
    {"breaker-window", Role::caller, "a number from 1 to 1000", "calls the breaker remembers",
     [](const Policy& p) { return std::to_string(breaker_of(p).window); },
     [](std::string_view text, Policy& p) {
       return p.call.breaker && read_count(text, 1, limits::kBreakerWindow, p.call.breaker->window);
     }},
    {"breaker-minimum", Role::caller, "a number from 1 to 1000", "calls before it judges",
     [](const Policy& p) { return std::to_string(breaker_of(p).minimum); },
     [](std::string_view text, Policy& p) {
       return p.call.breaker &&
              read_count(text, 1, limits::kBreakerWindow, p.call.breaker->minimum);
     }},
    {"breaker-failures", Role::caller, "a share such as 50%",
     "share of failed, or of slow, calls that opens it",
     [](const Policy& p) { return describe_share(breaker_of(p).failures); },
     [](std::string_view text, Policy& p) {
       const auto share = read_share(text);
       if (share && p.call.breaker) p.call.breaker->failures = *share;
       return share && p.call.breaker;
     }},
    {"breaker-slow", Role::caller, "a time up to 30s, or none", "from when on a call is slow",
     [](const Policy& p) { return describe(breaker_of(p).slow); },
     [](std::string_view text, Policy& p) {
       return p.call.breaker &&
              read_optional_time(text, limits::kExchangeCeiling, p.call.breaker->slow);
     }},
    {"breaker-open", Role::caller, "a time up to 1 h, such as 5s", "how long it stays open",
     [](const Policy& p) { return describe(breaker_of(p).open); },
     [](std::string_view text, Policy& p) {
       const auto time = read_time(text, limits::kBreakerOpen);
       if (time && p.call.breaker) p.call.breaker->open = *time;
       return time && p.call.breaker;
     }},
    {"breaker-probes", Role::caller, "a number from 1 to 100",
     "calls that decide whether it closes again",
     [](const Policy& p) { return std::to_string(breaker_of(p).probes); },
     [](std::string_view text, Policy& p) {
       return p.call.breaker && read_count(text, 1, limits::kBreakerProbes, p.call.breaker->probes);
     }},
    {"bulkhead", Role::caller, "a number from 1 to 10000, or none",
     "calls that may be under way at once",
     [](const Policy& p) {
       return p.call.bulkhead ? std::to_string(*p.call.bulkhead) : std::string(kNone);
     },
     [](std::string_view text, Policy& p) {
       if (text == kNone) {
         p.call.bulkhead.reset();
         return true;
       }
       return read_count(text, 1, limits::kBulkhead, p.call.bulkhead.emplace());
     }},
    {"fallback", Role::caller, "on or off", "answers with the last known name, marked stale",
     [](const Policy& p) { return describe_switch(p.call.fallback); },
     [](std::string_view text, Policy& p) { return read_switch(text, p.call.fallback); }},
    {"publish", Role::caller, "outbox or dual-write", "how an order's message gets to the broker",
     [](const Policy& p) {
       return std::string(p.publish == Publish::outbox ? "outbox" : "dual-write");
     },
     [](std::string_view text, Policy& p) {
       p.publish = text == "outbox" ? Publish::outbox : Publish::dual_write;
       return text == "outbox" || text == "dual-write";
     }},
    {"threads", Role::callee, "a number from 1 to 256", "requests that are worked on at once",
     [](const Policy& p) { return std::to_string(p.threads); },
     [](std::string_view text, Policy& p) {
       return read_count(text, 1, limits::kServerThreads, p.threads);
     }},
    {"shedding", Role::callee, "on or off", "refuses requests that waited too long for a thread",
     [](const Policy& p) { return describe_switch(p.shedding); },
     [](std::string_view text, Policy& p) { return read_switch(text, p.shedding); }},
};

tl::unexpected<Error> refused(std::string_view key, std::string message, std::string hint = {}) {
  return fail(Error{.code = Code::invalid_field,
                    .message = std::move(message),
                    .hint = std::move(hint),
                    .field = std::string(key)});
}

std::string did_you_mean(std::string_view typed, const std::vector<std::string>& names) {
  const std::string near = nearest(typed, names);
  return near.empty() ? std::string() : fmt::format("did you mean {}?", near);
}

Result<void> apply(Policy& policy, Role role, const std::string& name, const std::string& value) {
  std::vector<std::string> known;
  for (const Key& key : kKeys) {
    if (key.name == name && (key.role == Role::callee || role == Role::caller)) {
      if (key.read(value, policy)) return {};
      if (name.starts_with("breaker-") && !policy.call.breaker) {
        return refused(name, fmt::format("{} means nothing while the breaker is off", name),
                       "give breaker=on before it");
      }
      return refused(name, fmt::format("{} must be {}", name, key.rule));
    }
    if (key.name == name) {
      return refused(name, fmt::format("this service calls no other, so that it has no {}", name),
                     "set it for the order service");
    }
    if (key.role == Role::callee || role == Role::caller) known.emplace_back(key.name);
  }
  return refused(
      name,
      fmt::format("there is no {}; there are {}", escape_control(name), fmt::join(known, ", ")),
      did_you_mean(name, known));
}

/// Whatever does not differ for a service's role makes no difference between its policies either.
bool same(const Policy& a, const Policy& b, Role role) {
  for (const Key& key : kKeys) {
    if (key.role == Role::caller && role == Role::callee) continue;
    if (key.describe(a) != key.describe(b)) return false;
  }
  return true;
}

/// What is allowed and probably not meant.
std::vector<std::string> warnings_about(const CallPolicy& call) {
  std::vector<std::string> warnings;
  const auto warn_if = [&](bool odd, std::string text) {
    if (odd) warnings.push_back(std::move(text));
  };
  constexpr milliseconds kConnecting(10);
  const auto limit = call.attempt_timeout ? call.attempt_timeout : call.deadline;
  warn_if(limit && *limit < kConnecting,
          fmt::format("{} leaves hardly time to connect: most calls will fail", describe(limit)));
  warn_if(call.deadline && call.attempt_timeout && *call.attempt_timeout >= *call.deadline,
          fmt::format("attempt-timeout {} never ends an attempt: the deadline {} is shorter",
                      describe(call.attempt_timeout), describe(call.deadline)));
  warn_if(call.retries > 0 && !call.breaker && !call.budget,
          "retries have neither budget nor breaker: a failing callee gets a multiple of the load");
  warn_if(call.breaker && call.breaker->minimum > call.breaker->window,
          fmt::format("the breaker never opens: it judges from {} calls, but remembers {}",
                      call.breaker ? call.breaker->minimum : 0,
                      call.breaker ? call.breaker->window : 0));
  return warnings;
}

}  // namespace

Policy Policies::get() const {
  const std::lock_guard lock(mutex_);
  return policy_;
}

std::string_view Policies::preset() const {
  const Policy policy = get();
  if (same(policy, standard(), role_)) return "standard";
  return same(policy, naive(), role_) ? "naive" : "custom";
}

std::vector<Setting> Policies::settings() const {
  const Policy policy = get();
  std::vector<Setting> all;
  for (const Key& key : kKeys) {
    if (key.role == Role::caller && role_ == Role::callee) continue;
    all.push_back({key.name, key.describe(policy), key.describe(naive()), key.describe(standard()),
                   key.meaning});
  }
  return all;
}

Result<std::vector<std::string>> Policies::change(const Changes& changes) {
  const std::lock_guard changing(changing_);
  Policy wanted = get();
  for (const auto& [name, value] : changes) {
    if (name != "preset") continue;
    if (value != "naive" && value != "standard") {
      return refused(
          "preset",
          fmt::format("there is no preset {}; there are naive and standard", escape_control(value)),
          did_you_mean(value, {"naive", "standard"}));
    }
    wanted = value == "naive" ? naive() : standard();
  }
  for (const auto& [name, value] : changes) {
    if (name == "preset") continue;
    if (auto applied = apply(wanted, role_, name, value); !applied) {
      return fail(std::move(applied.error()));
    }
  }
  {
    const std::lock_guard lock(mutex_);
    policy_ = wanted;
  }
  for (const auto& react : followers_) react(wanted);
  return warnings_about(wanted.call);
}

void Policies::follow(std::function<void(const Policy&)> react) {
  const std::lock_guard changing(changing_);
  react(get());
  followers_.push_back(std::move(react));
}

}  // namespace msdemo::resilience
