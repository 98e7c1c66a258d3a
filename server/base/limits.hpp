// Every limit of the program, named in one place, so that "what happens when there is too much of
// it?" always has an answer. docs/reference/limits.md repeats this table; a test keeps them equal.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>

namespace msdemo::limits {

using std::chrono::milliseconds;
using std::chrono::seconds;

// What travels.
inline constexpr std::size_t kBodyBytes = 64 * 1024;
inline constexpr std::size_t kUriBytes = 256;
inline constexpr std::size_t kHeaderBytes = 16 * 1024;
inline constexpr std::size_t kJsonDepth = 32;
inline constexpr std::size_t kTextCodePoints = 255;
inline constexpr std::size_t kIdempotencyKeyBytes = 255;
inline constexpr std::int64_t kPageDefault = 50;
inline constexpr std::int64_t kPageMax = 1000;

// The HTTP server.
inline constexpr int kListenBacklog = 1024;
inline constexpr std::size_t kServerConnections = 8192;
inline constexpr std::size_t kRequestsPerConnection = 1'000'000'000;  ///< as told to clients
inline constexpr std::size_t kServerThreads = 256;
inline constexpr std::size_t kServerQueue = 4096;
inline constexpr std::size_t kAdminThreads = 2;
inline constexpr seconds kRequestComplete{10};
inline constexpr seconds kAnswerTaken{10};
inline constexpr seconds kIdleConnection{75};
inline constexpr milliseconds kRefusalDrain{500};
inline constexpr std::size_t kRefusalDrainBytes = 1024 * 1024;
inline constexpr seconds kServerDrain{5};

// The HTTP client.
inline constexpr seconds kExchangeCeiling{30};
inline constexpr seconds kUserLookup{5};  ///< below the ceiling, so that whoever asked hears 504
inline constexpr std::size_t kReplyBytes = 16 * 1024 * 1024;
inline constexpr std::size_t kPooledConnections = 64;
inline constexpr seconds kPooledIdle{60};

// Storage.
inline constexpr std::size_t kWritesPerCommit = 64;
inline constexpr std::size_t kWriteQueue = 4096;
inline constexpr std::size_t kReadConnections = 8;
inline constexpr std::size_t kCachedStatements = 64;

// Tracing.
inline constexpr double kSampleBurst = 100;
inline constexpr double kSamplesPerSecond = 20;
inline constexpr std::size_t kSpansQueued = 4096;
inline constexpr std::size_t kSpansPerExport = 512;
inline constexpr milliseconds kSpanDelay{20};
inline constexpr std::size_t kAttributeBytes = 1024;
inline constexpr std::size_t kTracesKept = 1000;
inline constexpr std::size_t kSpansPerTrace = 2000;
inline constexpr std::size_t kExportBytes = 4 * 1024 * 1024;
inline constexpr std::size_t kForwardQueue = 256;
inline constexpr milliseconds kForwardCall{1000};
inline constexpr milliseconds kTraceWait{1000};

// The lab.
inline constexpr milliseconds kRestartDelay{100};
inline constexpr int kFailedStarts = 5;
inline constexpr milliseconds kStartBackoff{200};
inline constexpr milliseconds kStartBackoffMax{5000};
inline constexpr seconds kStartTimeout{10};
inline constexpr seconds kStopGrace{6};
inline constexpr seconds kKillGrace{2};
inline constexpr seconds kSeedCall{5};
inline constexpr seconds kControlCall{10};
inline constexpr seconds kLabAction{20};
inline constexpr seconds kPreviousLab{2};
inline constexpr seconds kTracePoll{10};
inline constexpr std::size_t kControlThreads = 32;
inline constexpr std::size_t kTracesListed = 1000;
inline constexpr std::size_t kLabNameBytes = 32;
inline constexpr std::size_t kRecordBytes = 64 * 1024;
inline constexpr int kLogLinesShown = 100'000;
inline constexpr std::size_t kLogLineBytes = 64 * 1024;
inline constexpr std::size_t kLogBytes = 8 * 1024 * 1024;
inline constexpr std::size_t kOrdersPerCommand = 10'000;
inline constexpr std::size_t kTimelinesPerCommand = 5;

}  // namespace msdemo::limits
