#include "storage/postgres_address.hpp"

#include <fmt/format.h>
#include <libpq-fe.h>

#include <algorithm>
#include <map>

#include "base/limits.hpp"
#include "base/text.hpp"
#include "base/url.hpp"

namespace msdemo::storage {

namespace {

/// A value of a connection string: in quotes, with quotes and backslashes escaped.
std::string quoted_value(std::string_view value) {
  std::string text = "'";
  for (const char c : value) {
    if (c == '\'' || c == '\\') text += '\\';
    text += c;
  }
  return text + "'";
}

/// How long to wait for a server that says nothing, in the words of libpq.
std::map<std::string, std::string> default_keywords() {
  using std::chrono::milliseconds;
  const auto silence = std::chrono::seconds(limits::kDatabaseSilence).count();
  return {
      {"application_name", "msdemo"},
      {"client_encoding", "UTF8"},
      {"connect_timeout", std::to_string(std::chrono::seconds(limits::kDatabaseConnect).count())},
      {"keepalives_idle", std::to_string(silence / 2)},
      {"keepalives_interval", "1"},
      {"keepalives_count", std::to_string(silence / 2)},
      {"tcp_user_timeout", std::to_string(milliseconds(limits::kDatabaseSilence).count())}};
}

}  // namespace

Result<PostgresAddress> PostgresAddress::parse(std::string_view text) {
  const auto url = parse_url(text);
  if (!url) return fail(url.error());
  if (url->scheme != "postgresql" && url->scheme != "postgres") {
    return fail(
        Code::usage,
        fmt::format("no database has a URL like {}", escape_control(without_password(text))),
        "it begins with postgresql://; without --db, each service has an SQLite file");
  }
  auto keywords = default_keywords();
  keywords["host"] = url->host;
  if (url->port) keywords["port"] = std::to_string(*url->port);
  if (!url->user.empty()) keywords["user"] = url->user;
  if (!url->password.empty()) keywords["password"] = url->password;
  if (!url->path.empty()) keywords["dbname"] = url->path;
  for (const auto& [name, value] : url->query) keywords[name] = value;

  PostgresAddress address;
  if (const auto prefix = keywords.extract("prefix"); !prefix.empty()) {
    address.prefix_ = prefix.mapped() + "_";
  }
  address.shown_ = escape_control(without_password(text));
  address.password_ = keywords.count("password") != 0 ? keywords["password"] : "";
  for (const auto& [name, value] : keywords) {
    address.connection_string_ += fmt::format("{}={} ", name, quoted_value(value));
  }
  return address;
}

std::string PostgresAddress::without_secret(std::string text) const {
  if (password_.empty()) return text;
  for (auto at = text.find(password_); at != text.npos; at = text.find(password_, at)) {
    text.replace(at, password_.size(), "***");
    at += 3;
  }
  return text;
}

Error PostgresAddress::explain_refusal(std::string_view reason) const {
  std::string_view line = reason.substr(0, reason.find('\n'));
  const std::string why = without_secret(escape_control(line));
  // What libpq says is for people, and in their language; this answer is for programs.
  switch (::PQping(connection_string_.c_str())) {
    case PQPING_OK:
      return {Code::lab_failed, fmt::format("the database {} refuses: {}", shown_, why),
              "check the user, the password and the name of the database in the URL"};
    case PQPING_REJECT:
      return {Code::unreachable, fmt::format("the database {} is not ready: {}", shown_, why),
              "it starts or stops; try again in a moment"};
    case PQPING_NO_ATTEMPT:
      return {Code::usage, fmt::format("the database {} cannot be asked for: {}", shown_, why),
              "see libpq's connection parameters for what may follow the '?'"};
    default:
      return {Code::unreachable, fmt::format("no database answers at {}: {}", shown_, why),
              "start PostgreSQL, or check the host and the port in the URL"};
  }
}

}  // namespace msdemo::storage
