// A fault as it is asked for, and the rules for asking: one grammar for the admin API and for the
// command line.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>

#include "base/error.hpp"
#include "base/json.hpp"
#include "faults/trigger.hpp"

namespace msdemo::faults {

struct Spec {
  std::string kind;                                   ///< the name of one of kinds()
  std::string value;                                  ///< as that kind takes it
  std::optional<std::chrono::microseconds> jitter{};  ///< of a latency
  std::string route{};  ///< `/users/{id}`, `GET /users/{id}` or a topic; empty: wherever it can hit
  Trigger trigger{};
  std::optional<std::chrono::microseconds> lasts{};  ///< from when it is added
  std::optional<std::int64_t> seed{};
};

/// Reads `{"kind","value","jitter"?,"route"?,"percent"?,"nth"?,"first"?,"after"?,"for"?,"seed"?}`.
/// Fails with invalid_field, naming the field, its rule and what was probably meant. Whether the
/// service has such a route is for Faults to know.
Result<Spec> parse_spec(const Json& json);

/// What parse_spec() reads.
Json to_json(const Spec& spec);

/// `latency=100ms, jitter=20ms, first 2`
std::string in_words(const Spec& spec);

}  // namespace msdemo::faults
