"""M1: how long the certificate that customers see is valid, from the address itself."""

from __future__ import annotations

from datetime import timedelta

from prometheus_client import REGISTRY

from deployments.reporting.certificate import LOOK_EVERY_S, CertificateWatch
from tests.fixtures.certificates import public_address
from tests.fixtures.ports import deaf_port


def days_left() -> float:
    left = REGISTRY.get_sample_value("nightdesk_certificate_left_seconds")
    assert left is not None
    return left / 86_400


async def test_m1_the_certificate_shown_is_told_a_renewed_one_and_one_that_is_over_too() -> None:
    now = 1_000.0
    with public_address(timedelta(days=6)) as public:
        watch = CertificateWatch("localhost", public.port, clock=lambda: now)
        await watch.run_once()
        assert 5.9 < days_left() < 6
        public.show(timedelta(days=90))
        await watch.run_once()
        assert days_left() < 6
        now += LOOK_EVERY_S
        await watch.run_once()
        assert 89.9 < days_left() < 90
        public.show(timedelta(hours=-1))
        now += LOOK_EVERY_S
        await watch.run_once()
        assert days_left() < 0


async def test_m1_an_address_that_does_not_answer_leaves_what_was_seen() -> None:
    now = 1_000.0
    with public_address(timedelta(days=6)) as public:
        watch = CertificateWatch("localhost", public.port, clock=lambda: now)
        await watch.run_once()
    now += LOOK_EVERY_S
    await watch.run_once()
    assert 5.9 < days_left() < 6
    await CertificateWatch("127.0.0.1", deaf_port()).run_once()
    assert 5.9 < days_left() < 6
