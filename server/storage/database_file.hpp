// The file of a database before any engine opens it: whose it is, and who may read it.
#pragma once

#include <filesystem>
#include <string>
#include <string_view>

#include "base/error.hpp"

namespace msdemo::storage {

tl::unexpected<Error> cannot_open(const std::filesystem::path& file, std::string_view why,
                                  std::string hint);

/// Makes the file before SQLite does, which would let everybody read it. The log follows its mode.
Result<void> make_private(const std::filesystem::path& file);

/// The right to use a database file, against other processes: a lock on `<file>.lock` that ends
/// with this object or with the process, however it ends.
class FileOwnership {
 public:
  static Result<FileOwnership> take(const std::filesystem::path& file);

  FileOwnership(FileOwnership&& other) noexcept;
  FileOwnership& operator=(FileOwnership&&) = delete;
  ~FileOwnership();

 private:
  explicit FileOwnership(int descriptor) : descriptor_(descriptor) {}

  int descriptor_;
};

}  // namespace msdemo::storage
