# RabbitMQ for scripts/engines, from the system's package, without its plugins and without what the
# package starts by itself. Ports: AMQP, Erlang's distribution, Erlang's port mapper (epmd).
# shellcheck shell=bash disable=SC2154 # folder and root are those of scripts/engines

readonly rabbitmq_server=/usr/lib/rabbitmq/bin/rabbitmq-server

installed_rabbitmq() { [ -x "$rabbitmq_server" ]; }

# An alarm about a disk with less free than the machine has memory would block all publishers.
prepare_rabbitmq() {
  local engine_home=$folder/rabbitmq/home
  as_engine_file "$engine_home/rabbitmq.conf" <<CONF
listeners.tcp.1 = 127.0.0.1:$(port_of rabbitmq)
default_user = msdemo
default_pass = $(secret_of rabbitmq)
disk_free_limit.absolute = 50MB
vm_memory_high_watermark.absolute = 1GB
CONF
  echo '[].' | as_engine_file "$engine_home/enabled_plugins"
}

# A name with an address needs no host name that resolves. The mapper is ours, so that it ends with
# the server and listens nowhere else; Erlang would leave one of its own behind, on all addresses.
# Told that systemd watches it, the script becomes the server instead of staying in front of it.
start_rabbitmq() {
  local engine_home=$folder/rabbitmq/home
  local -a erlang=("ERL_EPMD_ADDRESS=127.0.0.1" "ERL_EPMD_PORT=$(port_of rabbitmq 3)")
  if [ -z "$(process_in "$folder/rabbitmq/epmd.pid")" ]; then
    launch rabbitmq epmd.pid env "${erlang[@]}" epmd
  fi
  launch rabbitmq pid env "${erlang[@]}" \
    RUNNING_UNDER_SYSTEMD=true \
    RABBITMQ_CONF_ENV_FILE=/dev/null \
    RABBITMQ_NODENAME=msdemo@127.0.0.1 \
    RABBITMQ_USE_LONGNAME=true \
    RABBITMQ_DIST_PORT="$(port_of rabbitmq 2)" \
    RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS="-kernel inet_dist_use_interface {127,0,0,1} +sbwt none" \
    RABBITMQ_CONFIG_FILE="$engine_home/rabbitmq.conf" \
    RABBITMQ_ADVANCED_CONFIG_FILE="$engine_home/advanced.config" \
    RABBITMQ_ENABLED_PLUGINS_FILE="$engine_home/enabled_plugins" \
    RABBITMQ_GENERATED_CONFIG_DIR="$engine_home/generated" \
    RABBITMQ_MNESIA_BASE="$engine_home/data" \
    RABBITMQ_LOG_BASE="$engine_home/log" \
    RABBITMQ_LOGS=- \
    ERL_CRASH_DUMP=/dev/null \
    "$rabbitmq_server"
}

# AMQP's greeting; whoever serves answers with a frame of a method (1), Connection.Start.
ready_rabbitmq() {
  local answer
  exec 8<>"/dev/tcp/127.0.0.1/$(port_of rabbitmq)" || return 1
  printf 'AMQP\x00\x00\x09\x01' >&8
  answer=$(timeout 2 head -c 1 <&8 | od -An -tu1)
  exec 8>&-
  [ "${answer// /}" = 1 ]
}

url_rabbitmq() {
  printf 'amqp://msdemo:%s@127.0.0.1:%s\n' "$(secret_of rabbitmq)" "$(port_of rabbitmq)"
}
