#include "support/raw_connection.hpp"

#include <poll.h>
#include <sys/socket.h>

#include <cstdlib>
#include <stdexcept>

#include "base/json.hpp"

namespace msdemo::test {

namespace {

SteadyTime soon() {
  return std::chrono::steady_clock::now() + std::chrono::seconds(20);
}

}  // namespace

RawConnection::RawConnection(int port) {
  auto socket = http::connect_to("127.0.0.1", port, soon());
  if (!socket) throw std::runtime_error(socket.error().message);
  socket_ = std::move(*socket);
}

bool RawConnection::send(std::string_view bytes) {
  return http::send_all(fd(), bytes, soon());
}

void RawConnection::finish_sending() {
  ::shutdown(fd(), SHUT_WR);
}

bool RawConnection::fill() {
  char chunk[16 * 1024];
  if (!http::wait_for(fd(), POLLIN, soon())) return false;
  const ssize_t count = ::recv(fd(), chunk, sizeof chunk, 0);
  if (count <= 0) return false;
  received_.append(chunk, static_cast<std::size_t>(count));
  return true;
}

RawConnection::Reply RawConnection::receive() {
  std::size_t end;
  while ((end = received_.find("\r\n\r\n")) == std::string::npos) {
    if (!fill()) return {};
  }
  Reply reply;
  reply.head = received_.substr(0, end + 2);
  reply.status = std::atoi(reply.head.c_str() + reply.head.find(' '));
  const auto length_at = reply.head.find("Content-Length: ");
  const std::size_t length = length_at == std::string::npos
                                 ? 0
                                 : std::strtoul(reply.head.c_str() + length_at + 16, nullptr, 10);
  while (received_.size() < end + 4 + length) {
    if (!fill()) break;
  }
  reply.body = received_.substr(end + 4, length);
  received_.erase(0, end + 4 + length);
  return reply;
}

bool RawConnection::closed_by_peer() {
  return received_.empty() && !fill();
}

std::string RawConnection::Reply::problem() const {
  const auto json = parse_json(body);
  if (!json || !json->is_object() || !says("application/problem+json")) return "";
  const std::string type = json->value("type", "");
  return type.substr(type.rfind(':') + 1);
}

RawConnection::Reply ask(int port, std::string_view bytes) {
  RawConnection connection(port);
  connection.send(bytes);
  return connection.receive();
}

}  // namespace msdemo::test
