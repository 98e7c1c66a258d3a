#include "load/connection.hpp"

#include <sys/epoll.h>
#include <sys/socket.h>

#include <algorithm>
#include <cerrno>
#include <utility>

namespace msdemo::load {

Connection::News Connection::send(std::string_view request, bool head_request) {
  reader_.begin(head_request);
  sent_bytes_ += std::exchange(request_bytes_, request.size());
  unsent_ = request;
  return flush();
}

Connection::News Connection::flush() {
  while (!unsent_.empty()) {
    const ssize_t sent = ::send(fd(), unsent_.data(), unsent_.size(), MSG_NOSIGNAL);
    if (sent < 0 && errno == EINTR) continue;
    if (sent < 0) return errno == EAGAIN ? News::nothing : News::lost;
    unsent_.remove_prefix(static_cast<std::size_t>(sent));
  }
  return News::nothing;
}

Connection::News Connection::handle(std::uint32_t events, std::span<char> buffer) {
  const bool ended = (events & (EPOLLRDHUP | EPOLLHUP | EPOLLERR)) != 0;
  switch (state) {
    case State::connecting:
      if (ended) return News::refused;
      return (events & EPOLLOUT) != 0 ? News::connected : News::nothing;
    case State::idle:
      return ended || (events & EPOLLIN) != 0 ? News::lost : News::nothing;
    case State::busy:
      if ((events & EPOLLIN) != 0 || ended) {
        const News news = receive(ended, buffer);
        if (news != News::nothing) return news;
      }
      return (events & EPOLLOUT) != 0 ? flush() : News::nothing;
    case State::closed:
      break;
  }
  return News::nothing;
}

/// A short read has emptied the socket: whatever comes later is an event of its own.
Connection::News Connection::receive(bool ended, std::span<char> buffer) {
  open_ = !ended;
  for (;;) {
    const ssize_t count = ::recv(fd(), buffer.data(), buffer.size(), 0);
    if (count < 0 && errno == EINTR) continue;
    if (count < 0 && errno == EAGAIN) return News::nothing;
    const auto bytes = static_cast<std::size_t>(std::max<ssize_t>(count, 0));
    if (count <= 0) open_ = false;
    const auto state_now = count > 0    ? reader_.read({buffer.data(), bytes})
                           : count == 0 ? reader_.closed()
                                        : http::ResponseReader::State::incomplete;
    if (state_now == http::ResponseReader::State::complete) return News::answered;
    if (state_now == http::ResponseReader::State::broken) return News::invalid;
    if (count <= 0) return reader_.received() == 0 ? News::lost : News::invalid;
    if (bytes < buffer.size() && !ended) return News::nothing;
  }
}

}  // namespace msdemo::load
