#include "http/response_reader.hpp"

#include <algorithm>
#include <charconv>

#include "base/limits.hpp"
#include "http/framing.hpp"

namespace msdemo::http {

namespace {

constexpr std::string_view kLineEnd = "\r\n";
constexpr std::string_view kHeadEnd = "\r\n\r\n";

/// A whole number that is nothing but digits.
bool parse_size(std::string_view text, int base, std::size_t& size) {
  const char* const end = text.data() + text.size();
  const auto [stopped, error] = std::from_chars(text.data(), end, size, base);
  return error == std::errc() && stopped == end;
}

}  // namespace

void ResponseReader::begin(bool head_request, Headers* headers) {
  part_ = Part::head;
  head_request_ = head_request;
  headers_ = headers;
  received_ = 0;
  kept_.clear();
  collected_.clear();
}

ResponseReader::State ResponseReader::read(std::string_view bytes) {
  received_ += bytes.size();
  if (received_ > limits::kReplyBytes) part_ = Part::broken;
  while (!bytes.empty() && state() == State::incomplete) {
    switch (part_) {
      case Part::head:
        read_head(bytes);
        break;
      case Part::sized:
        read_sized(bytes);
        break;
      case Part::chunk_size:
        read_chunk_size(bytes);
        break;
      case Part::chunk:
        read_chunk(bytes);
        break;
      default:
        collected_ += bytes;
        bytes = {};
    }
  }
  if (!bytes.empty()) part_ = Part::broken;
  return state();
}

ResponseReader::State ResponseReader::closed() {
  if (part_ == Part::until_closed) {
    body_ = collected_;
    part_ = Part::complete;
  }
  return state();
}

ResponseReader::State ResponseReader::state() const {
  if (part_ == Part::complete) return State::complete;
  return part_ == Part::broken ? State::broken : State::incomplete;
}

void ResponseReader::read_head(std::string_view& bytes) {
  std::string_view all = bytes;
  const std::size_t before = kept_.size();
  if (before > 0) all = kept_ += bytes;
  const auto end = all.find(kHeadEnd, before < kHeadEnd.size() ? 0 : before - kHeadEnd.size());
  if (end == std::string_view::npos) {
    if (before == 0) kept_ = bytes;
    bytes = {};
    if (kept_.size() > limits::kHeaderBytes) part_ = Part::broken;
    return;
  }
  bytes.remove_prefix(end + kHeadEnd.size() - before);
  if (!read_lines(all.substr(0, end))) part_ = Part::broken;
  if (part_ != Part::broken) begin_body();
  kept_.clear();
}

bool ResponseReader::read_lines(std::string_view head) {
  constexpr std::string_view kVersion = "HTTP/1.";  // and the minor version, a blank, the status
  constexpr std::size_t kStatusAt = kVersion.size() + 2;
  constexpr std::size_t kStatusDigits = 3;
  std::size_t status = 0;
  if (head.substr(0, kVersion.size()) != kVersion || head.size() < kStatusAt + kStatusDigits ||
      !parse_size(head.substr(kStatusAt, kStatusDigits), 10, status)) {
    return false;
  }
  status_ = static_cast<int>(status);
  keep_alive_ = head[kVersion.size()] != '0';
  chunked_ = false;
  sized_ = false;
  left_ = 0;
  for (auto end = head.find(kLineEnd); end != std::string_view::npos; end = head.find(kLineEnd)) {
    head.remove_prefix(end + kLineEnd.size());
    const std::string_view line = head.substr(0, head.find(kLineEnd));
    const auto colon = line.find(':');
    if (colon == std::string_view::npos) return false;
    if (!read_header(line.substr(0, colon), line.substr(colon + 1))) return false;
  }
  return true;
}

bool ResponseReader::read_header(std::string_view name, std::string_view value) {
  value = trim(value);
  if (headers_ != nullptr) headers_->emplace_back(name, value);
  if (equal_names(name, "content-length")) {
    sized_ = true;
    return parse_size(value, 10, left_);
  }
  if (equal_names(name, "transfer-encoding")) {
    chunked_ = equal_names(value, "chunked");
    return chunked_;
  }
  if (equal_names(name, "connection") && has_token(value, "close")) keep_alive_ = false;
  return true;
}

void ResponseReader::begin_body() {
  constexpr int kSwitching = 101;
  constexpr int kSuccess = 200;
  constexpr int kNoContent = 204;
  constexpr int kNotModified = 304;
  body_ = {};
  if (status_ == kSwitching) {
    part_ = Part::broken;
  } else if (status_ < kSuccess) {
    part_ = Part::head;  // an interim answer; the real one follows
  } else if (head_request_ || status_ == kNoContent || status_ == kNotModified) {
    part_ = Part::complete;
  } else if (chunked_) {
    part_ = Part::chunk_size;
  } else if (sized_) {
    part_ = left_ == 0 ? Part::complete : Part::sized;
  } else {
    keep_alive_ = false;
    part_ = Part::until_closed;
  }
}

void ResponseReader::read_sized(std::string_view& bytes) {
  const std::string_view here = bytes.substr(0, left_);
  bytes.remove_prefix(here.size());
  left_ -= here.size();
  if (left_ > 0 || !collected_.empty()) collected_ += here;
  if (left_ > 0) return;
  body_ = collected_.empty() ? here : collected_;
  part_ = Part::complete;
}

/// A chunk's size in its line; of the last chunk, which is empty, all up to the empty line.
void ResponseReader::read_chunk_size(std::string_view& bytes) {
  kept_ += bytes.front();
  bytes.remove_prefix(1);
  if (kept_.size() > limits::kHeaderBytes) part_ = Part::broken;
  if (kept_.size() < kLineEnd.size() || kept_.back() != '\n') return;
  const std::string_view line = std::string_view(kept_).substr(0, kept_.find(kLineEnd));
  std::size_t size = 0;
  if (!parse_size(trim(line.substr(0, line.find(';'))), 16, size) || size > limits::kReplyBytes) {
    part_ = Part::broken;
  } else if (size > 0) {
    left_ = size + kLineEnd.size();
    part_ = Part::chunk;
    kept_.clear();
  } else if (std::string_view(kept_).substr(kept_.size() -
                                            std::min(kept_.size(), kHeadEnd.size())) == kHeadEnd) {
    body_ = collected_;
    part_ = Part::complete;
  }
}

void ResponseReader::read_chunk(std::string_view& bytes) {
  const std::string_view here = bytes.substr(0, left_);
  bytes.remove_prefix(here.size());
  if (left_ > kLineEnd.size()) {
    collected_ += here.substr(0, left_ - kLineEnd.size());
  }
  left_ -= here.size();
  if (left_ == 0) part_ = Part::chunk_size;
}

}  // namespace msdemo::http
