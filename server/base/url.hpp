// The address of an engine, as people write it: postgresql://shop:secret@db.example/shop
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "base/error.hpp"

namespace msdemo {

/// A URL taken apart (RFC 3986), percent-decoded but for `scheme`.
struct Url {
  std::string scheme;  ///< in lower case
  std::string user{};
  std::string password{};
  std::string host{};  ///< an IPv6 address without its brackets
  std::optional<int> port{};
  std::string path{};  ///< without its leading `/`
  std::map<std::string, std::string> query{};
};

/// Fails with usage, never repeating a password, when `text` is not `scheme://host…` or breaks
/// a rule of its parts.
Result<Url> parse_url(std::string_view text);

/// `text` as it may be shown and logged: a password, in the authority or as `password=` in the
/// query, becomes `***`. Works on anything, also on what parse_url() refuses.
std::string without_password(std::string_view text);

}  // namespace msdemo
