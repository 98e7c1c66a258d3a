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
inline constexpr milliseconds kHotStall{
    20};  ///< that a request waits for a processor at most, or gets a thread more
inline constexpr std::size_t kServerQueue = 4096;
inline constexpr std::size_t kAdminThreads = 2;
inline constexpr seconds kRequestComplete{10};
inline constexpr seconds kAnswerTaken{10};
inline constexpr seconds kIdleConnection{75};
inline constexpr milliseconds kRefusalDrain{500};
inline constexpr std::size_t kRefusalDrainBytes = 1024 * 1024;
inline constexpr seconds kServerDrain{5};
inline constexpr milliseconds kDrainIdle{250};         ///< that a kept connection may still be used
inline constexpr milliseconds kQueueAge{100};          ///< that a request may wait for a thread
inline constexpr milliseconds kQueueAgeOverloaded{5};  ///< the same once the queue does not empty

// The HTTP client.
inline constexpr seconds kExchangeCeiling{30};
inline constexpr std::size_t kReplyBytes = 16 * 1024 * 1024;
inline constexpr std::size_t kPooledConnections = 64;
inline constexpr seconds kPooledIdle{60};
inline constexpr milliseconds kReplicaConnect{250};  ///< before the next address is tried
inline constexpr milliseconds kRefusedAddress{500};  ///< that an address is left out that refused

// Storage.
inline constexpr std::size_t kWritesPerCommit = 64;
inline constexpr std::size_t kWriteQueue = 4096;
inline constexpr std::size_t kRowsPerInsert = 16;  ///< of PostgreSQL: each number is a statement
inline constexpr std::size_t kLookUpsPerMessage = 64;
inline constexpr std::size_t kLookUpQueue = 4096;
inline constexpr std::size_t kReadConnections = 8;
inline constexpr std::size_t kDatabaseConnections = 8;  ///< of one process to PostgreSQL
inline constexpr std::size_t kDatabaseWriters = 2;      ///< of them: transactions that write
inline constexpr seconds kDatabaseConnect{5};
inline constexpr seconds kDatabaseSilence{10};      ///< after which a connection counts as broken
inline constexpr seconds kDatabaseStatement{30};    ///< of a statement, and of a pause between two
inline constexpr seconds kDatabaseWait{5};          ///< for a connection that others use
inline constexpr milliseconds kDatabasePause{100};  ///< between attempts to reach a server
inline constexpr int kConflictRetries = 8;          ///< of a write that meets others
inline constexpr seconds kMigrationWait{60};        ///< while another process migrates
inline constexpr seconds kLeadershipAsked{1};  ///< how often who does not lead asks whether it may
inline constexpr std::size_t kAnnouncements = 1024;  ///< to other processes, that wait to be sent
inline constexpr std::size_t kCachedStatements = 64;

// Messages.
inline constexpr std::size_t kMessageBytes = 64 * 1024;
inline constexpr std::size_t kTopicBytes = 64;
inline constexpr std::size_t kPartitionKeyBytes = 255;
inline constexpr std::size_t kTopics = 1000;
inline constexpr std::size_t kGroups = 100;
inline constexpr std::int64_t kTopicMessages = 1'000'000;
inline constexpr std::int64_t kTopicRetained = 10'000;  ///< after every group has had them
inline constexpr std::int64_t kDeadLetters = 100'000;
inline constexpr std::int64_t kOutboxMessages = 1'000'000;
inline constexpr std::int64_t kInboxKept = 1'000'000;
inline constexpr std::size_t kBatchMessages = 256;
inline constexpr std::size_t kPrefetch = 32;  ///< messages that a consumer is given at once
inline constexpr std::size_t kBatchBytes = 1024 * 1024;  ///< of bodies; one message always fits
inline constexpr std::size_t kBrokerBodyBytes = 8 * 1024 * 1024;
inline constexpr std::size_t kPeekedMessages = 100;
inline constexpr seconds kReceiveWait{10};
inline constexpr std::size_t kReceiveWaiters = 128;
inline constexpr seconds kLease{5};
inline constexpr int kMaxAttempts = 10;
inline constexpr milliseconds kRetryBase{20};
inline constexpr milliseconds kRetryCap{1000};
inline constexpr seconds kRetryDelay{3600};      ///< the longest a consumer may ask for
inline constexpr milliseconds kBatchTarget{20};  ///< how long a batch of messages should take
inline constexpr seconds kBrokerCall{5};
inline constexpr int kConsumers = 64;  ///< in one service
inline constexpr std::size_t kReasonBytes = 1024;
inline constexpr int kSentAhead = 2;  ///< batches that RabbitMQ may send a consumer that keeps up
inline constexpr seconds kUnheardWait{1};        ///< for messages that nobody listened to
inline constexpr int kDeadLettersRead = 10'000;  ///< of one group, at once, from RabbitMQ

