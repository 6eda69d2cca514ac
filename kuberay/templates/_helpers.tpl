{{/* The release's name for its resources. KubeRay appends to it: at most 47 characters. */}}
{{- define "nightdesk.name" -}}
{{- $name := .Values.fullnameOverride | default (ternary .Release.Name (printf "%s-nightdesk" .Release.Name) (contains "nightdesk" .Release.Name)) -}}
{{- $name | trunc 40 | trimSuffix "-" -}}
{{- end }}

{{- define "nightdesk.image" -}}
{{- printf "%s:%s" .Values.image.repository (.Values.image.tag | default .Chart.AppVersion) -}}
{{- end }}

{{- define "nightdesk.selector" -}}
app.kubernetes.io/name: nightdesk
app.kubernetes.io/instance: {{ .Release.Name }}
{{- end }}

{{- define "nightdesk.labels" -}}
{{ include "nightdesk.selector" . }}
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
helm.sh/chart: {{ printf "%s-%s" .Chart.Name .Chart.Version }}
{{- end }}

{{/* The Secret whose keys are environment variables. */}}
{{- define "nightdesk.secretName" -}}
{{- .Values.secrets.existingSecret | default (include "nightdesk.name" .) -}}
{{- end }}

{{- define "nightdesk.redisSecret" -}}
{{- .Values.redis.existingSecret | default (printf "%s-redis" (include "nightdesk.name" .)) -}}
{{- end }}

{{- define "nightdesk.redisAddress" -}}
{{- if eq .Values.redis.mode "bundled" -}}
redis://{{ include "nightdesk.name" . }}-redis:6379
{{- else -}}
{{ required "redis.external.address: the address of your Redis, such as redis://redis:6379" .Values.redis.external.address }}
{{- end -}}
{{- end }}

{{- define "nightdesk.kafkaServers" -}}
{{- if eq .Values.kafka.mode "strimzi" -}}
{{ include "nightdesk.name" . }}-kafka-bootstrap:9092
{{- else -}}
{{ required "kafka.external.bootstrapServers: the addresses of your brokers, such as kafka-1:9092,kafka-2:9092" .Values.kafka.external.bootstrapServers }}
{{- end -}}
{{- end }}

{{/* The Secret and key of DATABASE_URL. */}}
{{- define "nightdesk.databaseUrl" -}}
{{- if eq .Values.database.mode "cloudnativepg" -}}
name: {{ include "nightdesk.name" . }}-db-app
key: uri
{{- else -}}
name: {{ required "database.external.existingSecret: the Secret that contains DATABASE_URL" .Values.database.external.existingSecret }}
key: {{ .Values.database.external.key }}
{{- end -}}
{{- end }}

{{/* Restricted by the Pod Security Standards; nothing is written outside the mounted volumes. */}}
{{- define "nightdesk.podSecurity" -}}
runAsNonRoot: true
runAsUser: 1000
runAsGroup: 1000
fsGroup: 1000
seccompProfile:
  type: RuntimeDefault
{{- end }}

{{- define "nightdesk.containerSecurity" -}}
allowPrivilegeEscalation: false
readOnlyRootFilesystem: true
runAsNonRoot: true
runAsUser: 1000
runAsGroup: 1000
capabilities:
  drop: [ALL]
seccompProfile:
  type: RuntimeDefault
{{- end }}

{{/* What every container of ours needs of the settings: addresses and secrets. */}}
{{- define "nightdesk.settings" -}}
- name: DATABASE_URL
  valueFrom:
    secretKeyRef:
      {{- include "nightdesk.databaseUrl" . | nindent 6 }}
- name: KAFKA_BOOTSTRAP_SERVERS
  value: {{ include "nightdesk.kafkaServers" . | quote }}
{{- if eq .Values.kafka.mode "external" }}
{{- with .Values.kafka.external }}
- name: KAFKA_SECURITY_PROTOCOL
  value: {{ .securityProtocol | quote }}
{{- if hasPrefix "SASL" .securityProtocol }}
- name: KAFKA_SASL_MECHANISM
  value: {{ .saslMechanism | quote }}
- name: KAFKA_SASL_USERNAME
  valueFrom:
    secretKeyRef: {name: {{ required "kafka.external.existingSecret: the Secret with username and password" .existingSecret | quote }}, key: username}
