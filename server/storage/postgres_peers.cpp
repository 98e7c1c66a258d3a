#include "storage/postgres_peers.hpp"

#include <fmt/format.h>
#include <poll.h>
#include <spdlog/spdlog.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <chrono>

#include "base/limits.hpp"

namespace msdemo::storage {

namespace {

constexpr int kForever = -1;

int milliseconds_of(std::chrono::milliseconds duration) {
  return static_cast<int>(duration.count());
}

}  // namespace

// ---- what members hold

class PostgresPeers::Listening final : public Membership {
 public:
  Listening(PostgresPeers& peers, std::string channel, Heard heard)
      : peers_(peers), channel_(std::move(channel)), heard_(std::move(heard)) {
    const std::lock_guard lock(peers_.members_mutex_);
    peers_.listeners_.push_back(this);
  }
  Listening(const Listening&) = delete;
  Listening& operator=(const Listening&) = delete;
  ~Listening() override {
    const std::lock_guard lock(peers_.members_mutex_);
    peers_.listeners_.remove(this);
  }

  const std::string& channel() const { return channel_; }
  void hear(std::string_view text) const { heard_(text); }

 private:
  PostgresPeers& peers_;
  const std::string channel_;
  const Heard heard_;
};

class PostgresPeers::Leadership final : public Membership {
 public:
  Leadership(PostgresPeers& peers, std::string role, std::function<void()> gained)
      : peers_(peers), role_(std::move(role)), gained_(std::move(gained)) {
    const std::lock_guard lock(peers_.members_mutex_);
    peers_.leaderships_.push_back(this);
  }
  Leadership(const Leadership&) = delete;
  Leadership& operator=(const Leadership&) = delete;
  ~Leadership() override {
    {
      const std::lock_guard lock(peers_.members_mutex_);
      peers_.leaderships_.remove(this);
    }
    if (held_) peers_.give_up(role_);
  }

  bool held() const override { return held_; }
  const std::string& role() const { return role_; }
  void gain() {
    held_ = true;
    gained_();
  }
  void lose() { held_ = false; }

 private:
  PostgresPeers& peers_;
  const std::string role_;
  const std::function<void()> gained_;
  std::atomic<bool> held_{false};
};

// ---- the connection

class PostgresPeers::Connection {
 public:
  Connection(PostgresPeers& peers, std::unique_ptr<PostgresSession> session)
      : session_(std::move(session)), receiver_(peers, session_->connection()) {}
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;

  PostgresSession& operator*() const { return *session_; }
  PostgresSession* operator->() const { return session_.get(); }
  int socket() const { return session_->connection().sock(); }

  /// Hands over what has arrived; false if the connection is broken.
  bool take_news() {
    try {
      static_cast<void>(session_->connection().get_notifs());
      return session_->open();
    } catch (const pqxx::failure&) {
      return false;
    }
  }

 private:
  // libpqxx 7.10 prefers connection::listen(), which the versions before it do not have.
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wdeprecated-declarations"
  class Receiver final : public pqxx::notification_receiver {
   public:
    Receiver(PostgresPeers& peers, pqxx::connection& connection)
        : pqxx::notification_receiver(connection, peers.channel()),
          peers_(peers),
          own_process_(connection.backendpid()) {}

    void operator()(const std::string& payload, int process) override {
      if (process == own_process_) return;
      const std::string_view all = payload;
      const auto space = std::min(all.find(' '), all.size());
      peers_.hear(all.substr(0, space), all.substr(std::min(space + 1, all.size())));
    }

   private:
    PostgresPeers& peers_;
    const int own_process_;
  };
#pragma GCC diagnostic pop

  std::unique_ptr<PostgresSession> session_;
  Receiver receiver_;
};

// ---- as members see it

PostgresPeers::PostgresPeers(const PostgresAddress& address, std::string schema)
    : address_(address),
      schema_(std::move(schema)),
      event_(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)),
      thread_([this] { run(); }) {}

PostgresPeers::~PostgresPeers() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  wake();
  thread_.join();
  ::close(event_);
}

std::unique_ptr<Membership> PostgresPeers::listen(std::string channel, Heard heard) {
  auto listening = std::make_unique<Listening>(*this, std::move(channel), std::move(heard));
  wake();
  return listening;
}

std::unique_ptr<Membership> PostgresPeers::lead(std::string role, std::function<void()> gained) {
  auto leadership = std::make_unique<Leadership>(*this, std::move(role), std::move(gained));
  wake();
  return leadership;
}

void PostgresPeers::announce(const std::string& channel, const std::string& text) {
  {
    const std::lock_guard lock(mutex_);
    std::pair<std::string, std::string> announcement(channel, text);
    if (announcements_.size() >= limits::kAnnouncements ||
        std::ranges::find(announcements_, announcement) != announcements_.end()) {
      return;
    }
    announcements_.push_back(std::move(announcement));
  }
  wake();
}

