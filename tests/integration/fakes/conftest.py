"""The stand-ins on real ports, the providers' real clients in front of them, and a receiver for what they post."""

from __future__ import annotations

import socket
import uuid
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qsl

import pytest
from google.oauth2.credentials import Credentials
from googleapiclient.discovery import build  # type: ignore[import-untyped]
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route
from twilio.http.http_client import TwilioHttpClient  # type: ignore[import-untyped]
from twilio.rest import Client  # type: ignore[import-untyped]

from evaluation.providers.backstage import Backstage
from evaluation.providers.gmail import GmailOptions, gmail_app
from evaluation.providers.serving import serve_in_thread
from evaluation.providers.stage import Stage
from evaluation.providers.twilio import TwilioOptions, twilio_app


@dataclass(slots=True)
class Receiver:
    """A webhook endpoint of the test's: keeps what is posted and answers the statuses it is given, then 200."""

    url: str = ""
    statuses: list[int] = field(default_factory=list)
    received: list[tuple[dict[str, str], bytes]] = field(default_factory=list)

    def forms(self) -> list[dict[str, str]]:
        """The bodies as forms."""
        return [dict(parse_qsl(body.decode(), keep_blank_values=True)) for _, body in self.received]


class HostRewriter(TwilioHttpClient):  # type: ignore[misc]
    """Twilio's own client, sent to another host: the REST client has no option for it."""

    def __init__(self, base_url: str) -> None:
        super().__init__(timeout=5)
        self._base_url = base_url

    def request(self, method: str, url: str, *args: Any, **kwargs: Any) -> Any:
        """Replace the host, leave the rest."""
        return super().request(method, url.replace("https://api.twilio.com", self._base_url), *args, **kwargs)


@dataclass(slots=True)
class Receivers:
    """One server for all receivers; each has a path of its own, so that no test sees another's posts."""

    base_url: str = ""
    by_name: dict[str, Receiver] = field(default_factory=dict)

    def new(self) -> Receiver:
        """A receiver under a new path."""
        name = uuid.uuid4().hex
        self.by_name[name] = Receiver(url=f"{self.base_url}/{name}")
        return self.by_name[name]


@pytest.fixture(scope="session")
def receivers() -> Iterator[Receivers]:
    kept = Receivers()

    async def receive(request: Request) -> Response:
        receiver = kept.by_name[request.path_params["name"]]
        receiver.received.append((dict(request.headers), await request.body()))
        return Response(status_code=receiver.statuses.pop(0) if receiver.statuses else 200)

    with serve_in_thread(Starlette(routes=[Route("/{name}/{path:path}", receive, methods=["POST"])])) as url:
        kept.base_url = url
        yield kept


@pytest.fixture
def receiver(receivers: Receivers) -> Receiver:
    return receivers.new()


@pytest.fixture
def silent_url() -> Iterator[str]:
    """An endpoint that accepts connections and never answers."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen()
        yield f"http://127.0.0.1:{listener.getsockname()[1]}/hook"


@pytest.fixture
def gmail_options(receiver: Receiver) -> GmailOptions:
    return GmailOptions(push_url=f"{receiver.url}/webhooks/gmail", push_backoff_seconds=(0.05, 0.1))


@pytest.fixture
def gmail_stage(gmail_options: GmailOptions) -> Iterator[Stage]:
    with serve_in_thread(gmail_app(gmail_options, Backstage.opened())) as url, Stage(url) as stage:
        yield stage


@pytest.fixture
def credentials(gmail_options: GmailOptions, gmail_stage: Stage) -> Credentials:
    return Credentials(  # type: ignore[no-untyped-call]
        token=None,
        refresh_token=gmail_options.refresh_token,
        client_id=gmail_options.client_id,
        client_secret=gmail_options.client_secret,
        token_uri=f"{gmail_stage.base_url}/token",
    )


@pytest.fixture
def gmail(gmail_stage: Stage, credentials: Credentials) -> Any:
    """google-api-python-client's service for our base URL, `service.users()`."""
    endpoint = {"api_endpoint": gmail_stage.base_url}
    return build("gmail", "v1", credentials=credentials, client_options=endpoint, static_discovery=True).users()


@pytest.fixture
def twilio_options(receiver: Receiver) -> TwilioOptions:
    return TwilioOptions(webhook_url=f"{receiver.url}/webhooks/whatsapp", status_seconds=0.02)


@pytest.fixture
def twilio_stage(twilio_options: TwilioOptions) -> Iterator[Stage]:
    with serve_in_thread(twilio_app(twilio_options, Backstage.opened())) as url, Stage(url) as stage:
        yield stage


@pytest.fixture
def twilio(twilio_stage: Stage, twilio_options: TwilioOptions) -> Client:
    rewriter = HostRewriter(twilio_stage.base_url)
    return Client(twilio_options.account_sid, twilio_options.auth_token, http_client=rewriter)
