#include "commands/bench_shop.hpp"

#include <fmt/format.h>
#include <poll.h>

#include <charconv>
#include <fstream>
#include <iterator>

#include "base/limits.hpp"
#include "base/rng.hpp"
#include "base/text.hpp"
#include "commands/service_call.hpp"
#include "contracts/order.hpp"
#include "contracts/user.hpp"
#include "lab/client.hpp"
#include "lab/state.hpp"
#include "trace/traceparent.hpp"

namespace msdemo::commands {

namespace {

/// Between two looks at the receipts: coarse enough not to disturb what is still working.
constexpr std::chrono::milliseconds kLookAgain{20};

/// How the lab's services keep their data: as their supervisor told them.
std::string durability_of(lab::Lab& lab) {
  const auto services = lab.services();
  if (!services) return {};
  for (const lab::ServiceStatus& service : *services) {
    if (service.service != "order" || !service.pid) continue;
    std::ifstream in(fmt::format("/proc/{}/cmdline", *service.pid));
    for (std::string word; std::getline(in, word, '\0');) {
      if (word == "--durability" && std::getline(in, word, '\0')) return word;
    }
  }
  return {};
}

Result<std::int64_t> create_user(const std::vector<std::string>& urls) {
  http::Client users(urls, "user");
  const auto user =
      ask(users, {.method = "POST",
                  .target = "/users",
                  .body = dump_json(contracts::to_json(contracts::NewUser{"Bench"}))});
  if (!user) return fail(user.error());
  const auto id = user->find("id");
  if (!user->is_object() || id == user->end() || !id->is_number_integer()) {
    return fail(Code::invalid_reply, "the user service's answer has no id");
  }
  return id->get<std::int64_t>();
}

/// The id in an order service's answer. A load has thousands a second, and this is on its thread:
/// so not parsed, but found; `id` is the first member (docs/reference/openapi/order.yaml).
std::optional<std::int64_t> order_id(std::string_view body) {
  constexpr std::string_view kMember = "\"id\":";
  const auto at = body.find(kMember);
  if (at == body.npos) return std::nullopt;
  const char* begin = body.data() + at + kMember.size();
  std::int64_t id = 0;
  const auto read = std::from_chars(begin, body.data() + body.size(), id);
  return read.ec == std::errc() ? std::optional(id) : std::nullopt;
}

}  // namespace

Result<std::unique_ptr<BenchShop>> BenchShop::open(const std::string& name) {
  auto lab = lab::Lab::find(name);
  if (!lab) return fail(lab.error());
  if (auto own = lab->check_own("bench"); !own) return fail(std::move(own.error()));
  const auto order_urls = lab->urls("order");
  const auto user_urls = lab->urls("user");
  const auto notify_urls = lab->urls("notify");
  for (const auto* urls : {&order_urls, &user_urls, &notify_urls}) {
    if (!*urls) return fail(urls->error());
  }
  const auto folder = lab::StateFolder::of(name);
  if (!folder) return fail(folder.error());
  const auto user = create_user(*user_urls);
  if (!user) return fail(user.error());
  return std::unique_ptr<BenchShop>(
      new BenchShop(*order_urls, *notify_urls, *user, durability_of(*lab), folder->path()));
}

BenchShop::BenchShop(std::vector<std::string> order_urls,
                     const std::vector<std::string>& notify_urls, std::int64_t user,
                     std::string durability, std::filesystem::path folder)
    : order_urls_(std::move(order_urls)),
      notify_(notify_urls, "notify"),
      user_(user),
      durability_(std::move(durability)),
      folder_(std::move(folder)) {}

std::string BenchShop::request(std::string_view style) const {
  Rng rng(random_seed());
  const std::string body = dump_json(contracts::to_json(contracts::NewOrder{user_, "bench"}));
  return fmt::format(
      "POST /orders HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
      "Content-Length: {}\r\ntraceparent: {}\r\n{}\r\n{}",
      body.size(), trace::unsampled_traceparent(rng),
      style == "async" ? "Prefer: respond-async\r\n" : "", body);
}

/// Whether there is a receipt with a greater id.
Result<bool> BenchShop::receipts_after(std::int64_t id) {
  const auto page = ask(notify_, {.target = fmt::format("/receipts?after={}&limit=1", id)});
  if (!page) return fail(page.error());
  const auto receipts = page->find("receipts");
  if (!page->is_object() || receipts == page->end()) {
    return fail(Code::invalid_reply, "the notify service's answer has no receipts");
  }
  return !receipts->empty();
}

Result<void> BenchShop::begin_run() {
  waiting_.clear();
  accepted_ = 0;
  steady_to_system_ = std::chrono::nanoseconds(unix_nano(real_clock().system_now())) -
                      real_clock().steady_now().time_since_epoch();
  // The newest id: beyond `low` there are receipts, beyond `high` none.
  std::int64_t step = 1;
  std::int64_t low = last_receipt_;
  std::int64_t high = low;
  for (;; step *= 2) {
    const auto more = receipts_after(high);
    if (!more) return fail(more.error());
    if (!*more) break;
    low = high;
    high += step;
  }
  while (high - low > 1) {
    const std::int64_t middle = low + (high - low) / 2;
    const auto more = receipts_after(middle);
    if (!more) return fail(more.error());
    (*more ? low : high) = middle;
  }
  last_receipt_ = high;
  return {};
}

void BenchShop::note(const load::Ended& ended) {
  if (!ended.failure.empty()) return;
  const auto id = order_id(ended.body);
  if (!id) return;
  if (accepted_++ == 0 || ended.intended < first_) first_ = ended.intended;
  const auto since_epoch = ended.intended.time_since_epoch() + steady_to_system_;
  waiting_[*id] = {SystemTime(std::chrono::duration_cast<SystemTime::duration>(since_epoch)),
                   ended.measured};
}

Result<std::size_t> BenchShop::take_receipts(Completion& completion) {
  const auto page =
      ask(notify_,
          {.target = fmt::format("/receipts?after={}&limit={}", last_receipt_, limits::kPageMax)});
  if (!page) return fail(page.error());
  std::size_t taken = 0;
  try {
    for (const Json& receipt : page->at("receipts")) {
      last_receipt_ = receipt.at("id").get<std::int64_t>();
      ++taken;
      const auto order = waiting_.find(receipt.at("order_id").get<std::int64_t>());
      const auto sent = parse_rfc3339_us(receipt.at("sent_at").get<std::string>());
      if (order == waiting_.end() || !sent) continue;
      if (order->second.measured) {
        completion.latency.record(*sent - order->second.intended);
        ++completion.completed;
      }
      waiting_.erase(order);
    }
  } catch (const Json::exception&) {
    return fail(Code::invalid_reply, "the notify service's answer is not a page of receipts");
  }
  return taken;
}

Completion BenchShop::await_completion(const std::function<bool()>& interrupted) {
  Completion completion;
  const SteadyTime answered = real_clock().steady_now();
  SteadyTime deadline = answered + limits::kBenchCompletion;
  while (!waiting_.empty() && !interrupted() && real_clock().steady_now() < deadline) {
    const auto taken = take_receipts(completion);
    if (taken && *taken > 0) deadline = real_clock().steady_now() + limits::kBenchCompletion;
    const bool whole_page = taken && *taken == static_cast<std::size_t>(limits::kPageMax);
    if (!whole_page) ::poll(nullptr, 0, static_cast<int>(kLookAgain.count()));
  }
  const SteadyTime now = real_clock().steady_now();
  completion.drained = waiting_.empty();
  completion.behind = now - answered;
  const std::chrono::duration<double> took = now - first_;
  completion.per_s = static_cast<double>(accepted_ - waiting_.size()) / took.count();
  return completion;
}

}  // namespace msdemo::commands
