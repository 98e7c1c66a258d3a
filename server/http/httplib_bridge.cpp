#include "http/httplib_bridge.hpp"

#include <algorithm>
#include <cstring>

#include "base/limits.hpp"

namespace msdemo::http {

namespace {

/// Reads from one buffer, writes to another.
class MemoryStream final : public httplib::Stream {
 public:
  explicit MemoryStream(std::string_view input) : input_(input) {}

  bool is_readable() const override { return !input_.empty(); }
  bool is_writable() const override { return true; }

  ssize_t read(char* to, size_t size) override {
    const std::size_t count = std::min(size, input_.size());
    std::memcpy(to, input_.data(), count);
    input_.remove_prefix(count);
    return static_cast<ssize_t>(count);
  }

  ssize_t write(const char* from, size_t size) override {
    output_.append(from, size);
    return static_cast<ssize_t>(size);
  }

  void get_remote_ip_and_port(std::string&, int&) const override {}
  void get_local_ip_and_port(std::string&, int&) const override {}
  socket_t socket() const override { return 0; }

  std::string take_output() { return std::move(output_); }

 private:
  std::string_view input_;
  std::string output_;
};

/// Features of the library that a JSON service has no use for, and that would only widen what a
/// client can make it do: ranges, compression, a second `100 Continue`.
void strip(httplib::Request& request) {
  request.ranges.clear();
  request.headers.erase("Expect");
  request.headers.erase("Accept-Encoding");
}

}  // namespace

HttplibBridge::HttplibBridge(Handler handler, Handler library_error) {
  set_keep_alive_timeout(limits::kIdleConnection.count());
  set_keep_alive_max_count(limits::kRequestsPerConnection);
  set_pre_routing_handler(
      [handler = std::move(handler)](const httplib::Request& request, httplib::Response& response) {
        handler(request, response);
        return HandlerResponse::Handled;
      });
  set_error_handler(httplib::Server::Handler(
      [library_error = std::move(library_error)](const auto& request, auto& response) {
        if (response.body.empty()) library_error(request, response);
      }));
}

/// 0.11 asks the stream for the addresses, 0.18 wants them passed in.
template <class AnyStream>
void HttplibBridge::drive(AnyStream& stream, bool close) {
  bool closed = false;
  if constexpr (requires { this->process_request(stream, close, closed, strip); }) {
    this->process_request(stream, close, closed, strip);
  } else {
    this->process_request(stream, std::string(), 0, std::string(), 0, close, closed, strip);
  }
}

std::string HttplibBridge::answer(std::string_view request, bool close) {
  MemoryStream stream(request);
  drive(stream, close);
  return stream.take_output();
}

}  // namespace msdemo::http