void PostgresPeers::give_up(const std::string& role) {
  {
    const std::lock_guard lock(mutex_);
    given_up_.push_back(role);
  }
  wake();
}

void PostgresPeers::wake() {
  static_cast<void>(::eventfd_write(event_, 1));
}

std::string PostgresPeers::channel() const {
  return "msdemo." + schema_;
}

// ---- the thread

void PostgresPeers::run() {
  while (!stopping()) {
    if (!has_members()) {
      await_news(-1, kForever);
      continue;
    }
    auto session = PostgresSession::open(address_, schema_, PostgresSession::Role::peer);
    if (!session) {
      await_news(-1, milliseconds_of(limits::kDatabasePause));
      continue;
    }
    try {
      Connection connection(*this, std::move(*session));
      hear({}, {});  // whatever was said before it was there
      serve(connection);
    } catch (const pqxx::failure& failure) {
      spdlog::warn("postgresql: cannot listen: {}", failure.what());
      await_news(-1, milliseconds_of(limits::kDatabasePause));
    }
    lose_leaderships();
  }
}

void PostgresPeers::serve(Connection& connection) {
  do {
    give_up_leaderships(connection);
    send_announcements(connection);
    if (stopping()) return;
    const bool all_held = ask_to_lead(connection);
    if (!connection->open()) return;
    await_news(connection.socket(),
               all_held ? kForever : milliseconds_of(limits::kLeadershipAsked));
  } while (connection.take_news());
}

/// Until something arrives at `socket`, wake() is called, or the time is over.
void PostgresPeers::await_news(int socket, int timeout_ms) const {
  std::array<pollfd, 2> waits = {pollfd{event_, POLLIN, 0}, pollfd{socket, POLLIN, 0}};
  static_cast<void>(::poll(waits.data(), waits.size(), timeout_ms));
  eventfd_t count = 0;
  static_cast<void>(::eventfd_read(event_, &count));
}

bool PostgresPeers::stopping() {
  const std::lock_guard lock(mutex_);
  return stopping_;
}

bool PostgresPeers::has_members() {
  {
    const std::lock_guard lock(mutex_);
    if (!announcements_.empty()) return true;
  }
  const std::lock_guard lock(members_mutex_);
  return !listeners_.empty() || !leaderships_.empty();
}

/// Without a channel: something may have been missed on each.
void PostgresPeers::hear(std::string_view channel, std::string_view text) {
  const std::lock_guard lock(members_mutex_);
  for (const Listening* const listening : listeners_) {
    if (channel.empty() || channel == listening->channel()) listening->hear(text);
  }
}

void PostgresPeers::send_announcements(Connection& connection) {
  std::deque<std::pair<std::string, std::string>> announcements;
  {
    const std::lock_guard lock(mutex_);
    announcements.swap(announcements_);
  }
  if (announcements.empty()) return;
  std::string script;
  for (const auto& [channel_name, text] : announcements) {
    script += fmt::format("SELECT pg_notify({}, {});", connection->quote(channel()),
                          connection->quote(fmt::format("{} {}", channel_name, text)));
  }
  static_cast<void>(connection->run_script(script));
}

/// Whether this process leads wherever it wants to.
bool PostgresPeers::ask_to_lead(Connection& connection) {
  std::vector<std::string> roles;
  {
    const std::lock_guard lock(members_mutex_);
    for (const Leadership* const leadership : leaderships_) {
      if (!leadership->held()) roles.push_back(leadership->role());
    }
  }
  bool all_held = true;
  for (const std::string& role : roles) {
    const auto locked =
        connection->query({"SELECT pg_try_advisory_lock(hashtextextended($1, 0))::integer",
                           std::initializer_list<Value>{lock_name(role)}});
    if (!locked) return false;
    if (locked->at(0).integer(0) == 0) {
      all_held = false;
      continue;
    }
    const std::lock_guard lock(members_mutex_);
    const auto found = std::ranges::find_if(leaderships_, [&](const Leadership* leadership) {
      return leadership->role() == role && !leadership->held();
    });
    if (found != leaderships_.end()) {
      (*found)->gain();
    } else {
      give_up(role);
    }
  }
  return all_held;
}

void PostgresPeers::give_up_leaderships(Connection& connection) {
  std::vector<std::string> roles;
  {
    const std::lock_guard lock(mutex_);
    roles.swap(given_up_);
  }
  for (const std::string& role : roles) {
    static_cast<void>(connection->run_script(fmt::format(
        "SELECT pg_advisory_unlock(hashtextextended({}, 0))", connection->quote(lock_name(role)))));
    announce(role, "");  // whoever hears anything asks to lead
  }
}

void PostgresPeers::lose_leaderships() {
  const std::lock_guard lock(members_mutex_);
  for (Leadership* const leadership : leaderships_) leadership->lose();
}

std::string PostgresPeers::lock_name(const std::string& role) const {
  return fmt::format("msdemo leads {} {}", schema_, role);
}

}  // namespace msdemo::storage
