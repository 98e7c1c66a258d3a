#include "base/url.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>

#include "base/text.hpp"

namespace msdemo {

namespace {

constexpr std::string_view kMask = "***";
constexpr std::string_view kQueryPassword = "password=";
constexpr int kHighestPort = 65535;

tl::unexpected<Error> bad(std::string_view text, std::string_view rule) {
  return fail(Code::usage,
              fmt::format("{} is no URL: {}", escape_control(without_password(text)), rule),
              "for example postgresql://user:password@127.0.0.1:5432/shop");
}

std::optional<std::string> decode(std::string_view text) {
  std::string decoded;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '%') {
      decoded += text[i];
      continue;
    }
    unsigned value = 0;
    const char* const first = text.data() + i + 1;
    const char* const last = text.data() + std::min(i + 3, text.size());
    const auto [end, error] = std::from_chars(first, last, value, 16);
    if (error != std::errc() || end != first + 2 || value == 0) return std::nullopt;
    decoded += static_cast<char>(value);
    i += 2;
  }
  return decoded;
}

/// Removes what is before the first `mark`, and the mark, from `rest`; nothing if there is none.
std::optional<std::string_view> take_until(std::string_view& rest, char mark) {
  const auto at = rest.find(mark);
  if (at == rest.npos) return std::nullopt;
  const std::string_view before = rest.substr(0, at);
  rest.remove_prefix(at + 1);
  return before;
}

bool is_scheme(std::string_view scheme) {
  return !scheme.empty() && std::all_of(scheme.begin(), scheme.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '+' || c == '-';
  });
}

/// Where the authority of a URL begins and ends in `text`.
std::pair<std::size_t, std::size_t> authority_of(std::string_view text) {
  const auto slashes = text.find("://");
  if (slashes == text.npos) return {0, 0};
  const auto begin = slashes + 3;
  return {begin, std::min(text.find_first_of("/?#", begin), text.size())};
}

}  // namespace

Result<Url> parse_url(std::string_view text) {
  const auto [begin, end] = authority_of(text);
  if (begin == 0) return bad(text, "it has the form scheme://host");
  Url url{.scheme = std::string(text.substr(0, begin - 3))};
  std::transform(url.scheme.begin(), url.scheme.end(), url.scheme.begin(), [](char c) {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  });
  if (!is_scheme(url.scheme)) return bad(text, "it begins with a scheme like amqp");

  bool decoded = true;
  const auto set = [&decoded](std::string& field, std::string_view encoded) {
    auto plain = decode(encoded);
    decoded = decoded && plain;
    field = std::move(plain).value_or("");
  };
  std::string_view authority = text.substr(begin, end - begin);
  if (const auto at = authority.rfind('@'); at != authority.npos) {
    std::string_view credentials = authority.substr(0, at);
    authority.remove_prefix(at + 1);
    if (const auto user = take_until(credentials, ':')) {
      set(url.user, *user);
      set(url.password, credentials);
    } else {
      set(url.user, credentials);
    }
  }
  std::optional<std::string_view> port;
  if (authority.starts_with('[')) {
    authority.remove_prefix(1);
    const auto address = take_until(authority, ']');
    if (!address) return bad(text, "an IPv6 address ends with ']'");
    url.host = *address;
    if (authority.starts_with(':')) port = authority.substr(1);
  } else if (const auto colon = authority.find(':'); colon != authority.npos) {
    set(url.host, authority.substr(0, colon));
    port = authority.substr(colon + 1);
  } else {
    set(url.host, authority);
  }
  if (port) {
    const auto number = parse_integer(*port);
    if (!number || *number < 1 || *number > kHighestPort) {
      return bad(text, "its port is a number from 1 to 65535");
    }
    url.port = static_cast<int>(*number);
  }

  std::string_view rest = text.substr(end);
  rest = rest.substr(0, rest.find('#'));
  const auto question = rest.find('?');
  std::string_view path = rest.substr(0, question);
  if (path.starts_with('/')) path.remove_prefix(1);
  set(url.path, path);
  std::string_view query = question == rest.npos ? "" : rest.substr(question + 1);
  while (!query.empty()) {
    const std::string_view pair = query.substr(0, query.find('&'));
    query.remove_prefix(std::min(pair.size() + 1, query.size()));
    const auto equals = std::min(pair.find('='), pair.size());
    std::string name;
    set(name, pair.substr(0, equals));
    set(url.query[name], pair.substr(std::min(equals + 1, pair.size())));
  }
  if (!decoded) return bad(text, "'%' is followed by two hexadecimal digits, and not by 00");
  if (url.host.empty()) return bad(text, "it has no host");
  return url;
}

std::string without_password(std::string_view text) {
  std::string shown(text);
  const auto [begin, end] = authority_of(text);
  const std::string_view authority = text.substr(begin, end - begin);
  const auto at = authority.rfind('@');
  const auto colon = authority.find(':');
  // The query first: it is behind, so that the positions before it stay right.
  for (auto from = shown.find('?'); from != shown.npos;) {
    from = shown.find(kQueryPassword, from);
    if (from == shown.npos) break;
    from += kQueryPassword.size();
    const auto length = std::min(shown.find('&', from), shown.size()) - from;
    shown.replace(from, length, kMask);
  }
  if (at != authority.npos && colon < at) {
    shown.replace(begin + colon + 1, at - colon - 1, kMask);
  }
  return shown;
}

}  // namespace msdemo
