#include "base/error.hpp"

#include <set>
#include <string>

#include "support/catch.hpp"

using namespace msdemo;

TEST_CASE("every code has its own row in the error table", "[error]") {
  const auto& rows = all_codes();
  for (std::size_t i = 0; i < rows.size(); ++i) {
    CHECK(static_cast<std::size_t>(rows[i].code) == i);
    CHECK(&info(rows[i].code) == &rows[i]);
    CHECK_FALSE(rows[i].name.empty());
    CHECK_FALSE(rows[i].title.empty());
  }
}

TEST_CASE("a name and a status lead back to exactly one code", "[error]") {
  std::set<std::string> seen;
  for (const CodeInfo& row : all_codes()) {
    CHECK(seen.insert(std::string(row.name) + std::to_string(row.http_status)).second);
    CHECK(find_code(row.name, row.http_status) == row.code);
  }
  CHECK_FALSE(find_code("no-such-name", 404).has_value());
}

TEST_CASE("an indefinite error exits as unknown, a definite one never does", "[error]") {
  for (const CodeInfo& row : all_codes()) {
    INFO(row.name);
    CHECK((row.exit_status == exit_status::kUnknown) == !row.definite);
  }
}

TEST_CASE("one name may stand for two statuses", "[error]") {
  CHECK(find_code("user-not-found", 404) == Code::user_not_found);
  CHECK(find_code("user-not-found", 422) == Code::unknown_user);
}
