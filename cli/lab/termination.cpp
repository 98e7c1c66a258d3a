#include "lab/termination.hpp"

#include <sys/signalfd.h>
#include <unistd.h>

#include <cerrno>
#include <system_error>

namespace msdemo::lab {

TerminationSignals::TerminationSignals() {
  sigset_t signals;
  ::sigemptyset(&signals);
  for (const int signal : {SIGINT, SIGTERM, SIGHUP}) ::sigaddset(&signals, signal);
  ::pthread_sigmask(SIG_BLOCK, &signals, &before_);
  ::signal(SIGPIPE, SIG_IGN);
  descriptor_ = http::FileDescriptor(::signalfd(-1, &signals, SFD_CLOEXEC | SFD_NONBLOCK));
  if (!descriptor_.open()) throw std::system_error(errno, std::generic_category(), "signalfd");
}

TerminationSignals::~TerminationSignals() {
  ::pthread_sigmask(SIG_SETMASK, &before_, nullptr);
}

void TerminationSignals::take() {
  signalfd_siginfo information;
  while (::read(descriptor_.get(), &information, sizeof information) > 0) {
  }
}

}  // namespace msdemo::lab
