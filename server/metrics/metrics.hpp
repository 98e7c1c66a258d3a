// The process's metrics in Prometheus' text format. The only folder that knows prometheus-cpp.
#pragma once

#include <chrono>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>

namespace msdemo::metrics {

/// Counts and times the requests of one route. Thread-safe; never blocks for long.
class RequestTimer {
 public:
  virtual ~RequestTimer() = default;
  virtual void observe(int status, std::chrono::nanoseconds duration) = 0;
};

/// Everything this process measures. Thread-safe. Whatever it hands out lives as long as it does.
class Registry {
 public:
  Registry();
  Registry(const Registry&) = delete;
  Registry& operator=(const Registry&) = delete;
  ~Registry();

  /// `http_server_request_duration_seconds{method,route,status}`: rate, errors and duration.
  RequestTimer& request_timer(const std::string& method, const std::string& route);

  using Labels = std::map<std::string, std::string>;

  /// A gauge or a counter whose value is asked for at each scrape. `read` must outlive the
  /// registry's last use; a counter's must not go back.
  void gauge(const std::string& name, const std::string& help, std::function<double()> read,
             const Labels& labels = {});
  void counter(const std::string& name, const std::string& help, std::function<double()> read,
               const Labels& labels = {});

  /// The text format 0.0.4.
  std::string expose() const;

 private:
  class State;
  std::unique_ptr<State> state_;
};

}  // namespace msdemo::metrics
