// What the processes that share a PostgreSQL schema tell each other, by LISTEN and NOTIFY, and who
// of them leads, by advisory locks. Both belong to a connection: here to one that does nothing
// else.
#pragma once

#include <deque>
#include <list>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "storage/peers.hpp"
#include "storage/postgres_session.hpp"

namespace msdemo::storage {

/// Owns a thread and a connection from the first use on.
class PostgresPeers final : public Peers {
 public:
  /// `address` must outlive it.
  PostgresPeers(const PostgresAddress& address, std::string schema);
  PostgresPeers(const PostgresPeers&) = delete;
  PostgresPeers& operator=(const PostgresPeers&) = delete;
  ~PostgresPeers() override;

  std::unique_ptr<Membership> listen(std::string channel, Heard heard) override;
  void announce(const std::string& channel, const std::string& text) override;
  std::unique_ptr<Membership> lead(std::string role, std::function<void()> gained) override;

 private:
  class Connection;
  class Listening;
  class Leadership;

  std::string channel() const;
  std::string lock_name(const std::string& role) const;
  void wake();
  void give_up(const std::string& role);

  void run();
  void serve(Connection& connection);
  void await_news(int socket, int timeout_ms) const;
  bool stopping();
  bool has_members();
  void hear(std::string_view channel, std::string_view text);
  void send_announcements(Connection& connection);
  bool ask_to_lead(Connection& connection);
  void give_up_leaderships(Connection& connection);
  void lose_leaderships();

  const PostgresAddress& address_;
  const std::string schema_;
  const int event_;           ///< an eventfd(2): something below has changed
  std::mutex members_mutex_;  ///< guards the two lists; held while a callback runs
  std::list<Listening*> listeners_;
  std::list<Leadership*> leaderships_;
  std::mutex mutex_;                                               ///< guards everything below
  std::deque<std::pair<std::string, std::string>> announcements_;  ///< channel and text
  std::vector<std::string> given_up_;                              ///< roles to be unlocked
  bool stopping_ = false;
  std::thread thread_;
};

}  // namespace msdemo::storage
