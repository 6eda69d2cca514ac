"""Ray Serve's configuration for the graph, from the table that the graph itself is built with."""

from __future__ import annotations

import types
from collections.abc import Iterator, Sequence
from typing import Any, Final, TypeAlias, Union, get_args, get_origin

from pydantic import BaseModel
from ray.serve.config import AutoscalingConfig
from ray.serve.schema import ServeDeploySchema

from serve_app.embedded.base.errors import UserError
from serve_app.scaling.options import cluster_options, options
from serve_app.scaling.table import Scaled
from serve_app.settings.settings import LOG_LEVEL
from serve_app.telemetry import serve_logging

Document: TypeAlias = dict[str, Any]
APPLICATION: Final = "nightdesk"
IMPORT_PATH: Final = "serve_app.app:graph"
HTTP_PORT: Final = 8000
_NESTED: Final[dict[str, type[BaseModel]]] = {"autoscaling_config": AutoscalingConfig}
"""What Ray's schema also takes as a plain dictionary, of which it checks no key."""


def document(nodes: Sequence[Scaled], *, on_cluster: bool, log_level: str = LOG_LEVEL) -> Document:
    """Return `serveConfigV2`: the bounds stand in `args`, too, by which the graph adds up its connections.

    On a cluster each deployment asks for one of the resource that has its name, so a worker group that offers one a
    pod gets one replica a pod.
    """
    deployments = [cluster_options(one) if on_cluster else options(one) for one in nodes]
    bounds = {one.node.name: [one.bounds.least, one.bounds.most] for one in nodes}
    application = {
        "name": APPLICATION,
        "route_prefix": "/",
        "import_path": IMPORT_PATH,
        "args": {"scaling_bounds": bounds},
        "logging_config": serve_logging(log_level),
        "deployments": deployments,
    }
    http = {"host": "0.0.0.0" if on_cluster else "127.0.0.1", "port": HTTP_PORT}  # noqa: S104 - a pod's own address
    return {
        "proxy_location": "EveryNode" if on_cluster else "HeadOnly",
        "http_options": http,
        "logging_config": serve_logging(log_level),
        "applications": [application],
    }


def check(config: Document) -> None:
    """Raise UserError for a key that Ray does not know, which its own schema lets pass, or a value it refuses."""
    if unknown := next(_unknown(ServeDeploySchema, config, ""), None):
        raise UserError(f"Ray Serve has no option {unknown}")
    try:
        ServeDeploySchema.model_validate(config)
        for deployment in config["applications"][0]["deployments"]:
            AutoscalingConfig.model_validate(deployment.get("autoscaling_config", {}))
    except ValueError as error:
        raise UserError(f"Ray Serve refuses the configuration: {str(error).splitlines()[0]}: {error}") from None


def _unknown(model: type[BaseModel], value: Document, path: str) -> Iterator[str]:
    for name, inner in value.items():
        field = model.model_fields.get(name)
        if field is None:
            yield f"{path}{name}"
            continue
        nested = _NESTED.get(name) or _model_in(field.annotation)
        if nested is None:
            continue
        for one in inner if isinstance(inner, list) else [inner]:
            yield from _unknown(nested, one, f"{path}{name}.")


def _model_in(annotation: Any) -> type[BaseModel] | None:
    """Return the model that a field's values are of, also within a list or beside None."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation
    if get_origin(annotation) in (list, Union, types.UnionType):
        found = (_model_in(argument) for argument in get_args(annotation))
        return next((model for model in found if model), None)
    return None
