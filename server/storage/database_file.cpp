#include "storage/database_file.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <system_error>
#include <utility>

namespace msdemo::storage {

namespace {

std::string system_reason() {
  return std::generic_category().message(errno);
}

}  // namespace

tl::unexpected<Error> cannot_open(const std::filesystem::path& file, std::string_view why,
                                  std::string hint) {
  return fail(Code::lab_failed, fmt::format("cannot open the database {}: {}", file.string(), why),
              std::move(hint));
}

Result<void> make_private(const std::filesystem::path& file) {
  const int descriptor = ::open(file.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, S_IRUSR | S_IWUSR);
  if (descriptor < 0 || ::fchmod(descriptor, S_IRUSR | S_IWUSR) != 0) {
    const std::string why = system_reason();
    if (descriptor >= 0) ::close(descriptor);
    return cannot_open(file, why, "Check that the file and its folder belong to you.");
  }
  ::close(descriptor);
  return {};
}

Result<FileOwnership> FileOwnership::take(const std::filesystem::path& file) {
  const std::filesystem::path lock = file.string() + ".lock";
  const int descriptor = ::open(lock.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, S_IRUSR | S_IWUSR);
  if (descriptor < 0) {
    return cannot_open(file, system_reason(),
                       "check that its folder exists and that you may write to it");
  }
  FileOwnership ownership(descriptor);
  if (::flock(descriptor, LOCK_EX | LOCK_NB) != 0) {
    if (errno != EWOULDBLOCK) return cannot_open(file, system_reason(), "");
    return cannot_open(file, "another process owns it",
                       "stop the service that uses it, or start this one with another folder");
  }
  return ownership;
}

FileOwnership::FileOwnership(FileOwnership&& other) noexcept
    : descriptor_(std::exchange(other.descriptor_, -1)) {}

FileOwnership::~FileOwnership() {
  if (descriptor_ >= 0) ::close(descriptor_);
}

}  // namespace msdemo::storage
