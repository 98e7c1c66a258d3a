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

/// Takes a URL apart, piece by piece, and remembers whether every piece could be decoded.
class Reader {
 public:
  void credentials(std::string_view text) {
    const auto colon = text.find(':');
    set(url.user, text.substr(0, colon));
    if (colon != text.npos) set(url.password, text.substr(colon + 1));
  }

  /// `host`, `host:port` or `[address]:port`; answers the rule that is broken, if one is.
  std::string_view place(std::string_view text) {
    const bool bracketed = text.starts_with('[');
    const auto end = bracketed ? text.find(']') : std::min(text.find(':'), text.size());
    if (end == text.npos) return "an IPv6 address ends with ']'";
    set(url.host, text.substr(bracketed ? 1 : 0, bracketed ? end - 1 : end));
    std::string_view rest = text.substr(bracketed ? end + 1 : end);
    if (!rest.starts_with(':')) return {};
    const auto number = parse_integer(rest.substr(1));
    if (!number || *number < 1 || *number > kHighestPort) {
      return "its port is a number from 1 to 65535";
    }
    url.port = static_cast<int>(*number);
    return {};
  }

  void path(std::string_view text) {
    if (text.starts_with('/')) text.remove_prefix(1);
    set(url.path, text);
  }

  void query(std::string_view text) {
    while (!text.empty()) {
      const std::string_view pair = text.substr(0, text.find('&'));
      text.remove_prefix(std::min(pair.size() + 1, text.size()));
      const auto equals = std::min(pair.find('='), pair.size());
      std::string name;
      set(name, pair.substr(0, equals));
      set(url.query[name], pair.substr(std::min(equals + 1, pair.size())));
    }
  }

  Url url{};
  bool decoded = true;

 private:
  void set(std::string& field, std::string_view encoded) {
    auto plain = decode(encoded);
    decoded = decoded && plain;
    field = std::move(plain).value_or("");
  }
};

}  // namespace

Result<Url> parse_url(std::string_view text) {
  const auto [begin, end] = authority_of(text);
  if (begin == 0) return bad(text, "it has the form scheme://host");
  Reader reader;
  reader.url.scheme = text.substr(0, begin - 3);
  for (char& c : reader.url.scheme) c = c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  if (!is_scheme(reader.url.scheme)) return bad(text, "it begins with a scheme like amqp");

  std::string_view authority = text.substr(begin, end - begin);
  if (const auto at = authority.rfind('@'); at != authority.npos) {
    reader.credentials(authority.substr(0, at));
    authority.remove_prefix(at + 1);
  }
  if (const auto broken = reader.place(authority); !broken.empty()) return bad(text, broken);
  std::string_view rest = text.substr(end);
  rest = rest.substr(0, rest.find('#'));
  const auto question = std::min(rest.find('?'), rest.size());
  reader.path(rest.substr(0, question));
  reader.query(rest.substr(std::min(question + 1, rest.size())));
  if (!reader.decoded) {
    return bad(text, "'%' is followed by two hexadecimal digits, and not by 00");
  }
  if (reader.url.host.empty()) return bad(text, "it has no host");
  return std::move(reader.url);
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
