#include "load/http_load.hpp"

#include <algorithm>
#include <cerrno>
#include <deque>
#include <optional>
#include <utility>

#include "base/limits.hpp"
#include "base/text.hpp"
#include "load/connection_pool.hpp"
#include "load/failure.hpp"
#include "load/health.hpp"
#include "load/measurement.hpp"
#include "load/schedule.hpp"

namespace msdemo::load {

namespace {

using std::chrono::milliseconds;
using std::chrono::nanoseconds;
using std::chrono::seconds;
using State = Connection::State;
using News = Connection::News;

constexpr milliseconds kTick{100};
constexpr int kTicksPerSecond = 10;
constexpr seconds kAway{1};                ///< a server that takes no connection so long has died
constexpr std::size_t kRefusals = 3;       ///< and has refused at least so many
constexpr std::size_t kStartsAtOnce = 64;  ///< before answers are looked at again

/// One run: its loop, what waits and what is under way.
class Run {
 public:
  Run(const Plan& plan, const Listeners& listeners, ConnectionPool& pool)
      : plan_(plan),
        listeners_(listeners),
        pool_(pool),
        timeout_(plan.timeout.count() > 0 ? plan.timeout : milliseconds(limits::kExchangeCeiling)),
        head_request_(plan.request.rfind("HEAD ", 0) == 0),
        now_(real_clock().steady_now()),
        schedule_(plan, now_),
        next_tick_(now_ + kTick) {
    measurement_.begin(schedule_.measured_from());
  }

  Outcome go();

 private:
  bool closed_loop() const { return plan_.loop == Loop::closed; }
  bool done();
  void look_at_clock() { now_ = real_clock().steady_now(); }
  void wait();
  void on_news(Connection& connection, News news);

  void make_due_starts();
  void start_again(std::size_t count);
  void see_to(const Start& start);
  void send(Connection& connection, const Start& start);
  void open_as_needed();
  void refused();

  void answered(Connection& connection);
  void end_exchange(Connection& connection, News news);
  void end_waiting(const Failure& failure);
  void ended(const Start& start, int status, const Failure* failure, std::string_view body);
  void tell(const Start& start, int status, const Failure* failure, std::string_view body) const;

  void expire();
  void tick();
  void note_effort();
  void give_up();
  Outcome judged(Outcome outcome);

  const Plan& plan_;
  const Listeners& listeners_;
  ConnectionPool& pool_;
  const milliseconds timeout_;
  const bool head_request_;
  SteadyTime now_;  ///< as last looked at
  Schedule schedule_;
  SteadyTime next_tick_;
  int ticks_ = 0;
  Measurement measurement_;
  std::deque<Start> waiting_;  ///< for a connection, the oldest first
  std::size_t resting_ = 0;    ///< of a closed loop: starts that wait for a server to come back
  bool interrupted_ = false;

  std::optional<SteadyTime> away_since_;  ///< the server has refused all connections since
  std::size_t refusals_ = 0;              ///< since then
  std::size_t refused_in_turn_ = 0;       ///< of several replicas, since one last took a connection
  bool died_ = false;

