#include "http/arrival.hpp"

// Not <netinet/tcp.h>: its tcp_info ends before tcpi_bytes_acked.
#include <linux/tcp.h>
#include <netinet/in.h>
#include <sys/socket.h>

namespace msdemo::http {

bool closed_before_arrival(int fd, std::uint64_t before) {
  // A process that dies with unread bytes resets the connection; one that had read them
  // acknowledges them with its FIN. Only a FIN that acknowledges less was sent before they came.
  char byte = 0;
  if (::recv(fd, &byte, 1, MSG_PEEK | MSG_DONTWAIT) != 0) return false;
  tcp_info info{};
  socklen_t length = sizeof info;
  if (::getsockopt(fd, IPPROTO_TCP, TCP_INFO, &info, &length) != 0) return false;
  // A kernel that does not tell leaves 0, though at least the handshake was acknowledged.
  constexpr std::uint64_t kHandshake = 1;
  return info.tcpi_bytes_acked >= kHandshake && info.tcpi_bytes_acked <= before + kHandshake;
}

}  // namespace msdemo::http
