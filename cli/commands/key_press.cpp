#include "commands/key_press.hpp"

#include <poll.h>
#include <termios.h>
#include <unistd.h>

#include <array>
#include <cctype>
#include <cerrno>

namespace msdemo::commands {

namespace {

constexpr char kEndOfInput = '\x04';

/// While this lives, a terminal gives every key at once and shows none. Signals stay what they are.
class KeyMode {
 public:
  KeyMode() : terminal_(::tcgetattr(STDIN_FILENO, &before_) == 0) {
    if (!terminal_) return;
    termios keys = before_;
    keys.c_lflag &= ~static_cast<tcflag_t>(ICANON | ECHO);
    keys.c_cc[VMIN] = 1;
    keys.c_cc[VTIME] = 0;
    ::tcsetattr(STDIN_FILENO, TCSADRAIN, &keys);
  }
  KeyMode(const KeyMode&) = delete;
  KeyMode& operator=(const KeyMode&) = delete;
  ~KeyMode() {
    if (terminal_) ::tcsetattr(STDIN_FILENO, TCSADRAIN, &before_);
  }

 private:
  termios before_{};
  const bool terminal_;
};

}  // namespace

char wait_for_key(std::string_view keys, int interrupt_fd) {
  const KeyMode mode;
  for (;;) {
    std::array<pollfd, 2> events = {pollfd{STDIN_FILENO, POLLIN, 0},
                                    pollfd{interrupt_fd, POLLIN, 0}};
    if (::poll(events.data(), events.size(), -1) < 0 && errno != EINTR) return 0;
    if (events[1].revents != 0) return 0;
    if (events[0].revents == 0) continue;
    char key = 0;
    if (::read(STDIN_FILENO, &key, 1) != 1 || key == kEndOfInput) return 0;
    key = key == '\r' ? '\n' : static_cast<char>(std::tolower(static_cast<unsigned char>(key)));
    if (keys.find(key) != keys.npos) return key;
  }
}

}  // namespace msdemo::commands
