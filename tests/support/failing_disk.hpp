// A disk that fails when a test says so. Linked into a test program, it stands between every
// library and the kernel's writes, so that the failure meets the real database engine.
#pragma once

namespace msdemo::test::failing_disk {

/// Lets `good` writes pass; the next one is cut in half, it and all later ones fail with `error`.
void fail_writes_after(int good, int error);

/// The next `count` requests to confirm what was written fail with `error`.
void fail_syncs(int count, int error);

/// Did anything fail since the disk was last set up?
bool failed();

/// The disk is well again.
void recover();

/// At its end the disk is well again.
class Recovery {
 public:
  Recovery() = default;
  Recovery(const Recovery&) = delete;
  Recovery& operator=(const Recovery&) = delete;
  ~Recovery() { recover(); }
};

}  // namespace msdemo::test::failing_disk
