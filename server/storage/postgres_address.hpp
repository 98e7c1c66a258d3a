// Where a PostgreSQL server is, as libpq wants to hear it, and why it does not let us in. Apart
// from the connections, because it is also what keeps the password out of every message.
#pragma once

#include <string>
#include <string_view>

#include "base/error.hpp"

namespace msdemo::storage {

class PostgresAddress {
 public:
  /// Fails with usage if `url` is no `postgresql://` (or `postgres://`) URL. What its query says,
  /// like `?sslmode=require`, is for libpq, but for `prefix`; whatever is not said gets msdemo's
  /// own timeouts.
  static Result<PostgresAddress> parse(std::string_view url);

  /// Keywords and values for libpq, the password among them: not for anybody's eyes.
  const std::string& connection_string() const { return connection_string_; }

  /// The schema for what is called `name`: with `?prefix=NAME` in the URL it is NAME_name, so that
  /// several labs can share a database.
  std::string schema_of(const std::string& name) const { return prefix_ + name; }

  /// For messages: without the password.
  const std::string& shown() const { return shown_; }

  /// `text` without the password, should a library have quoted it.
  std::string without_secret(std::string text) const;

  /// Why connecting failed with `reason`: unreachable if nobody answers who could let us in, which
  /// may pass; lab_failed if the server refuses us. Asks the server once more to tell them apart.
  Error explain_refusal(std::string_view reason) const;

 private:
  PostgresAddress() = default;

  std::string connection_string_;
  std::string shown_;
  std::string password_;
  std::string prefix_;
};

}  // namespace msdemo::storage
