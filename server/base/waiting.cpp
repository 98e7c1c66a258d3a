#include "base/waiting.hpp"

namespace msdemo {

namespace {

thread_local ThreadLender* lender_of_thread = nullptr;

}  // namespace

void ThreadLender::of_this_thread(ThreadLender* lender) {
  lender_of_thread = lender;
}

Waiting::Waiting() {
  if (lender_of_thread != nullptr) lender_of_thread->waits();
}

Waiting::~Waiting() {
  if (lender_of_thread != nullptr) lender_of_thread->goes_on();
}

}  // namespace msdemo