  EffortMeter effort_;
};

Outcome Run::go() {
  if (closed_loop()) start_again(plan_.connections);
  while (!done()) {
    make_due_starts();
    wait();
    pool_.tell_news([this](Connection& connection, News news) {
      look_at_clock();
      on_news(connection, news);
    });
    look_at_clock();
    pool_.settle();
    expire();
    tick();
    note_effort();
  }
  if (interrupted_) return judged(measurement_.leave(now_));
  if (died_) give_up();
  return judged(measurement_.finish(died_ ? now_ : schedule_.over_at()));
}

bool Run::done() {
  if (interrupted_ || died_) return true;
  return schedule_.over(now_) && waiting_.empty() && pool_.of(State::busy).empty();
}

/// Until something comes from the network, or it is time for something else.
void Run::wait() {
  SteadyTime next = next_tick_;
  if (schedule_.next()) next = std::min(next, schedule_.next()->intended);
  if (!effort_.over() && plan_.count == 0) next = std::min(next, schedule_.over_at());
  if (!waiting_.empty()) next = std::min(next, waiting_.front().intended + timeout_);
  const auto& busy = pool_.of(State::busy);
  if (!busy.empty()) next = std::min(next, busy.front().start.intended + timeout_);
  look_at_clock();
  const SteadyTime before = now_;
  pool_.wait(next - now_);
  look_at_clock();
  effort_.waited(now_ - before);
}

void Run::on_news(Connection& connection, News news) {
  if (news == News::answered) return answered(connection);
  if (connection.state == State::busy) return end_exchange(connection, news);
  if (news == News::connected) {
    away_since_.reset();
    refused_in_turn_ = 0;
    pool_.move(connection, State::idle, now_);
    if (waiting_.empty()) return;
    const Start start = waiting_.front();
    waiting_.pop_front();
    return send(connection, start);
  }
  if (news == News::refused) pool_.refused(connection, now_);
  pool_.move(connection, State::closed, now_);
  if (news == News::refused) refused();
  open_as_needed();
}

void Run::make_due_starts() {
  for (std::size_t i = 0; i < kStartsAtOnce && schedule_.next(); ++i) {
    const Start start = *schedule_.next();
    if (start.intended > now_) look_at_clock();
    if (start.intended > now_) return;
    schedule_.advance();
    see_to(start);
    look_at_clock();
  }
}

/// Of a closed loop: `count` of its places are free.
void Run::start_again(std::size_t count) {
  for (std::size_t i = 0; i < count; ++i) {
    const auto start = schedule_.start_at(now_);
    if (!start) return;
    see_to(*start);
  }
}

void Run::see_to(const Start& start) {
  if (start.measured) measurement_.started(now_, start.intended);
  if (Connection* connection = pool_.idle(now_)) return send(*connection, start);
  waiting_.push_back(start);
  open_as_needed();
  const std::size_t may_wait = plan_.backlog + pool_.of(State::connecting).size();
  if (closed_loop() || waiting_.size() <= may_wait) return;
  waiting_.pop_back();
  const Failure dropped{std::string(kDropped), true};
  ended(start, 0, &dropped, {});
}

void Run::send(Connection& connection, const Start& start) {
  connection.start = start;
  pool_.move(connection, State::busy, now_);
  if (start.measured) effort_.sent();
  const News news = connection.send(plan_.request, head_request_);
  if (news != News::nothing) end_exchange(connection, news);
}

/// As many connections are on their way as starts wait for one, if there may be.
void Run::open_as_needed() {
  while (pool_.of(State::connecting).size() < waiting_.size() &&
         pool_.open_count() < plan_.connections) {
    const int reason = pool_.open(now_);
    if (reason == 0) continue;
    if (reason == ECONNREFUSED || reason == ENETUNREACH || reason == EHOSTUNREACH) {
      refused();
    } else {
      effort_.not_opened(reason);
      end_waiting(Failure::of(Code::unreachable));
    }
  }
}

/// The server refused a connection; the start that has waited longest pays for it. Of replicas all
/// are asked twice before: while they are restarted one after another, one may be back by then.
void Run::refused() {
  if (pool_.targets() > 1 && ++refused_in_turn_ <= 2 * pool_.targets()) return;
  if (!away_since_) {
    away_since_ = now_;
    refusals_ = 0;
  }
  ++refusals_;
  if (!plan_.endure && refusals_ >= kRefusals && now_ - *away_since_ >= kAway) died_ = true;
  if (!waiting_.empty()) end_waiting(Failure::of(Code::unreachable));
}

void Run::answered(Connection& connection) {
  away_since_.reset();
  const Start start = connection.start;
  const int status = connection.status();
  const auto failure = failure_in(status, connection.body());
  const SteadyTime sent = connection.since;
  const bool reusable = connection.reusable();
  pool_.move(connection, reusable ? State::idle : State::closed, now_);
  if (!failure && start.measured) measurement_.succeeded(now_, start.intended, sent);
  // A place of a closed loop that is free again starts on this connection: the last used.
  ended(start, status, failure ? &*failure : nullptr, connection.body());
  if (!reusable) return open_as_needed();
  if (waiting_.empty() || connection.state != State::idle) return;
  const Start next = waiting_.front();
  waiting_.pop_front();
  send(connection, next);
}

/// An exchange ends without an answer.
void Run::end_exchange(Connection& connection, News news) {
  const Start start = connection.start;
  const bool never_arrived = news == News::lost && connection.never_arrived();
  pool_.move(connection, State::closed, now_);
  if (never_arrived) {
    // It still waits to be sent, since before all others.
    waiting_.push_front(start);
    return open_as_needed();
  }
  const Failure failure =
      Failure::of(news == News::invalid ? Code::invalid_reply : Code::connection_lost);
  ended(start, 0, &failure, {});
  open_as_needed();
}

/// The start that has waited longest for a connection does not get one.
void Run::end_waiting(const Failure& failure) {
  const Start start = waiting_.front();
  waiting_.pop_front();
  ended(start, 0, &failure, {});
}

void Run::ended(const Start& start, int status, const Failure* failure, std::string_view body) {
  if (failure != nullptr && start.measured) {
    measurement_.failed(now_, failure->name, failure->definite);
  }
  tell(start, status, failure, body);
  if (!closed_loop() || died_) return;
  // What cannot even be sent would, without a pause, only heat the processor.
  if (failure != nullptr && status == 0 && failure->definite) {
    ++resting_;
  } else {
    start_again(1);
  }
}

void Run::tell(const Start& start, int status, const Failure* failure,
               std::string_view body) const {
  if (!listeners_.ended) return;
  listeners_.ended({.number = start.number,
                    .measured = start.measured,
                    .intended = start.intended,
                    .ended = now_,
                    .status = status,
                    .failure = failure != nullptr ? std::string_view(failure->name) : "",
                    .definite = failure == nullptr || failure->definite,
                    .body = body});
}

/// Ends what has taken too long. All have the same time, so that the oldest is always the first.
void Run::expire() {
  auto& busy = pool_.of(State::busy);
  while (!busy.empty() && busy.front().start.intended + timeout_ <= now_) {
    Connection& connection = busy.front();
    const Start start = connection.start;
    pool_.move(connection, State::closed, now_);
    const Failure failure = Failure::of(Code::timeout);
    ended(start, 0, &failure, {});
  }
  const Failure never_sent{std::string(info(Code::timeout).name), true};
  while (!waiting_.empty() && waiting_.front().intended + timeout_ <= now_) {
    end_waiting(never_sent);
  }
  auto& connecting = pool_.of(State::connecting);
  while (!connecting.empty() && connecting.front().since + timeout_ <= now_) {
    pool_.move(connecting.front(), State::closed, now_);
  }
  open_as_needed();
}

void Run::tick() {
  if (now_ < next_tick_) return;
  if (listeners_.interrupted && listeners_.interrupted()) interrupted_ = true;
  start_again(std::exchange(resting_, 0));
  while (now_ >= next_tick_) {
    next_tick_ += kTick;
    if (++ticks_ % kTicksPerSecond == 0 && listeners_.second) listeners_.second();
  }
}

void Run::note_effort() {
  if (!effort_.begun() && now_ >= schedule_.measured_from()) effort_.begin(now_);
  const bool over = plan_.count == 0 ? now_ >= schedule_.over_at() : schedule_.over(now_);
  if (over && !effort_.over()) effort_.schedule_over(now_);
}

/// The server has died: nothing that is left will end by itself.
void Run::give_up() {
  const Failure unreachable = Failure::of(Code::unreachable);
  auto& busy = pool_.of(State::busy);
  while (!busy.empty()) end_exchange(busy.front(), News::lost);
  while (!waiting_.empty()) end_waiting(unreachable);
}

Outcome Run::judged(Outcome outcome) {
  outcome.intended_per_s = closed_loop() ? 0 : plan_.rate_per_s;
  outcome.interrupted = interrupted_;
  outcome.server_died = died_ || (!plan_.endure && away_since_ && refusals_ >= kRefusals);
  outcome.generator_cpu_share = effort_.processor_share(outcome.measured);
  outcome.invalid_because = why_invalid(outcome, effort_.effort(outcome.started));
  return outcome;
}

}  // namespace

void Plan::spread_over(const std::vector<std::string>& urls) {
  std::vector<Target> targets;
  for (const std::string& url : urls) {
    const auto begin = url.find("//") + 2;
    const auto colon = url.rfind(':');
    targets.push_back(
        {url.substr(begin, colon - begin),
         static_cast<int>(parse_integer(std::string_view(url).substr(colon + 1)).value_or(0))});
  }
  host = targets.front().host;
  port = targets.front().port;
  replicas.assign(targets.begin() + 1, targets.end());
}

Result<Outcome> run_load(const Plan& plan, const Listeners& listeners) {
  constexpr seconds kFirstConnection{5};
  ConnectionPool pool(plan.connections);
  const SteadyTime deadline = real_clock().steady_now() + kFirstConnection;
  const bool may_come = plan.endure || !plan.replicas.empty();
  if (const auto reached = pool.reach(plan.host, plan.port, deadline, may_come); !reached) {
    return fail(reached.error());
  }
  for (const Target& replica : plan.replicas) {
    const auto reached = pool.reach(replica.host, replica.port, deadline, may_come);
    if (!reached) return fail(reached.error());
  }
  return Run(plan, listeners, pool).go();
}

}  // namespace msdemo::load
