// Drives cpp-httplib's request parser and response writer in memory, so that sockets, limits and
// waiting are ours. The one place that knows how its versions differ.
#pragma once

#include <httplib.h>

#include <functional>
#include <string>
#include <string_view>

namespace msdemo::http {

/// Turns the bytes of one complete, well-framed request into the bytes of its answer. Thread-safe.
class HttplibBridge : private httplib::Server {
 public:
  using Handler = std::function<void(const httplib::Request&, httplib::Response&)>;

  /// `handler` answers every request; `library_error` fills an answer that the library made itself.
  HttplibBridge(Handler handler, Handler library_error);

  std::string answer(std::string_view request, bool close);

 private:
  template <class AnyStream>
  void drive(AnyStream& stream, bool close);
};

}  // namespace msdemo::http
