#!/usr/bin/env bash
# One node of Apache Kafka in KRaft mode, with the official image's variables: each KAFKA_… is a property.
set -euo pipefail
properties=/tmp/server.properties
env | grep -E '^KAFKA_' | while IFS='=' read -r name value; do
  key=${name#KAFKA_}; key=${key,,}
  echo "${key//_/.}=$value"
done > "$properties"
java=(java -Xms64m -Xmx256m -XX:+UseSerialGC -XX:TieredStopAtLevel=1 -Dorg.slf4j.simpleLogger.defaultLogLevel=warn -cp '/opt/kafka/libs/*')
"${java[@]}" kafka.tools.StorageTool format --ignore-formatted -t "${CLUSTER_ID:-5L6g3nShT-eMCtK--X86sw}" -c "$properties"
exec "${java[@]}" kafka.Kafka "$properties"
