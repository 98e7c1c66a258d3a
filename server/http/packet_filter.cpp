#include "http/packet_filter.hpp"

#include <linux/filter.h>
#include <sys/socket.h>

#include <array>
#include <cstdint>

namespace msdemo::http {

namespace {

constexpr std::uint32_t kWhole = 0xffffffff;

/// A program of the classic packet filter (socket(7)). It sees a segment from its TCP header on,
/// and returns how much of it is let in.
template <std::size_t N>
void attach(int socket, std::array<sock_filter, N> code) {
  const sock_fprog program{static_cast<unsigned short>(code.size()), code.data()};
  ::setsockopt(socket, SOL_SOCKET, SO_ATTACH_FILTER, &program, sizeof program);
}

}  // namespace

void refuse_handshakes(int listener) {
  constexpr std::uint32_t kFlagsAt = 13;
  constexpr std::uint32_t kAck = 0x10;
  // All but the first segment of a connection have ACK.
  attach(listener,
         std::array<sock_filter, 4>{sock_filter BPF_STMT(BPF_LD | BPF_B | BPF_ABS, kFlagsAt),
                                    sock_filter BPF_JUMP(BPF_JMP | BPF_JSET | BPF_K, kAck, 0, 1),
                                    sock_filter BPF_STMT(BPF_RET | BPF_K, kWhole),
                                    sock_filter BPF_STMT(BPF_RET | BPF_K, 0)});
}

void refuse_data(int connection) {
  constexpr std::uint32_t kHeaderLengthAt = 12;  // in its upper four bits, counted in four bytes
  // What is as long as its header has no data.
  attach(connection,
         std::array<sock_filter, 8>{sock_filter BPF_STMT(BPF_LD | BPF_B | BPF_ABS, kHeaderLengthAt),
                                    sock_filter BPF_STMT(BPF_ALU | BPF_RSH | BPF_K, 4),
                                    sock_filter BPF_STMT(BPF_ALU | BPF_LSH | BPF_K, 2),
                                    sock_filter BPF_STMT(BPF_MISC | BPF_TAX, 0),
                                    sock_filter BPF_STMT(BPF_LD | BPF_W | BPF_LEN, 0),
                                    sock_filter BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_X, 0, 0, 1),
                                    sock_filter BPF_STMT(BPF_RET | BPF_K, kWhole),
                                    sock_filter BPF_STMT(BPF_RET | BPF_K, 0)});
}

void accept_data(int connection) {
  const int unused = 0;
  ::setsockopt(connection, SOL_SOCKET, SO_DETACH_FILTER, &unused, sizeof unused);
}

}  // namespace msdemo::http
