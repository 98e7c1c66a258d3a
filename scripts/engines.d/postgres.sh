# PostgreSQL for scripts/engines, from the system's newest server package. It syncs to disk as in
# production: what is measured and killed here is the real thing.
# shellcheck shell=bash disable=SC2154 # folder and root are those of scripts/engines

postgres_programs() { find /usr/lib/postgresql -path '*/bin/postgres' 2>/dev/null | sort -V |
  tail -n 1 | xargs -r dirname; }

installed_postgres() { [ -n "$(postgres_programs)" ]; }

prepare_postgres() {
  local engine_home=$folder/postgres/home programs
  programs=$(postgres_programs)
  if as_engine test -e "$engine_home/data/made"; then return; fi
  as_engine rm -rf "$engine_home/data"
  secret_of postgres | as_engine_file "$engine_home/password"
  # Nothing to lose yet: one sync at the first checkpoint does.
  {
    as_engine "$programs/initdb" --no-sync --no-instructions --locale=C.UTF-8 --encoding=UTF8 \
      --username=msdemo --pwfile="$engine_home/password" --auth=scram-sha-256 \
      -D "$engine_home/data" &&
      echo "CREATE DATABASE msdemo" | as_engine "$programs/postgres" --single \
        -D "$engine_home/data" postgres &&
      as_engine touch "$engine_home/data/made"
  } >>"$folder/postgres/log" 2>&1 || {
    show_log postgres
    return 1
  }
  as_engine rm "$engine_home/password"
}

# No Unix socket: its path could be too long, and whoever may enter the folder could use it.
start_postgres() {
  local engine_home=$folder/postgres/home
  # Left by one that was killed, of whose session nobody is left (end_process). Its process may still
  # be a zombie where init is slow, and PostgreSQL would take that for a server.
  as_engine rm -f "$engine_home/data/postmaster.pid"
  launch postgres pid "$(postgres_programs)/postgres" -D "$engine_home/data" \
    -c listen_addresses=127.0.0.1 -c port="$(port_of postgres)" -c unix_socket_directories= \
    -c max_connections=200 -c logging_collector=off
}

ready_postgres() {
  "$(postgres_programs)/pg_isready" -q -h 127.0.0.1 -p "$(port_of postgres)" -d msdemo
}

url_postgres() {
  printf 'postgresql://msdemo:%s@127.0.0.1:%s/msdemo\n' "$(secret_of postgres)" \
    "$(port_of postgres)"
}
