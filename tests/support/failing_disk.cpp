#include "support/failing_disk.hpp"

#include <sys/syscall.h>
#include <sys/types.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <limits>

namespace {

constexpr int kNever = std::numeric_limits<int>::max();

std::atomic<int> good_writes{kNever};
std::atomic<int> bad_syncs{0};
std::atomic<int> write_error{0};
std::atomic<int> sync_error{0};
std::atomic<bool> anything_failed{false};

}  // namespace

namespace msdemo::test::failing_disk {

void fail_writes_after(int good, int error) {
  anything_failed = false;
  write_error = error;
  good_writes = good;
}

void fail_syncs(int count, int error) {
  anything_failed = false;
  sync_error = error;
  bad_syncs = count;
}

bool failed() {
  return anything_failed;
}

void recover() {
  good_writes = kNever;
  bad_syncs = 0;
}

}  // namespace msdemo::test::failing_disk

extern "C" {

ssize_t pwrite64(int file, const void* bytes, size_t count, off64_t offset) {
  if (good_writes != kNever) {
    const int left = good_writes--;
    if (left <= 0) {
      anything_failed = true;
      if (left == 0 && count > 1) return ::syscall(SYS_pwrite64, file, bytes, count / 2, offset);
      errno = write_error;
      return -1;
    }
  }
  return ::syscall(SYS_pwrite64, file, bytes, count, offset);
}

int fdatasync(int file) {
  if (bad_syncs > 0) {
    --bad_syncs;
    anything_failed = true;
    errno = sync_error;
    return -1;
  }
  return static_cast<int>(::syscall(SYS_fdatasync, file));
}

}  // extern "C"