- name: KAFKA_SASL_PASSWORD
  valueFrom:
    secretKeyRef: {name: {{ .existingSecret | quote }}, key: password}
{{- end }}
{{- end }}
{{- end }}
{{- if .Values.company.existingConfigMap }}
- name: CONTEXT_DIR
  value: /etc/nightdesk/company
{{- end }}
{{- end }}

{{/* Ray's own environment, as that of `nightdesk up` (serve_app/embedded/base/environment.py) but for HAProxy's, which is Ray's own
here: who calls is known by an ingress's X-Forwarded-For and TRUSTED_PROXIES. */}}
{{- define "nightdesk.rayEnvironment" -}}
- name: HTTP_HOST
  value: "0.0.0.0"
# Empty. KubeRay's operator writes the RayService back without empty values; what it changes, Helm's next upgrade would not touch.
- name: FORWARDED_ALLOW_IPS
- name: RAY_USAGE_STATS_ENABLED
  value: "0"
- name: RAY_worker_niceness
  value: "0"
- name: RAY_SERVE_THROUGHPUT_OPTIMIZED
  value: "1"
- name: RAY_SERVE_METRICS_EXPORT_INTERVAL_MS
  value: "2000"
- name: RAY_SERVE_CONTROL_LOOP_INTERVAL_S
  value: "0.25"
- name: RAY_SERVE_HTTP_PROXY_CALLBACK_IMPORT_PATH
  value: serve_app.api.base.proxy_errors.middlewares
- name: RAY_SERVE_ENABLE_HA_PROXY
  value: {{ ternary "1" "0" .Values.haproxy | quote }}
{{- end }}

{{- define "nightdesk.envFrom" -}}
# Optional: after an uninstall KubeRay's job that clears Redis runs with the head's environment, when this is gone already.
- configMapRef:
    name: {{ include "nightdesk.name" . }}
    optional: true
- secretRef:
    name: {{ include "nightdesk.secretName" . }}
{{- end }}

{{- define "nightdesk.mounts" -}}
- name: tmp
  mountPath: /tmp
- name: data
  mountPath: /var/lib/nightdesk
{{- if .Values.company.existingConfigMap }}
- name: company
  mountPath: /etc/nightdesk/company
  readOnly: true
{{- end }}
{{- end }}

{{- define "nightdesk.volumes" -}}
- name: tmp
  emptyDir:
    sizeLimit: {{ .Values.scratchSize }}
- name: data
  emptyDir:
    sizeLimit: 64Mi
{{- if .Values.company.existingConfigMap }}
- name: company
  configMap:
    name: {{ .Values.company.existingConfigMap }}
{{- end }}
{{- end }}

{{/* A pod that starts anew when the configuration changes; KubeRay then rolls to a new cluster without downtime. */}}
{{- define "nightdesk.podAnnotations" -}}
checksum/config: {{ .Values.config | toJson | sha256sum }}
{{- if not .Values.secrets.existingSecret }}
checksum/secret: {{ .Values.secrets.values | toJson | sha256sum }}
{{- end }}
{{- with .Values.rollout }}
nightdesk/rollout: {{ . | quote }}
{{- end }}
{{- end }}

{{/*
The configuration of Ray Serve: what `nightdesk serve-config` writes, with the bounds of `nodes` and the level of logs in
their place.
*/}}
{{- define "nightdesk.serveConfig" -}}
{{- $config := .Files.Get "files/serve-config.yaml" | fromYaml -}}
{{- $application := index $config.applications 0 -}}
{{- with .Values.config.LOG_LEVEL -}}
{{- $_ := set $config.logging_config "log_level" . -}}
{{- $_ := set $application.logging_config "log_level" . -}}
{{- end -}}
{{- range $application.deployments -}}
{{- $own := get $.Values.nodes .name | default dict -}}
{{- if .autoscaling_config -}}
{{- $least := int ($own.minReplicas | default .autoscaling_config.min_replicas) -}}
{{- $most := int ($own.maxReplicas | default .autoscaling_config.max_replicas) -}}
{{- if gt $least $most -}}
{{- fail (printf "nodes.%s.minReplicas: %d is more than its maxReplicas, %d" .name $least $most) -}}
{{- end -}}
{{- $_ := set .autoscaling_config "min_replicas" $least -}}
{{- $_ := set .autoscaling_config "max_replicas" $most -}}
{{- /* The graph adds up connections and partitions with them. */ -}}
{{- $_ := set $application.args.scaling_bounds .name (list $least $most) -}}
{{- else if or $own.minReplicas $own.maxReplicas -}}
{{- fail (printf "nodes.%s: it runs exactly once, so it has no minReplicas and maxReplicas" .name) -}}
{{- end -}}
{{- end -}}
{{- toYaml $config -}}
{{- end }}

