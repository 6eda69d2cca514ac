"""Sends traces by OTLP over HTTP, where an endpoint is set."""

from __future__ import annotations

from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import SpanProcessor, TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor
from opentelemetry.sdk.trace.id_generator import RandomIdGenerator

from ingest import tracing
from serve_app.settings.app_args import AppArgs


class ChosenIds(RandomIdGenerator):
    """Ids that `ingest.tracing` has chosen, else random ones."""

    def generate_trace_id(self) -> int:
        """See IdGenerator."""
        chosen = tracing.ids.get()
        return chosen[0] if chosen else super().generate_trace_id()

    def generate_span_id(self) -> int:
        """See IdGenerator."""
        chosen = tracing.ids.get()
        return chosen[1] if chosen else super().generate_span_id()


def provider(node: str, processor: SpanProcessor) -> TracerProvider:
    """Return what makes the spans of a node and hands them to a processor."""
    resource = Resource.create({"service.name": "nightdesk", "service.instance.id": node})
    made = TracerProvider(id_generator=ChosenIds(), resource=resource)
    made.add_span_processor(processor)
    return made


def export_traces(args: AppArgs, endpoint: str, node: str) -> None:
    """Trace from now on; what can't be sent is dropped, and nothing waits for it."""
    headers = args.otlp_headers.get_secret_value() if args.otlp_headers else ""
    exporter = OTLPSpanExporter(endpoint=f"{endpoint}/v1/traces", headers=_parsed(headers))
    tracing.use(provider(node, BatchSpanProcessor(exporter)).get_tracer("nightdesk"))


def _parsed(headers: str) -> dict[str, str]:
    """Read `name=value,name=value`."""
    pairs = (part.split("=", 1) for part in headers.split(",") if "=" in part)
    return {name.strip(): value.strip() for name, value in pairs}
