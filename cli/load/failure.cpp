#include "load/failure.hpp"

#include "contracts/problem.hpp"

namespace msdemo::load {

Failure Failure::of(Code code) {
  return {std::string(info(code).name), info(code).definite};
}

std::optional<Failure> failure_in(int status, std::string_view body) {
  constexpr int kSuccess = 200;
  constexpr int kRedirect = 300;
  constexpr int kRefused = 400;
  constexpr int kBroken = 500;
  constexpr int kUnavailable = 503;
  if (status >= kSuccess && status < kRedirect) return std::nullopt;
  const Error problem = contracts::from_problem(status, body);
  if (problem.code != Code::invalid_reply) return Failure::of(problem.code);
  return Failure{"http-" + std::to_string(status),
                 (status >= kRefused && status < kBroken) || status == kUnavailable};
}

}  // namespace msdemo::load
