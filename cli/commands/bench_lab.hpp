// A lab for one bench when none is running: fresh, with the usual durability and on the usual disk,
// and gone afterwards, whatever ends the bench.
#pragma once

#include <sys/types.h>

#include <memory>
#include <string>

#include "base/error.hpp"

namespace msdemo::commands {

class BenchLab {
 public:
  /// Returns when every service is ready. Call it before any thread exists: it forks. Fails with
  /// lab_failed.
  static Result<std::unique_ptr<BenchLab>> start();
  BenchLab(const BenchLab&) = delete;
  BenchLab& operator=(const BenchLab&) = delete;

  /// Stops the lab and returns when nothing of it is left.
  ~BenchLab();

  const std::string& name() const { return name_; }

 private:
  BenchLab(std::string name, pid_t supervisor) : name_(std::move(name)), supervisor_(supervisor) {}

  const std::string name_;
  const pid_t supervisor_;
};

}  // namespace msdemo::commands
