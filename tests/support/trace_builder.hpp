// Puts spans together with chosen times, as the services write them. It exists so that a trace is
// one line per span in a test.
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "trace/span.hpp"

namespace msdemo::test {

/// A moment of every built trace, in nanoseconds since the epoch.
std::int64_t at(double us);

/// Collects the spans of one trace. Times are microseconds since its beginning.
class TraceBuilder {
 public:
  /// Starts a span under the one that was added as number `parent`, counted from 0; a negative
  /// number makes a root. Returns its own number.
  int add(int parent, std::string_view service, std::string_view name, trace::SpanKind kind,
          double start_us, double end_us);

  /// An outgoing HTTP call to `peer`, or a write to or read from the service's database.
  int call(int parent, std::string_view service, std::string_view peer, std::string_view name,
           double start_us, double end_us);
  int database(int parent, std::string_view service, std::string_view name, double start_us,
               double end_us);

  /// A message: written and confirmed, then in a group's queue, then handled for the `attempt`-th
  /// time.
  int publish(int parent, std::string_view service, std::string_view topic, double start_us,
              double end_us);
  int queue(int producer, std::string_view group, std::string_view topic, double start_us,
            double end_us);
  int process(int queue, std::string_view service, std::string_view topic, std::int64_t attempt,
              double start_us, double end_us);

  /// An event that says which rule decided.
  void decide(int span, std::string_view name, std::string_view rule, double at_us);

  void set(int span, std::string_view key, trace::AttributeValue value);
  void fail(int span, std::string_view reason);

  /// Takes a span out, as if the process had been killed before it was sent.
  void lose(int span);

  std::vector<trace::SpanRecord> spans() const;

 private:
  std::vector<trace::SpanRecord> spans_;
  std::vector<bool> lost_;
};

}  // namespace msdemo::test
