# The processes of scripts/engines: who they run as, how they are started apart from the caller,
# and how exactly they, and no others, are found again and ended.
# shellcheck shell=bash disable=SC2154 # folder and root are those of scripts/engines

choose_engine_user() {
  engine_user=$(id -un)
  if [ "$(id -u)" -eq 0 ]; then engine_user=${MSDEMO_ENGINES_USER:-nobody}; fi
  id "$engine_user" >/dev/null || stop "there is no user $engine_user"
}

# as_engine COMMAND…: as the engines' user, with nothing of the caller's environment but the path.
as_engine() {
  local -a clean=(env -i "PATH=$PATH" "HOME=${engine_home:-/nonexistent}" LC_ALL=C.UTF-8)
  if [ "$(id -u)" -eq 0 ]; then
    setpriv --reuid "$engine_user" --regid "$(id -g "$engine_user")" --clear-groups \
      --no-new-privs --inh-caps=-all --bounding-set=-all -- "${clean[@]}" "$@"
  else
    "${clean[@]}" "$@"
  fi
}

install_home() {
  if [ "$(id -u)" -eq 0 ]; then
    install -d -m 700 -o "$engine_user" -g "$(id -g "$engine_user")" "$1"
  else
    install -d -m 700 "$1"
  fi
}

# as_engine_file PATH: standard input becomes a file that only the engines' user can read.
as_engine_file() {
  # shellcheck disable=SC2016 # the inner shell expands it
  as_engine sh -c 'umask 077 && cat >"$1"' sh "$1"
}

# launch NAME PIDFILE COMMAND…: in a session of its own, so that no signal of the caller's terminal
# and none of the caller's descriptors reach it. setsid and setpriv exec: $! is the engine itself.
launch() {
  local name=$1 pid_file=$folder/$1/$2
  shift 2
  (
    cd /
    (umask 077 && touch "$folder/$name/log")
    exec </dev/null >>"$folder/$name/log" 2>&1
    close_descriptors
    start_apart "$@" &
    echo "$! $(start_time $!) $(cat /proc/sys/kernel/random/boot_id)" >"$pid_file"
  )
}

start_apart() {
  local -a clean=(env -i "PATH=$PATH" "HOME=$engine_home" LC_ALL=C.UTF-8)
  if [ "$(id -u)" -eq 0 ]; then
    exec setsid setpriv --reuid "$engine_user" --regid "$(id -g "$engine_user")" --clear-groups \
      --no-new-privs --inh-caps=-all --bounding-set=-all -- "${clean[@]}" "$@"
  fi
  exec setsid "${clean[@]}" "$@"
}

close_descriptors() {
  local descriptor
  for descriptor in /proc/self/fd/*; do
    descriptor=${descriptor##*/}
    if [ "$descriptor" -gt 2 ]; then eval "exec $descriptor>&-"; fi
  done
}

# When process PID began, in clock ticks since the machine did: with it, a process is never
# mistaken for a later one of the same number. The name in /proc/PID/stat may hold blanks.
start_time() { sed 's/.*) //' "/proc/$1/stat" 2>/dev/null | cut -d ' ' -f 20; }

# The process of PIDFILE if it is still the one that was started; else nothing.
process_in() {
  local pid started boot
  [ -s "$1" ] || return 0
  read -r pid started boot <"$1"
  if [ "$(start_time "$pid")" = "$started" ] &&
    [ "$boot" = "$(cat /proc/sys/kernel/random/boot_id)" ] && ! is_zombie "$pid"; then
    echo "$pid"
  fi
}

is_zombie() { [ "$(sed 's/.*) //' "/proc/$1/stat" 2>/dev/null | cut -c 1)" = Z ]; }

is_running() { [ -n "$(process_in "$folder/$1/pid")" ]; }

# Who of session PID is left: what an engine has started may outlive it for a moment.
members_of_session() {
  local stat
  for stat in /proc/[0-9]*/stat; do
    # After the name: state, parent, group, session.
    sed -n 's/^\([0-9]*\) .*) \([^Z]\) [0-9]* [0-9]* \([0-9]*\) .*/\3 \1/p' "$stat" 2>/dev/null
  done | sed -n "s/^$1 //p"
}

# end_process PIDFILE SIGNAL: also waits until its whole session is gone; whoever does not go within
# 20 s is killed. A session's number is not given out again while anybody is in it.
end_process() {
  local pid waits=0
  pid=$(process_in "$1")
  if [ -n "$pid" ]; then
    kill -s "$2" "$pid" 2>/dev/null || true
    while [ -n "$(members_of_session "$pid")" ]; do
      sleep 0.05
      waits=$((waits + 1))
      if [ $waits -eq 400 ]; then
        say "$(basename "$(dirname "$1")") does not end; killing it"
        # shellcheck disable=SC2046 # one word a process
        kill -KILL $(members_of_session "$pid") 2>/dev/null || true
      fi
    done
  fi
  rm -f "$1"
}

stop_engine() {
  local signal=TERM
  # PostgreSQL waits for its clients at SIGTERM and sends them away at SIGINT.
  [ "$1" != postgres ] || signal=INT
  if is_running "$1"; then
    end_process "$folder/$1/pid" $signal
    say "$1 has stopped"
  fi
  end_process "$folder/$1/epmd.pid" TERM
}

kill_engine() {
  is_running "$1" || stop "$1 does not run"
  end_process "$folder/$1/pid" KILL
  say "killed $1; \"up\" or \"restart $1\" starts it again at the same port"
}

# keep_or_choose_ports NAMES…: three for each, kept from last time if they are free. All lie below
# the range from which the kernel takes the ports of outgoing connections (32768 and up): there, a
# client that calls a dead engine again and again would in the end connect to itself.
keep_or_choose_ports() {
  python3 - "$folder" "$@" <<'PYTHON'
import pathlib
import random
import socket
import sys


def hold(port):
    """A socket at the port; nothing if it is taken."""
    held = socket.socket()
    held.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        held.bind(("127.0.0.1", port))
        held.listen()
    except OSError:
        held.close()
        return None
    return held


holding = []  # until all are chosen, so that none is chosen twice


def choose():
    while True:
        port = random.randrange(20000, 32000)
        held = hold(port)
        if held:
            holding.append(held)
            return port


for name in sys.argv[2:]:
    file = pathlib.Path(sys.argv[1], name, "ports")
    kept = [int(word) for word in file.read_text().split()] if file.exists() else []
    held = [hold(port) for port in kept]
    if not kept or not all(held):
        kept = [choose() for _ in range(3)]
    holding += held
    file.write_text(" ".join(map(str, kept)) + "\n")
PYTHON
}
