// `trace export`, `compare table` and `queue peek --sizes` in a real lab: what is written, where,
// and what is refused.
#include "support/approved.hpp"
#include "support/catch.hpp"
#include "support/lab_fixture.hpp"

using namespace msdemo;

namespace {

struct Shop {
  Shop() { REQUIRE(lab.run({"up", "-d"}).exit_code == 0); }

  std::string order(std::vector<std::string> more = {}) const {
    std::vector<std::string> arguments = {"order",  "create", "--user", "1",
                                          "--item", "book",   "--json"};
    arguments.insert(arguments.end(), more.begin(), more.end());
    return lab.run(arguments).json().at("trace_id");
  }

  std::string file(const std::string& name) const { return (lab.folder() / name).string(); }

  test::TestLab lab;
};

}  // namespace

TEST_CASE("a trace is exported in each format", "[e2e]") {
  const Shop shop;
  const std::string first = shop.order();
  const std::string newest = shop.order({"--async", "--wait"});
  CHECK(shop.lab.run({"trace", "export"}).out.starts_with("<svg "));
  CHECK(shop.lab.run({"trace", "export"}).says(newest));
  const auto asked = shop.lab.run({"trace", "export", first, "--format", "html"});
  CHECK(asked.says(first));
  CHECK(asked.says("<!doctype html>"));
  CHECK(shop.lab.run({"trace", "export", "--format", "sequence"}).says("order to broker"));
  const Json chrome = shop.lab.run({"trace", "export", "--format", "chrome"}).json();
  CHECK(chrome.at("otherData").at("trace_id") == newest);
  CHECK(chrome.at("traceEvents").size() > 20);
  const Json otlp = shop.lab.run({"trace", "export", first, "--format", "otlp"}).json();
  CHECK(otlp.at("resourceSpans").size() == 3);
}

TEST_CASE("an export replaces its file and says where it is", "[e2e]") {
  const Shop shop;
  shop.order();
  const std::string path = shop.file("order.html");
  test::write_text(path, "before");
  const auto written = shop.lab.run({"trace", "export", "--output", path});
  INFO(written.out << written.err);
  CHECK(written.exit_code == 0);
  CHECK(written.out.empty());
  CHECK(written.says("wrote " + path + ": html of trace "));
  CHECK(test::read_text(path).starts_with("<!doctype html>"));
}

TEST_CASE("an export that cannot be made says what to do", "[e2e]") {
  const Shop shop;
  const auto refused = [&](const std::vector<std::string>& more, const char* hint) {
    std::vector<std::string> arguments = {"trace", "export"};
    arguments.insert(arguments.end(), more.begin(), more.end());
    const auto outcome = shop.lab.run(arguments);
    INFO(outcome.out << outcome.err);
    CHECK(outcome.exit_code == 64);
    CHECK(outcome.out.empty());
    CHECK(outcome.says(hint));
  };
  CHECK(shop.lab.run({"trace", "export"}).says("place an order"));
  shop.order();
  refused({"nonsense"}, "32 lower-case hex digits");
  refused({"--format", "png"}, "svg");
  refused({"--output", "trace.json"}, "--format chrome or --format otlp");
  refused({"--output", "trace.png"}, ".png");
  refused({"--output", "/nowhere/order.svg"}, "No such file or directory");
  CHECK(shop.lab.run({"trace", "export", std::string(32, 'a')}).says("has no trace"));
}

TEST_CASE("comparisons are put into one table", "[e2e]") {
  const Shop shop;
  const std::string calm = shop.file("calm.json");
  test::write_text(calm, shop.lab.run({"compare", "--orders", "1", "--json"}).out);
  const auto table = shop.lab.run({"compare", "table", calm});
  INFO(table.out << table.err);
  CHECK(table.exit_code == 0);
  CHECK(table.out.starts_with("CASE  STYLE  CALLER WAITS"));
  CHECK(table.says("calm  sync"));
  CHECK(shop.lab.run({"compare", "table", calm, "--json"}).json().at("cases").size() == 1);
  const auto missing = shop.lab.run({"compare", "table", shop.file("none.json")});
  CHECK(missing.exit_code == 64);
  CHECK(missing.says("msdemo compare --json >"));
}

TEST_CASE("messages are weighed without being taken", "[e2e]") {
  const Shop shop;
  REQUIRE(shop.lab.run({"stop", "user"}).exit_code == 0);
  shop.order({"--async"});
  const auto weigh = [&] {
    return shop.lab.run({"queue", "peek", "user.lookup.requested", "--sizes"});
  };
  REQUIRE(test::eventually([&] { return weigh().says("its data"); }));
  CHECK(weigh().says("MESSAGEPACK"));
  REQUIRE(shop.lab.run({"start", "user"}).exit_code == 0);
}
