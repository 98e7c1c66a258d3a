#include "commands/bench_options.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <cstring>

#include "base/duration.hpp"
#include "base/limits.hpp"
#include "base/text.hpp"
#include "http/socket.hpp"

namespace msdemo::commands {

namespace {

constexpr std::size_t kRepetitions = 6;
constexpr int kHttpPort = 80;

tl::unexpected<Error> wrong(std::string_view option, std::string_view rule, std::string hint) {
  return fail(Code::usage, fmt::format("{} {}", option, rule), std::move(hint));
}

Result<double> check_rate(std::string_view option, double rate) {
  if (rate > 0 && rate <= limits::kBenchRate) return rate;
  return wrong(option,
               fmt::format("must be more than 0 and at most {} starts a second",
                           load::format_rate(limits::kBenchRate)),
               "for example --rate 400; to go as fast as the answers come: --closed");
}

Result<std::chrono::milliseconds> check_time(std::string_view option, const std::string& text,
                                             bool zero) {
  const auto time = parse_duration(text, limits::kBenchDuration);
  const auto ms =
      time ? std::chrono::floor<std::chrono::milliseconds>(*time) : std::chrono::milliseconds(-1);
  if (ms.count() > 0 || (zero && ms.count() == 0)) return ms;
  return wrong(option,
               fmt::format("is a time of {} to {} s, not '{}'", zero ? "0s" : "1ms",
                           limits::kBenchDuration.count(), text),
               fmt::format("for example {} 500ms or {} 2s", option, option));
}

Result<std::vector<double>> check_rates(std::string_view list) {
  std::vector<double> rates;
  while (!list.empty()) {
    const auto end = std::min(list.find(','), list.size());
    double rate = 0;
    const auto [stop, error] = std::from_chars(list.data(), list.data() + end, rate);
    if (error != std::errc() || stop != list.data() + end) {
      return wrong("--sweep", "is on, off or a list of rates",
                   "for example --sweep 100,200,400,800");
    }
    if (const auto checked = check_rate("--sweep", rate); !checked) return fail(checked.error());
    rates.push_back(rate);
    list.remove_prefix(std::min(end + 1, list.size()));
  }
  if (rates.empty() || rates.size() > limits::kBenchRates) {
    return wrong("--sweep", fmt::format("takes 1 to {} rates", limits::kBenchRates),
                 "for example --sweep 100,200,400,800");
  }
  std::sort(rates.begin(), rates.end());
  return rates;
}

Result<Endpoint> parse_url(const std::string& url) {
  constexpr std::string_view kScheme = "http://";
  const auto refuse = [&](std::string_view rule) {
    return wrong("--url", rule, "for example --url http://127.0.0.1:8080/users/1");
  };
  if (url.rfind(kScheme, 0) != 0) return refuse("begins with http:// (bench speaks no TLS)");
  const auto path = std::min(url.find_first_of("/?", kScheme.size()), url.size());
  const std::string authority = url.substr(kScheme.size(), path - kScheme.size());
  const bool visible =
      std::all_of(url.begin(), url.end(), [](char c) { return c > ' ' && c < 127; });
  if (!visible) return refuse("holds visible ASCII only; encode the rest with %");
  Endpoint endpoint{
      .host = authority, .port = kHttpPort, .target = url.substr(path), .display = url};
  const auto colon = authority.rfind(':');
  if (colon != authority.npos && authority.find(']', colon) == authority.npos) {
    const auto port = parse_integer(authority.substr(colon + 1));
    if (!port || *port < 1 || *port > UINT16_MAX) return refuse("has a port of 1 to 65535");
    endpoint.port = static_cast<int>(*port);
    endpoint.host = authority.substr(0, colon);
  }
  if (endpoint.host.empty()) return refuse("names a host");
  if (endpoint.target.empty() || endpoint.target.front() == '?') endpoint.target.insert(0, "/");
  return endpoint;
}

/// Whether a file can be written there: found out now, and not when everything has been measured.
Result<void> check_writable(const std::string& path) {
  const bool existed = ::access(path.c_str(), F_OK) == 0;
  const http::FileDescriptor file(::open(path.c_str(), O_WRONLY | O_CREAT | O_CLOEXEC, 0666));
  if (!file.open()) {
    return wrong("--html",
                 fmt::format("names {}, which cannot be written: {}", path, std::strerror(errno)),
                 "choose a file in a folder that exists and is yours, as in --html report.html");
  }
  if (!existed) ::unlink(path.c_str());
  return {};
}

Result<std::vector<std::string>> styles_of(const BenchOptions& options) {
  using Styles = std::vector<std::string>;
  if (!options.url.empty()) return Styles{"url"};
  if (options.style == "both") return Styles{"sync", "async"};
  if (options.style == "sync" || options.style == "async") return Styles{options.style};
  return wrong("--style", fmt::format("is sync, async or both, not '{}'", options.style),
               "leave it out to measure both");
}

Result<void> check_numbers(const BenchOptions& options) {
  if (options.connections < 1 || options.connections > limits::kBenchConnections) {
    return wrong("--connections", fmt::format("must be 1 to {}", limits::kBenchConnections),
                 "64 are usual");
  }
  if (options.arrivals != "constant" && options.arrivals != "poisson") {
    return wrong("--arrivals", fmt::format("is constant or poisson, not '{}'", options.arrivals),
                 "constant is usual; poisson is how independent people come");
  }
  if (options.closed && options.rate_given) {
    return wrong("--closed", "has no rate: every connection sends when the last answer came",
                 "leave --rate or --closed out");
  }
  return {};
}

Result<void> plan_sweep(const BenchOptions& options, BenchPlan& plan) {
  const bool usual = options.url.empty() && !options.closed;
  if (options.sweep == "off" || (!options.sweep_given && !usual)) return {};
  plan.sweeps = true;
  if (options.sweep == "on") return {};
  auto rates = check_rates(options.sweep);
  if (!rates) return fail(std::move(rates.error()));
  plan.sweep = std::move(*rates);
  return {};
}

}  // namespace

Result<BenchPlan> plan_bench(const BenchOptions& options) {
  if (const auto checked = check_numbers(options); !checked) return fail(checked.error());
  if (options.rate_given) {
    if (const auto rate = check_rate("--rate", options.rate); !rate) return fail(rate.error());
  }
  const bool url = !options.url.empty();
  auto styles = styles_of(options);
  if (!styles) return fail(std::move(styles.error()));
  const auto duration = check_time("--duration",
                                   !options.duration.empty() ? options.duration
                                   : url                     ? "10s"
                                                             : "1s",
                                   false);
  if (!duration) return fail(duration.error());
  const auto warmup = check_time("--warmup", options.warmup, true);
  if (!warmup) return fail(warmup.error());
  BenchPlan plan{.settings = {.styles = std::move(*styles),
                              .target = options.url,
                              .rate_per_s = options.rate_given ? options.rate : 0,
                              .connections = options.connections,
                              .duration = *duration,
                              .warmup = *warmup,
                              .loop = options.closed ? "closed" : "open",
                              .arrivals = options.arrivals,
                              .seed = options.seed},
                 .repetitions = url ? 1 : kRepetitions,
                 .html = options.html};
  if (const auto sweep = plan_sweep(options, plan); !sweep) return fail(sweep.error());
  if (url) {
    auto endpoint = parse_url(options.url);
    if (!endpoint) return fail(std::move(endpoint.error()));
    plan.url = std::move(*endpoint);
  }
  for (const std::string& text : options.fail_if) {
    auto threshold = parse_threshold(text);
    if (!threshold) return fail(std::move(threshold.error()));
    plan.thresholds.push_back(std::move(*threshold));
  }
  if (!options.html.empty()) {
    if (const auto writable = check_writable(options.html); !writable)
      return fail(writable.error());
  }
  return plan;
}

void add_bench_options(CLI::App& command, BenchOptions& options) {
  command.add_option_function<double>(
      "--rate",
      [&options](const double& rate) {
        options.rate = rate;
        options.rate_given = true;
      },
      "Starts per second of each run; else one that both styles manage");
  command.add_option("--connections", options.connections, "How many, kept open")
      ->capture_default_str();
  command.add_option("--duration", options.duration,
                     "How long a run is measured (a run of the sweep: half of it); else 1s, and "
                     "10s with --url");
  command.add_option("--warmup", options.warmup, "How long each run goes on before it is measured")
      ->capture_default_str();
  command.add_option("--style", options.style, "sync, async or both")->capture_default_str();
  command.add_option_function<std::string>(
      "--sweep",
      [&options](const std::string& sweep) {
        options.sweep = sweep;
        options.sweep_given = true;
      },
      "on, off or rates such as 100,200,400: one run of each style at each of them");
  command.add_option("--arrivals", options.arrivals, "constant, or poisson: as independent people")
      ->capture_default_str();
  command.add_option("--seed", options.seed, "Of poisson arrivals")->capture_default_str();
  command.add_flag("--closed", options.closed,
                   "Each connection sends when its last answer came, instead of at a rate");
  command.add_option("--url", options.url,
                     "Measure GET of any HTTP address instead of a lab: one run");
  command.add_option("--html", options.html, "Write a report for a browser into this file, too");
  command
      .add_option("--fail-if", options.fail_if,
                  "Exit with 1 if this holds for a median: 'p99>50ms', 'failed%>1', "
                  "'achieved<380'; may be repeated")
      ->expected(1)
      ->take_all();
}

}  // namespace msdemo::commands
