#include "commands/serve_environment.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <fstream>
#include <optional>
#include <string_view>

#include "base/text.hpp"
#include "base/url.hpp"
#include "commands/table.hpp"
#include "http/client.hpp"

namespace msdemo::commands {

namespace {

constexpr std::string_view kPrefix = "MSDEMO_";

/// What only whoever starts this process can know, and what is asked about it.
constexpr std::string_view kNoSettings[] = {"--help", "--ready-fd", "--lifeline-fd",
                                            "--print-config", "--json"};

/// Of the program and of what surrounds it: scripts/, tests, benchmarks.
constexpr std::string_view kOthers[] = {"MSDEMO_LAB", "MSDEMO_PLANTED_BUG", "MSDEMO_JOBS",
                                        "MSDEMO_TIDY_BASE", "MSDEMO_ENGINES_USER"};
constexpr std::string_view kTests = "MSDEMO_TEST_";

/// An engine's URL: the one kind of setting that is or holds a secret.
struct Secret {
  std::string_view option;
  std::string_view url_file;
  std::string_view password_file;
};
constexpr Secret kSecrets[] = {
    {"--db", "MSDEMO_DB_URL_FILE", "MSDEMO_DB_PASSWORD_FILE"},
    {"--broker-url", "MSDEMO_BROKER_URL_FILE", "MSDEMO_BROKER_PASSWORD_FILE"},
};

const Secret* secret_of(std::string_view option) {
  const auto* const found =
      std::find_if(std::begin(kSecrets), std::end(kSecrets),
                   [&](const Secret& secret) { return secret.option == option; });
  return found == std::end(kSecrets) ? nullptr : found;
}

template <class Words>
bool one_of(const Words& words, std::string_view word) {
  return std::find(std::begin(words), std::end(words), word) != std::end(words);
}

std::string option_name(const CLI::Option& option) {
  return "--" + option.get_lnames().front();
}

std::vector<CLI::Option*> settings_of(CLI::App& serve) {
  std::vector<CLI::Option*> settings;
  for (CLI::Option* option : serve.get_options()) {
    if (!option->get_lnames().empty() && !one_of(kNoSettings, option_name(*option))) {
      settings.push_back(option);
    }
  }
  return settings;
}

/// `--user-url` is MSDEMO_USER_URL; `--db` says what it holds: MSDEMO_DB_URL.
std::string variable_of(const std::string& option) {
  if (option == "--db") return "MSDEMO_DB_URL";
  std::string variable(kPrefix);
  for (const char c : option.substr(2)) {
    variable += c == '-' ? '_' : c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c;
  }
  return variable;
}

std::optional<std::string> value_in(const Environment& environment, std::string_view variable) {
  const auto found = environment.find(std::string(variable));
  // Compose and systemd hand on what is not set as an empty text.
  if (found == environment.end() || found->second.empty()) return std::nullopt;
  return found->second;
}

Result<std::string> first_line(std::string_view variable, const std::string& file) {
  std::ifstream stream(file);
  std::string line;
  if (std::getline(stream, line) && !line.empty()) return line;
  return fail(Code::usage, fmt::format("{} names {}, in which nothing can be read", variable,
                                       escape_control(file)));
}

struct Found {
  std::string value;
  std::string origin;
};

Result<std::optional<Found>> find_value(const std::string& option, const Environment& environment) {
  const std::string variable = variable_of(option);
  auto value = value_in(environment, variable);
  const Secret* const secret = secret_of(option);
  const auto file = secret ? value_in(environment, secret->url_file) : std::nullopt;
  if (value && file) {
    return fail(Code::usage, fmt::format("{} and {} are both set; which one counts?", variable,
                                         secret->url_file));
  }
  if (value) return Found{std::move(*value), "environment"};
  if (!file) return std::nullopt;
  auto line = first_line(secret->url_file, *file);
  if (!line) return fail(std::move(line.error()));
  return Found{std::move(*line), "file"};
}

std::vector<std::string> split(const std::string& list) {
  std::vector<std::string> values;
  for (std::size_t begin = 0; begin <= list.size();) {
    const auto end = std::min(list.find(',', begin), list.size());
    if (end > begin) values.push_back(list.substr(begin, end - begin));
    begin = end + 1;
  }
  return values;
}

Result<void> set(CLI::Option& option, const std::string& variable, const std::string& value) {
  // The broker's own lists of hosts keep their commas.
  const bool list = option.get_expected_max() > 1 || option.get_items_expected_max() > 1 ||
                    option.get_multi_option_policy() == CLI::MultiOptionPolicy::TakeAll;
  try {
    option.clear();
    for (const std::string& part : list ? split(value) : std::vector{value}) {
      option.add_result(part);
    }
    option.run_callback();
  } catch (const CLI::Error&) {
    // CLI11's own words would name the flag, and what was typed as it is.
    return fail(Code::usage,
                fmt::format("{} cannot be {}", variable, escape_control(without_password(value))),
                fmt::format("it is the same as --{}; see `msdemo serve --help`",
                            option.get_lnames().front()));
  }
  return {};
}

/// `url`, which names a user, with the user's password.
std::string with_password(std::string url, const std::string& password) {
  const auto end = std::min(url.find_first_of("/?#", url.find("://") + 3), url.size());
  const auto at = url.rfind('@', end);
  const std::string_view colon = url[at - 1] == ':' ? "" : ":";
  return url.insert(at, fmt::format("{}{}", colon, http::percent_encode(password)));
}

/// Completes a URL without a password, wherever it came from, by the one in the file.
Result<void> add_password(CLI::Option& option, const Environment& environment,
                          ServeSetting& setting) {
  const Secret* const secret = secret_of(setting.option);
  const auto file = secret ? value_in(environment, secret->password_file) : std::nullopt;
  if (!file || option.results().empty()) return {};
  const std::string url = option.results().front();
  const auto parsed = parse_url(url);
  if (!parsed || !parsed->password.empty() || parsed->user.empty()) return {};
  const auto password = first_line(secret->password_file, *file);
  if (!password) return fail(password.error());
  return set(option, setting.variable, with_password(url, *password));
}

std::string shown_value(const CLI::Option& option) {
  if (option.results().empty()) return option.get_default_str();
  std::string shown;
  for (const std::string& value : option.results()) {
    shown += (shown.empty() ? "" : ",") + without_password(value);
  }
  return shown;
}

}  // namespace

Environment msdemo_environment() {
  Environment found;
  for (char** entry = environ; *entry != nullptr; ++entry) {
    const std::string_view text(*entry);
    const auto equals = text.find('=');
    if (equals != text.npos && text.starts_with(kPrefix)) {
      found.emplace(text.substr(0, equals), text.substr(equals + 1));
    }
  }
  return found;
}

Result<std::vector<ServeSetting>> apply_environment(CLI::App& serve,
                                                    const Environment& environment) {
  std::vector<ServeSetting> settings;
  for (CLI::Option* option : settings_of(serve)) {
    const std::string name = option_name(*option);
    ServeSetting setting{name, variable_of(name), "", "flag"};
    if (option->count() == 0) {
      const auto found = find_value(setting.option, environment);
      if (!found) return fail(found.error());
      setting.origin = *found ? (*found)->origin : "default";
      if (*found) {
        if (auto done = set(*option, setting.variable, (*found)->value); !done) {
          return fail(std::move(done.error()));
        }
      }
    }
    if (auto done = add_password(*option, environment, setting); !done) {
      return fail(std::move(done.error()));
    }
    setting.value = shown_value(*option);
    settings.push_back(std::move(setting));
  }
  return settings;
}

std::vector<std::string> unknown_variables(const CLI::App& serve, const Environment& environment) {
  std::vector<std::string> known(std::begin(kOthers), std::end(kOthers));
  for (const CLI::Option* option : serve.get_options()) {
    if (option->get_lnames().empty()) continue;
    if (!one_of(kNoSettings, option_name(*option))) {
      known.push_back(variable_of(option_name(*option)));
    }
  }
  for (const Secret& secret : kSecrets) {
    known.emplace_back(secret.url_file);
    known.emplace_back(secret.password_file);
  }
  std::vector<std::string> notes;
  for (const auto& [name, value] : environment) {
    if (one_of(known, name) || name.starts_with(kTests)) continue;
    const std::string near = nearest(name, known);
    notes.push_back(fmt::format("{} means nothing to msdemo{}", name,
                                near.empty() ? "" : fmt::format("; did you mean {}?", near)));
  }
  return notes;
}

std::string format_settings(const std::vector<ServeSetting>& settings) {
  std::vector<std::vector<std::string>> lines = {{"OPTION", "VARIABLE", "FROM", "VALUE"}};
  for (const ServeSetting& setting : settings) {
    lines.push_back({setting.option, setting.variable, setting.origin, setting.value});
  }
  return format_table(lines);
}

Json to_json(const std::vector<ServeSetting>& settings) {
  Json list = Json::array();
  for (const ServeSetting& setting : settings) {
    list.push_back({{"option", setting.option},
                    {"variable", setting.variable},
                    {"value", setting.value},
                    {"origin", setting.origin}});
  }
  return {{"settings", std::move(list)}};
}

}  // namespace msdemo::commands
