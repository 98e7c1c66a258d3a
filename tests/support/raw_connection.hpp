// A TCP connection without any HTTP library, for saying what no library would.
#pragma once

#include <chrono>
#include <string>
#include <string_view>

#include "http/socket.hpp"

namespace msdemo::test {

class RawConnection {
 public:
  /// Connects to loopback.
  explicit RawConnection(int port);

  /// False when the peer has closed already.
  bool send(std::string_view bytes);
  void finish_sending();

  struct Reply {
    int status = 0;  ///< 0 when the connection ended without an answer
    std::string head;
    std::string body;

    /// The last part of the problem document's `type`; empty if it is none.
    std::string problem() const;
    bool says(std::string_view header_line) const { return head.find(header_line) != head.npos; }
  };

  /// The next answer, by its Content-Length.
  Reply receive();

  /// Waits until the peer closes; false after ten seconds or when more bytes come.
  bool closed_by_peer();

  int fd() const { return socket_.get(); }

 private:
  bool fill();

  http::FileDescriptor socket_;
  std::string received_;
};

/// One request on a connection of its own.
RawConnection::Reply ask(int port, std::string_view bytes);

}  // namespace msdemo::test
