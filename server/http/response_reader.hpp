// Reads an HTTP/1.1 answer (RFC 9112), however it comes in. It exists because a load generator may
// not wait for the rest of one; and the client, whose orders pass here twice, cannot afford a call
// for each byte, which is how httplib reads. Pure.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace msdemo::http {

/// One answer after another on one connection. In the usual case, in which an answer comes whole,
/// nothing is copied.
class ResponseReader {
 public:
  enum class State {
    incomplete,
    complete,
    broken,  ///< not HTTP/1.1, longer than limits::kReplyBytes, or followed by what nobody asked
             ///< for
  };

  using Headers = std::vector<std::pair<std::string, std::string>>;

  /// Forgets everything, for the next answer. That to a HEAD has no body, whatever it says. Its
  /// headers are added to `headers`, which may be null and must live until it is complete.
  void begin(bool head_request, Headers* headers = nullptr);

  /// More bytes of the answer; body() may look into them.
  State read(std::string_view bytes);

  /// The other side has closed the connection: some bodies end so.
  State closed();

  int status() const { return status_; }              ///< once complete
  std::string_view body() const { return body_; }     ///< once complete
  bool keep_alive() const { return keep_alive_; }     ///< once complete: may the next one follow?
  std::size_t received() const { return received_; }  ///< bytes

 private:
  enum class Part { head, sized, chunk_size, chunk, until_closed, complete, broken };

  void read_head(std::string_view& bytes);
  bool read_lines(std::string_view head);
  bool read_header(std::string_view name, std::string_view value);
  void begin_body();
  void read_sized(std::string_view& bytes);
  void read_chunk_size(std::string_view& bytes);
  void read_chunk(std::string_view& bytes);
  State state() const;

  Part part_ = Part::head;
  bool head_request_ = false;
  Headers* headers_ = nullptr;
  bool keep_alive_ = true;
  bool chunked_ = false;
  bool sized_ = false;
  int status_ = 0;
  std::size_t received_ = 0;
  std::size_t left_ = 0;   ///< of the body, or of the chunk with its line end
  std::string kept_;       ///< of a head or a chunk's size that is not all here
  std::string collected_;  ///< of a body that came in pieces
  std::string_view body_;
};

}  // namespace msdemo::http
