// What a lab leaves on disk: where its services' data and logs are, who supervises it, and how a
// command in another terminal finds out whether that supervisor still lives.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.hpp"
#include "http/socket.hpp"

namespace msdemo::lab {

/// A process that cannot be mistaken for a later one with the same number.
struct ProcessIdentity {
  pid_t pid = 0;
  std::uint64_t start_ticks = 0;  ///< since boot, as in /proc/<pid>/stat
  std::string boot_id;            ///< of the boot in which the ticks are counted

  /// The calling process.
  static ProcessIdentity own();

  /// Whether this very process still runs.
  bool alive() const;
};

struct ServiceAddress {
  std::string service;
  int replica = 1;
  std::string url;
  std::string admin_url;  ///< empty for a foreign program
};

/// `lab.json`: what a running lab tells about itself.
struct LabRecord {
  ProcessIdentity supervisor;
  std::string control_url;
  std::string started_at;  ///< RFC 3339
  std::vector<ServiceAddress> services;
};

std::string to_json_text(const LabRecord& record);

/// Fails with lab_failed when `text` is not a whole record, as after a power cut.
Result<LabRecord> parse_lab_record(std::string_view text);

/// The folder `$XDG_STATE_HOME/msdemo/<lab>` (default ~/.local/state/msdemo/<lab>). A value: it
/// holds nothing open. Whoever writes into it holds the lock.
class StateFolder {
 public:
  /// Names the folder without touching it. Fails with usage when `lab` is not 1 to 32 of a–z, 0–9
  /// and '-', and with lab_failed when the environment names no place for state.
  static Result<StateFolder> of(const std::string& lab);

  /// Makes the folders that are missing, for this user alone (0700).
  Result<void> create() const;

  const std::string& lab() const { return lab_; }
  const std::filesystem::path& path() const { return path_; }
  std::filesystem::path logs() const { return path_ / "logs"; }
  std::filesystem::path log_file(const std::string& service) const;
  std::filesystem::path token_file() const { return path_ / "token"; }
  std::filesystem::path data(const std::string& service) const { return path_ / service; }

  /// Takes the lock that a supervisor and its children hold while any of them lives. The folder
  /// must exist. Waits up to limits::kPreviousLab for the children of a supervisor that was killed;
  /// fails with lab_failed, naming the supervisor's pid, when the lab runs.
  Result<http::FileDescriptor> lock() const;

  /// Whether somebody holds the lock.
  bool locked() const;

  /// Nothing when there is no record, or none that can be read.
  std::optional<LabRecord> record() const;
  Result<void> write_record(const LabRecord& record) const;

  /// A new secret of 128 bits as hex, in a file that only this user can read.
  Result<std::string> write_new_token() const;
  Result<std::string> token() const;

  /// The URL of a broker that is not the lab's own, password included: in a file like the token's.
  /// Reading it fails with no_lab when there is none.
  Result<void> write_broker_url(const std::string& url) const;
  Result<std::string> broker_url() const;

  /// Removes the record and the secrets: after this, no lab of this name runs.
  void forget_run() const;

  /// Makes the folder for the data of `service` or one of its replicas if it is missing.
  Result<void> create_data(const std::string& service) const;

  /// Removes all data of `service`, its folder included.
  Result<void> remove_data(const std::string& service) const;

 private:
  StateFolder(std::string lab, std::filesystem::path path)
      : lab_(std::move(lab)), path_(std::move(path)) {}

  std::filesystem::path file(std::string_view name) const { return path_ / name; }

  std::string lab_;
  std::filesystem::path path_;
};

}  // namespace msdemo::lab
