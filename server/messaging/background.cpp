#include "messaging/background.hpp"

#include <sys/resource.h>
#include <unistd.h>

namespace msdemo::messaging {

void yield_to_requests() {
  constexpr int kNice = 5;
  ::setpriority(PRIO_PROCESS, static_cast<id_t>(::gettid()), kNice);
}

}  // namespace msdemo::messaging
