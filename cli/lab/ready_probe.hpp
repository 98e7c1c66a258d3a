// Finds out when a program is ready that cannot tell: it is, once it answers HTTP with whatever
// status. It exists because no descriptor becomes readable when a foreign program listens.
#pragma once

#include <string>
#include <thread>

#include "http/client.hpp"
#include "http/socket.hpp"

namespace msdemo::lab {

/// Asks from a thread of its own, again and again, until there is an answer or this is destroyed,
/// which ends an exchange that is under way.
class ReadyProbe {
 public:
  /// Asks for `url`, `http://host:port`, and writes `ready` to `report` when it answers.
  ReadyProbe(const std::string& url, http::FileDescriptor report);
  ReadyProbe(const ReadyProbe&) = delete;
  ReadyProbe& operator=(const ReadyProbe&) = delete;
  ~ReadyProbe();

 private:
  void ask();

  http::Client client_;
  http::FileDescriptor report_;  ///< the thread's
  http::FileDescriptor stop_;    ///< an eventfd
  std::thread thread_;
};

}  // namespace msdemo::lab