{{/* The nodes that run on the cluster, as JSON: [{name, least, most, cpus}]. */}}
{{- define "nightdesk.nodes" -}}
{{- $found := list -}}
{{- range (index (include "nightdesk.serveConfig" . | fromYaml).applications 0).deployments -}}
{{- $scaling := .autoscaling_config | default dict -}}
{{- $found = append $found (dict "name" .name
    "least" (int ($scaling.min_replicas | default .num_replicas | default 1))
    "most" (int ($scaling.max_replicas | default .num_replicas | default 1))
    "cpus" .ray_actor_options.num_cpus) -}}
{{- end -}}
{{- $found | toJson -}}
{{- end }}

{{/* The connections to PostgreSQL that the nodes at their most replicas and commands open, as serve_app/nodes/connections.py adds them up. */}}
{{- define "nightdesk.connections" -}}
{{- $known := .Files.Get "files/connections.yaml" | fromYaml -}}
{{- $pool := int (get .Values.config "DB_POOL_SIZE" | default $known.poolSize) -}}
{{- $sum := int $known.others -}}
{{- range include "nightdesk.nodes" . | fromJsonArray -}}
{{- $each := get $known.nodes .name -}}
{{- $sum = add $sum (mul (int .most) (add (mul (int $each.pools) $pool) (int $each.more))) -}}
{{- end -}}
{{- $sum -}}
{{- end }}

{{/* What the values say that can't work, before anything is installed. */}}
{{- define "nightdesk.check" -}}
{{- if and (not .Values.secrets.existingSecret) (not .Values.secrets.values.SECRET_KEY) -}}
{{- fail "secrets.existingSecret: name a Secret with SECRET_KEY and STAFF_API_KEY, or set secrets.values.SECRET_KEY (openssl rand -hex 32)" -}}
{{- end -}}
{{- $application := index (include "nightdesk.serveConfig" . | fromYaml).applications 0 -}}
{{- $ingest := int (index $application.args.scaling_bounds.ingest 1) -}}
{{- if and (eq .Values.kafka.mode "strimzi") (lt (int .Values.kafka.partitions) $ingest) -}}
{{- fail (printf "kafka.partitions: %d, but up to %d ingest replicas want one each" (int .Values.kafka.partitions) $ingest) -}}
{{- end -}}
{{- $partitions := get .Values.config "KAFKA_PARTITIONS" -}}
{{- if and $partitions (lt (int $partitions) $ingest) -}}
{{- fail (printf "config.KAFKA_PARTITIONS: %d, but up to %d ingest replicas want one each" (int $partitions) $ingest) -}}
{{- end -}}
{{- if eq .Values.database.mode "cloudnativepg" -}}
{{- $known := .Files.Get "files/connections.yaml" | fromYaml -}}
{{- $open := include "nightdesk.connections" . | int -}}
{{- $own := add (int $known.operator) (int $known.reserved) -}}
{{- $there := int .Values.database.cloudnativepg.maxConnections -}}
{{- if gt (add $open $own) $there -}}
{{- fail (printf "database.cloudnativepg.maxConnections: %d, but the nodes at their most replicas open %d, and CloudNativePG and PostgreSQL keep %d: set it to %d or more (twice the nodes' for upgrades), or lower config.DB_POOL_SIZE" $there $open $own (add $open $own)) -}}
{{- end -}}
{{- end -}}
{{- if .Values.combined.enabled -}}
{{- $pods := int .Values.combined.maxReplicas -}}
{{- range include "nightdesk.nodes" . | fromJsonArray -}}
{{- if gt (int .most) $pods -}}
{{- fail (printf "nodes.%s.maxReplicas: %d, but combined.maxReplicas allows %d pods, and a pod holds one replica of each node" .name (int .most) $pods) -}}
{{- end -}}
{{- end -}}
{{- end -}}
{{- end }}
