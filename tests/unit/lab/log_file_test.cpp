// Log lines: how they are read, and followed through a rotation.
#include "lab/log_file.hpp"

#include <filesystem>
#include <fstream>

#include "support/catch.hpp"
#include "support/temp_dir.hpp"

namespace msdemo::lab {

namespace {

using test::TempDir;

void append(const std::filesystem::path& file, std::string_view text) {
  std::ofstream(file, std::ios::app | std::ios::binary) << text;
}

std::vector<std::string> texts(const std::vector<LogLine>& lines) {
  std::vector<std::string> all;
  for (const LogLine& line : lines) all.push_back(line.text);
  return all;
}

}  // namespace

TEST_CASE("a line of the log is taken apart", "[lab]") {
  const LogLine line =
      parse_log_line("order", "2026-11-23T00:40:01.123Z info  order  POST /orders 201", "");
  CHECK(line.time == "2026-11-23T00:40:01.123Z");
  CHECK(line.level == "info");
  CHECK(line.text == "POST /orders 201");

  const LogLine of_replica =
      parse_log_line("order-2", "2026-11-23T00:40:01.123Z info  order  draining", "");
  CHECK(of_replica.service == "order-2");
  CHECK(of_replica.text == "draining");
}

TEST_CASE("anything else is text at the time of the line before", "[lab]") {
  for (const char* text : {"", "==1==ERROR: AddressSanitizer", "2026-11-23T00:40:01.123Z",
                           "2026-11-23T00:40:01.123Z info  other  text"}) {
    const LogLine line = parse_log_line("order", text, "2026-11-23T00:40:01.000Z");
    CHECK(line.text == text);
    CHECK(line.level.empty());
    CHECK(line.time == "2026-11-23T00:40:01.000Z");
  }
}

TEST_CASE("reading goes on where it ended, and only whole lines count", "[lab]") {
  const TempDir folder;
  const auto path = folder.path() / "order.log";
  LogFile log("order", path);
  std::vector<LogLine> lines;
  log.read_more(lines);
  CHECK(lines.empty());
  append(path, "one\ntw");
  log.read_more(lines);
  append(path, "o\nthree\n");
  log.read_more(lines);
  CHECK(texts(lines) == std::vector<std::string>{"one", "two", "three"});
}

TEST_CASE("a rotation in the middle loses no line", "[lab]") {
  const TempDir folder;
  const auto path = folder.path() / "order.log";
  LogFile log("order", path);
  append(path, "one\n");
  std::vector<LogLine> lines;
  log.read_more(lines);
  append(path, "two\n");
  std::filesystem::rename(path, folder.path() / "order.1.log");
  append(path, "three\n");
  log.read_more(lines);
  CHECK(texts(lines) == std::vector<std::string>{"one", "two", "three"});
}

TEST_CASE("the last lines reach back into the rotated file", "[lab]") {
  const TempDir folder;
  const auto path = folder.path() / "order.log";
  append(folder.path() / "order.1.log", "one\ntwo\n");
  append(path, "three\nfour\n");
  LogFile log("order", path);
  std::vector<LogLine> lines;
  log.read_last(3, lines);
  CHECK(texts(lines) == std::vector<std::string>{"two", "three", "four"});
  append(path, "five\n");
  lines.clear();
  log.read_more(lines);
  CHECK(texts(lines) == std::vector<std::string>{"five"});
}

TEST_CASE("skipping passes over what is there", "[lab]") {
  const TempDir folder;
  const auto path = folder.path() / "order.log";
  append(path, "one\n");
  LogFile log("order", path);
  log.skip_to_end();
  append(path, "two\n");
  std::vector<LogLine> lines;
  log.read_more(lines);
  CHECK(texts(lines) == std::vector<std::string>{"two"});
}

TEST_CASE("the last headline is what a failing program said, not its advice", "[lab]") {
  const TempDir folder;
  const auto path = folder.path() / "order.log";
  CHECK(last_headline(path).empty());
  append(path, "first\nlab-failed: no room\n  Make some.\n\n");
  CHECK(last_headline(path) == "lab-failed: no room");
}

}  // namespace msdemo::lab