// Kafka.
inline constexpr int kKafkaPartitions = 6;  ///< of a topic that we make
inline constexpr int kKafkaPartitionsMax = 1000;
inline constexpr int kKafkaReplication = 3;  ///< of a topic that we make, if there are as many
inline constexpr int kKafkaReplicationMax = 15;
inline constexpr std::chrono::hours kKafkaRetention{7 * 24};  ///< of a topic that we make
inline constexpr seconds kKafkaSession{6};  ///< without a sign of life, then others take over
inline constexpr milliseconds kKafkaHandover{2000};  ///< that a partition waits for what is in hand
inline constexpr milliseconds kKafkaHeartbeat{500};  ///< in which a change of consumers is noticed
inline constexpr milliseconds kKafkaTopicsNoticed{1500};  ///< new ones of a pattern
inline constexpr std::size_t kKafkaFetched = 512;         ///< messages that wait in a consumer
inline constexpr std::size_t kKafkaOpen = 10'000;         ///< given out, not settled; retries too
inline constexpr int kKafkaFetchedKilobytes = 8 * 1024;
inline constexpr std::size_t kKafkaMetadataBytes = 3500;  ///< beside an offset; Kafka takes 4096

// Waiting for an order.
inline constexpr seconds kOrderWait{30};
inline constexpr std::size_t kOrderWaiters = 128;
inline constexpr seconds kOrderReread{1};  ///< in case another process decided and could not say so

// Faults.
inline constexpr seconds kFaultTime{60};  ///< the longest latency, jitter or hang
inline constexpr seconds kFaultLasts{3600};
inline constexpr std::size_t kFaults = 64;  ///< of one service
inline constexpr std::size_t kFaultNumbers = 100;
inline constexpr std::int64_t kFaultCount = 1'000'000'000;

// Policies.
inline constexpr int kRetries = 10;
inline constexpr seconds kBudgetWindow{10};
inline constexpr int kBudgetReserve = 3;  ///< retries that any window has, however few calls it saw
inline constexpr int kBreakerWindow = 1000;
inline constexpr seconds kBreakerOpen{3600};
inline constexpr int kBreakerProbes = 100;
inline constexpr int kBulkhead = 10'000;
inline constexpr std::size_t kLastKnown = 10'000;  ///< answers kept for the fallback

// Load, watching and scenarios.
inline constexpr double kOrderRate = 10'000;
inline constexpr std::size_t kOrdersOutstanding = 1024;
inline constexpr seconds kWatchInterval{60};
inline constexpr seconds kScenarioCommand{120};
inline constexpr std::size_t kScenarioOutput = 1024 * 1024;

// Measuring.
inline constexpr double kBenchRate = 1'000'000;  ///< starts a second
inline constexpr std::size_t kBenchConnections = 10'000;
inline constexpr std::size_t kBenchBacklog = 65'536;  ///< starts that wait for a connection
inline constexpr seconds kBenchDuration{3600};        ///< of one run
inline constexpr std::size_t kBenchRates = 20;        ///< in one sweep
inline constexpr seconds kBenchCompletion{30};        ///< to wait for the last orders by message

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

// Engines that are away when a service starts.
inline constexpr seconds kEngineWait{3600};  ///< the longest that a service may be told to wait
inline constexpr seconds kWaitNotice{5};     ///< between two words about what it waits for

// The lab.
inline constexpr milliseconds kRestartDelay{100};
inline constexpr int kFailedStarts = 5;
inline constexpr int kReplicas = 16;  ///< of one service
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
inline constexpr std::size_t kLabNameBytes = 32;
inline constexpr std::size_t kRecordBytes = 64 * 1024;
inline constexpr int kLogLinesShown = 100'000;
inline constexpr std::size_t kLogLineBytes = 64 * 1024;
inline constexpr std::size_t kLogBytes = 8 * 1024 * 1024;
inline constexpr std::size_t kOrdersPerCommand = 10'000;
inline constexpr std::size_t kTimelinesPerCommand = 5;
inline constexpr std::size_t kOrdersCompared = 100;

}  // namespace msdemo::limits
