// A user and an order service in this process, with real sockets, databases and calls between them.
#pragma once

#include <memory>
#include <string>

#include "base/rng.hpp"
#include "http/client.hpp"
#include "http/server.hpp"
#include "order/routes.hpp"
#include "storage/database.hpp"
#include "support/must.hpp"
#include "support/recording_sink.hpp"
#include "support/temp_dir.hpp"
#include "trace/tracer.hpp"
#include "user/routes.hpp"

namespace msdemo::test {

/// Everything one service process has around its routes.
struct Host {
  explicit Host(const std::string& name, trace::SpanSink& sink)
      : recorder(sink), tracer(name, recorder, sampler, real_clock(), rng) {}

  trace::Recorder recorder;
  trace::Sampler sampler{real_clock(), trace::Sampler::Rule::always};
  Rng rng{random_seed()};
  trace::Tracer tracer;
};

class UserService {
 public:
  explicit UserService(trace::SpanSink& sink)
      : host_("user", sink),
        database_(must(storage::open_sqlite(dir_.path() / "user.db", storage::Durability::full,
                                            user::migrations()))),
        store_(*database_),
        server_(must(http::Server::start({}, user::routes(store_), &host_.tracer, nullptr))) {}

  std::string url() const { return server_->url(); }
  void flush() { host_.recorder.flush(); }

 private:
  TempDir dir_;
  Host host_;
  std::unique_ptr<storage::Database> database_;
  user::UserStore store_;
  std::unique_ptr<http::Server> server_;
};

class OrderService {
 public:
  OrderService(trace::SpanSink& sink, const std::string& user_url,
               std::chrono::milliseconds lookup_deadline = limits::kUserLookup)
      : host_("order", sink),
        database_(must(storage::open_sqlite(dir_.path() / "order.db", storage::Durability::full,
                                            order::migrations()))),
        store_(*database_),
        users_(user_url, "user"),
        service_(store_, users_, real_clock(), lookup_deadline),
        server_(must(
            http::Server::start({}, order::routes(service_, store_), &host_.tracer, nullptr))) {}

  std::string url() const { return server_->url(); }
  void flush() { host_.recorder.flush(); }

 private:
  TempDir dir_;
  Host host_;
  std::unique_ptr<storage::Database> database_;
  order::OrderStore store_;
  http::Client users_;
  order::OrderService service_;
  std::unique_ptr<http::Server> server_;
};

}  // namespace msdemo::test
