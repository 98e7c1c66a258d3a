// Drives cpp-httplib's request parser in memory: what a target means (percent-encoding, query) is
// the library's to say; where a request begins and ends (framing.hpp), limits and waiting are ours.
// The one place that knows how its versions differ.
#pragma once

#include <httplib.h>

#include <functional>
#include <string_view>

namespace msdemo::http {

class HttplibBridge : private httplib::Server {
 public:
  using Handler = std::function<void(const httplib::Request&)>;

  /// `handler` is called for every target that the library understands.
  explicit HttplibBridge(Handler handler);

  /// Parses a target (RFC 9112, section 3.2) and hands it to the handler, on this thread. Without
  /// escapes and query it means itself, and the library, which would also write an answer that
  /// nobody reads, is not asked: that was a third of the time for a small request.
  void parse(std::string_view target);

 private:
  template <class AnyStream>
  void drive(AnyStream& stream);

  const Handler handler_;
};

}  // namespace msdemo::http
