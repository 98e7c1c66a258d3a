#include "commands/fault_words.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

#include "base/duration.hpp"
#include "base/text.hpp"

namespace msdemo::commands {

namespace {

constexpr std::string_view kOptions[] = {"route", "percent", "nth", "first",
                                         "after", "for",     "seed"};
constexpr const char* kExample = "for example: msdemo fault add user latency=100ms jitter=20ms";

std::vector<std::string> kind_names() {
  std::vector<std::string> names;
  for (const faults::Kind& kind : faults::kinds()) names.emplace_back(kind.name);
  return names;
}

tl::unexpected<Error> no_kind(const std::string& name, const std::string& value) {
  const auto names = kind_names();
  if (std::ranges::count(kOptions, name) > 0) {
    return fail(Code::usage, fmt::format("{} is an option, not a fault", name),
                fmt::format("write --{} {}", name, escape_control(value)));
  }
  const std::string meant = nearest(name, names);
  return fail(Code::usage, fmt::format("there is no fault '{}'", escape_control(name)),
              meant.empty() ? fmt::format("the faults are: {}", fmt::join(names, ", "))
                            : fmt::format("did you mean '{}'?", meant));
}

}  // namespace

Result<std::vector<faults::Spec>> parse_faults(const std::vector<std::string>& words,
                                               const Json& options) {
  std::vector<Json> documents;
  std::string jitter;
  for (const std::string& word : words) {
    const auto equals = word.find('=');
    if (equals == std::string::npos) {
      return fail(Code::usage, fmt::format("'{}' is not KIND=VALUE", escape_control(word)),
                  kExample);
    }
    const std::string kind = word.substr(0, equals);
    const std::string value = word.substr(equals + 1);
    const auto same = [&](const Json& document) { return document.at("kind") == kind; };
    if (std::ranges::any_of(documents, same) || (kind == "jitter" && !jitter.empty())) {
      return fail(Code::usage, fmt::format("{} is given twice", escape_control(kind)), kExample);
    }
    if (kind == "jitter") {
      jitter = value;
      continue;
    }
    if (faults::find_kind(kind) == nullptr) return no_kind(kind, value);
    documents.push_back({{"kind", kind}, {"value", value}});
    documents.back().update(options);
  }
  const auto latency =
      std::ranges::find_if(documents, [](const Json& each) { return each["kind"] == "latency"; });
  if (!jitter.empty() && latency == documents.end()) {
    return fail(Code::usage, "jitter belongs to a latency, and there is none", kExample);
  }
  if (!jitter.empty()) (*latency)["jitter"] = jitter;
  std::vector<faults::Spec> specs;
  for (const Json& document : documents) {
    auto spec = faults::parse_spec(document);
    if (!spec) return fail(std::move(spec.error()));
    specs.push_back(std::move(*spec));
  }
  return specs;
}

std::string when_words(const faults::Fault& fault) {
  std::vector<std::string> words = {in_words(fault.spec.trigger)};
  if (words.front().empty()) words.front() = "always";
  if (fault.spec.seed) words.push_back(fmt::format("seed {}", *fault.spec.seed));
  if (fault.over) {
    words.emplace_back("over");
  } else if (fault.left) {
    words.push_back(fmt::format("{} left", format_duration(*fault.left)));
  }
  return fmt::format("{}", fmt::join(words, ", "));
}

std::string hits_words(const faults::Fault& fault) {
  if (fault.met == 0) return "none: met nothing";
  if (fault.hits == 0) return fmt::format("none of {}", fault.met);
  return fmt::format("{} of {}", fault.hits, fault.met);
}

std::string kinds_help() {
  std::string text = "Faults:\n";
  for (const faults::Kind& kind : faults::kinds()) {
    text += fmt::format("  {:<24}{}\n", fmt::format("{}={}", kind.name, kind.value), kind.does);
  }
  return text;
}

}  // namespace msdemo::commands
