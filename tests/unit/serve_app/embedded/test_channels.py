"""S6: the option that starts the stand-ins, and the environment of their process."""

from __future__ import annotations

import os

import pytest

from serve_app.embedded.base.environment import PROJECT, stand_ins_environment
from serve_app.embedded.base.errors import StartError
from serve_app.embedded.base.start_options import StartOptions
from serve_app.embedded.parts.demo_channels import refuse_beside_accounts
from serve_app.embedded.parts.graph import Endpoints
from serve_app.settings.settings import load_settings


def test_a_detached_supervisor_gets_the_option() -> None:
    assert "--demo-channels" in StartOptions(port=8000, demo_channels=True).arguments()
    assert "--demo-channels" not in StartOptions(port=8000).arguments()


def test_the_users_proxy_and_ray_settings_do_not_reach_the_children() -> None:
    base = {"HTTPS_PROXY": "http://proxy:1", "no_proxy": "a", "PYTHONPATH": "/own", "RAY_ADDRESS": "x", "HOME": "/h"}
    environment = stand_ins_environment(base)
    assert environment["PYTHONPATH"] == os.pathsep.join([str(PROJECT), "/own"])
    assert (environment["NO_PROXY"], environment["no_proxy"], environment["HOME"]) == ("*", "*", "/h")
    assert "RAY_ADDRESS" not in environment


def test_the_graph_gets_their_settings_as_environment_variables() -> None:
    endpoints = Endpoints(
        ray="r", database_url="d", kafka_bootstrap_servers="k", settings={"GMAIL_USER": "us@example.com"}
    ).as_json()
    assert endpoints.pop("ray") == "r"
    settings = load_settings(_env_file=None, **endpoints | {"database_url": "postgresql://d"})
    assert (settings.gmail_user, settings.kafka_bootstrap_servers) == ("us@example.com", "k")


@pytest.mark.parametrize(
    "field", ["gmail_client_id", "google_token_url", "whatsapp_template_sid", "demo_channels_url", "twilio_auth_token"]
)
def test_settings_that_they_replace_are_refused(field: str) -> None:
    values = {"google_token_url": "http://a", "demo_channels_url": "http://a", "whatsapp_template_sid": "HX" + "0" * 32}
    settings = load_settings(_env_file=None, **{field: values.get(field, "x")})
    with pytest.raises(StartError, match=rf"but {field.upper()} is set: "):
        refuse_beside_accounts(settings)


def test_other_settings_of_the_channels_stay() -> None:
    refuse_beside_accounts(load_settings(_env_file=None, whatsapp_quiet_seconds=1, enabled_channels="email"))
