// rabbitmq-c, by whichever name its headers have: Debian 12 installs <amqp.h>, and Debian 13 warns
// of that name.
#pragma once

#if __has_include(<rabbitmq-c/tcp_socket.h>)
#include <rabbitmq-c/amqp.h>
#include <rabbitmq-c/tcp_socket.h>
#else
#include <amqp.h>
#include <amqp_tcp_socket.h>
#endif

#include <sys/time.h>

#include <algorithm>
#include <chrono>
#include <string>
#include <string_view>

#include "base/clock.hpp"

namespace msdemo::messaging {

// Arguments of the protocol that are always the same here.
inline constexpr amqp_boolean_t kNo = 0;
inline constexpr amqp_boolean_t kYes = 1;
inline constexpr int kFrameBytes = 131'072;  ///< RabbitMQ's default; any message of ours fits

/// From now on; nothing if it is over.
inline timeval time_until(SteadyTime end) {
  using std::chrono::microseconds;
  const auto left =
      std::max(std::chrono::ceil<microseconds>(end - real_clock().steady_now()), microseconds(0));
  return {.tv_sec = left.count() / 1'000'000, .tv_usec = left.count() % 1'000'000};
}

/// The library wants pointers to what it will not change; `text` must outlive the call.
inline amqp_bytes_t bytes_of(std::string_view text) {
  return {.len = text.size(), .bytes = const_cast<char*>(text.data())};
}

inline std::string text_of(const amqp_bytes_t& bytes) {
  return bytes.len == 0 ? std::string()
                        : std::string(static_cast<const char*>(bytes.bytes), bytes.len);
}

inline std::string_view view_of(const amqp_bytes_t& bytes) {
  return bytes.len == 0 ? std::string_view()
                        : std::string_view(static_cast<const char*>(bytes.bytes), bytes.len);
}

}  // namespace msdemo::messaging
