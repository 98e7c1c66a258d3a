// What the processes that share a database are to each other: replicas of a service tell each other
// news, and agree who of them does what only one may do.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <string_view>

namespace msdemo::storage {

/// Ends, with its destruction, what Peers gave it for. No callback runs after that.
class Membership {
 public:
  virtual ~Membership() = default;

  /// For a leadership: whether this process has it now. It ends with the connection to the
  /// database, and another process may have it before this one has noticed.
  virtual bool held() const { return true; }
};

/// Thread-safe; outlives its memberships. Callbacks run on a thread of the engine's, one at a time;
/// they must be short and neither make nor end a membership.
class Peers {
 public:
  using Heard = std::function<void(std::string_view text)>;

  virtual ~Peers() = default;

  /// Calls `heard` for what other processes announce on `channel`, a word. An empty text means that
  /// something may have been missed, as after the connection was lost.
  [[nodiscard]] virtual std::unique_ptr<Membership> listen(std::string channel, Heard heard) = 0;

  /// Tells the others, soon. No promise: who announces may die first, so whoever listens must be
  /// right, if late, without it. `text` has at most 8,000 bytes, less the channel's.
  virtual void announce(const std::string& channel, const std::string& text) = 0;

  /// Asks for the leadership in `role`, a word, which at most one process has, and calls `gained`
  /// when it has come: at once, or when its holder has given it up or died.
  [[nodiscard]] virtual std::unique_ptr<Membership> lead(std::string role,
                                                         std::function<void()> gained) = 0;
};

/// For an engine whose database belongs to one process: it hears nothing and always leads.
class NoPeers final : public Peers {
 public:
  std::unique_ptr<Membership> listen(std::string, Heard) override {
    return std::make_unique<Membership>();
  }
  void announce(const std::string&, const std::string&) override {}
  std::unique_ptr<Membership> lead(std::string, std::function<void()>) override {
    return std::make_unique<Membership>();
  }
};

}  // namespace msdemo::storage
