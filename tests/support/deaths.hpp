// Services that die again and again, at named points and at random: what every ledger of accepted
// orders has to survive.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "base/rng.hpp"
#include "support/lab_fixture.hpp"

namespace msdemo::test {

/// How each service dies, one death after the other: at a named point, or at a random moment
/// (empty).
using Deaths = std::map<std::string, std::vector<std::string>>;

/// `kills` deaths: ten at each point that is named in the code, the rest at random among
/// `services`, in an order of chance.
Deaths plan_deaths(int kills, const std::vector<std::string>& services, Rng& rng);

/// All services die at the same time, each by its own list, and come back; checked by Catch.
void kill_all(const TestLab& lab, const Deaths& deaths, Rng& rng);

}  // namespace msdemo::test
