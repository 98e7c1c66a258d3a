# Kafka for scripts/engines: one node that is broker and controller (KRaft), from the jars that
# kafka/pom.xml names. No distribution has it as a package. Ports: broker, controller.
# shellcheck shell=bash disable=SC2154 # folder and root are those of scripts/engines

installed_kafka() { command -v java >/dev/null && command -v mvn >/dev/null; }

# The jars are fetched once for all folders, to where the build is; the engines' user may not be able
# to go there, so that each folder has them, too.
fetch_kafka() {
  local kept=$root/build/kafka jars=$folder/kafka/jars pom=$root/scripts/engines.d/kafka/pom.xml part
  if ! cmp -s "$pom" "$kept/pom.xml"; then
    say "fetching Kafka from Maven Central"
    mkdir -p "$root/build"
    part=$(mktemp -d "$root/build/kafka.XXXXXX")
    mvn -q -B -f "$pom" dependency:copy-dependencies -DincludeScope=runtime \
      -DoutputDirectory="$part" >>"$folder/kafka/log" 2>&1 </dev/null || {
      rm -rf "$part"
      show_log kafka
      return 1
    }
    chmod 755 "$part" && chmod 644 "$part"/*.jar
    cp "$pom" "$part/pom.xml"
    # Whoever fetched it at the same time may have been quicker.
    rm -rf "$kept"
    mv -T "$part" "$kept" 2>/dev/null || rm -rf "$part"
  fi
  if cmp -s "$pom" "$jars/pom.xml"; then return; fi
  rm -rf "$jars"
  # Links where both are on one disk.
  cp -rl "$kept" "$jars" 2>/dev/null || { rm -rf "$jars" && cp -r "$kept" "$jars"; }
}

kafka_java() {
  as_engine java -cp "$folder/kafka/jars/*" -Dorg.slf4j.simpleLogger.defaultLogLevel=warn "$@"
}

prepare_kafka() {
  local engine_home=$folder/kafka/home
  fetch_kafka || return 1
  as_engine_file "$engine_home/server.properties" <<CONF
process.roles=broker,controller
node.id=1
controller.quorum.voters=1@127.0.0.1:$(port_of kafka 2)
listeners=PLAINTEXT://127.0.0.1:$(port_of kafka),CONTROLLER://127.0.0.1:$(port_of kafka 2)
advertised.listeners=PLAINTEXT://127.0.0.1:$(port_of kafka)
controller.listener.names=CONTROLLER
listener.security.protocol.map=PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT
log.dirs=$engine_home/data
auto.create.topics.enable=false
num.partitions=1
offsets.topic.replication.factor=1
offsets.topic.num.partitions=4
transaction.state.log.replication.factor=1
transaction.state.log.min.isr=1
transaction.state.log.num.partitions=1
share.coordinator.state.topic.replication.factor=1
share.coordinator.state.topic.min.isr=1
group.initial.rebalance.delay.ms=0
group.min.session.timeout.ms=1000
log.segment.bytes=16777216
log.cleaner.dedupe.buffer.size=8388608
CONF
  if as_engine test -e "$engine_home/data/meta.properties"; then return; fi
  local id
  id=$(head -c 16 /dev/urandom | base64 | tr '+/' 'xy' | tr -d '=')
  kafka_java -Xmx128m -XX:TieredStopAtLevel=1 -XX:+UseSerialGC kafka.tools.StorageTool format \
    -t "$id" -c "$engine_home/server.properties" >>"$folder/kafka/log" 2>&1 || {
    show_log kafka
    return 1
  }
}

start_kafka() {
  local engine_home=$folder/kafka/home
  launch kafka pid java -cp "$folder/kafka/jars/*" -Xms128m -Xmx512m -XX:+UseSerialGC \
    -Dorg.slf4j.simpleLogger.defaultLogLevel=warn kafka.Kafka "$engine_home/server.properties"
}

# Kafka's own greeting, ApiVersions (key 18, version 0, correlation 7, no client id): a broker that
# serves answers without an error. It does so only once its controller has let it in.
ready_kafka() {
  local answer
  exec 8<>"/dev/tcp/127.0.0.1/$(port_of kafka)" || return 1
  printf '\x00\x00\x00\x0a\x00\x12\x00\x00\x00\x00\x00\x07\xff\xff' >&8
  # Length, correlation, error.
  answer=$(timeout 2 head -c 10 <&8 | od -An -tx1 | tr -d ' \n')
  exec 8>&-
  [ "${answer:8}" = 000000070000 ]
}

url_kafka() { printf 'kafka://127.0.0.1:%s\n' "$(port_of kafka)"; }
