#pragma once
#include "base/limits.hpp"
namespace msdemo::limits {
inline constexpr milliseconds kDrainIdle{250};
inline constexpr milliseconds kRefusedAddress{500};
inline constexpr milliseconds kReplicaConnect{250};
inline constexpr int kReplicas = 16;
inline constexpr seconds kEngineWait{600};
}
