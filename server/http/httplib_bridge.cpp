#include "http/httplib_bridge.hpp"

#include <algorithm>
#include <cstring>
#include <string>

namespace msdemo::http {

namespace {

/// Reads from one buffer; what is written goes nowhere.
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

  ssize_t write(const char*, size_t size) override { return static_cast<ssize_t>(size); }
  void get_remote_ip_and_port(std::string&, int&) const override {}
  void get_local_ip_and_port(std::string&, int&) const override {}
  socket_t socket() const override { return 0; }

 private:
  std::string_view input_;
};

}  // namespace

HttplibBridge::HttplibBridge(Handler handler) : handler_(std::move(handler)) {
  set_pre_routing_handler([this](const httplib::Request& request, httplib::Response&) {
    handler_(request);
    return HandlerResponse::Handled;
  });
}

/// 0.11 asks the stream for the addresses, 0.18 wants them passed in. "Close", because the library
/// then adds least to the answer that nobody reads.
template <class AnyStream>
void HttplibBridge::drive(AnyStream& stream) {
  constexpr bool kClose = true;
  bool closed = false;
  if constexpr (requires { this->process_request(stream, kClose, closed, nullptr); }) {
    this->process_request(stream, kClose, closed, nullptr);
  } else {
    this->process_request(stream, std::string(), 0, std::string(), 0, kClose, closed, nullptr);
  }
}

void HttplibBridge::parse(std::string_view target) {
  if (target.find_first_of("%?+#") == target.npos) {
    httplib::Request plain;
    plain.path = target;
    return handler_(plain);
  }
  std::string request;
  request.reserve(target.size() + 32);
  request.append("GET ").append(target).append(" HTTP/1.1\r\n\r\n");
  MemoryStream stream(request);
  drive(stream);
}

}  // namespace msdemo::http
