"""Customers of three channels for locust: forms and health checks 3:1, mails, WhatsApp messages, each at its own rate.

`locust -f tests/load/locustfile.py`; `tests/load/test_locust.py` runs it beside the whole product. Environment: CROWD
(how many times T-L1's crowd), DESK (the product's address), RUN (two digits that mark this run's addresses and
numbers), MAIL_CONTROL and PHONE_CONTROL (the stand-ins' control addresses, by which a customer writes).

Many users write seldom, so that a slow answer holds back no other: let them come over 20 seconds (`--spawn-rate`, a
twentieth of them).
"""

from __future__ import annotations

import itertools
import os

from locust import HttpUser, constant_throughput, task

CROWD = int(os.environ.get("CROWD", "1"))
RUN = os.environ.get("RUN", "1")
QUESTION = "How do I reset my password?"
_customers = itertools.count()


def customer() -> int:
    """Return a number that nobody of this run has; all users share one process."""
    return next(_customers)


class FormUser(HttpUser):
    """Writes by form, and looks at the health. 2.6 tasks a second of a crowd: 100 forms a minute and some to spare."""

    host = os.environ.get("DESK", "http://127.0.0.1:8000")
    fixed_count = 50 * CROWD
    wait_time = constant_throughput(0.052)

    @task(3)
    def form(self) -> None:
        """Send a form as somebody new."""
        person = f"form-{RUN}-{customer()}@mail.example.com"
        form = {"name": "Ada", "email": person, "subject": "Signing in", "category": "technical", "message": QUESTION}
        self.client.post("/api/v1/support/form", json=form, name="form")

    @task
    def health(self) -> None:
        """Ask whether all is well."""
        self.client.get("/api/v1/health", name="health")


class MailUser(HttpUser):
    """Writes mails, 54 a minute of a crowd."""

    host = os.environ.get("MAIL_CONTROL", "")
    fixed_count = 20 * CROWD
    wait_time = constant_throughput(0.045)

    @task
    def mail(self) -> None:
        """Write a mail as somebody new."""
        mail = {"sender": f"mail-{RUN}-{customer()}@mail.example.com", "subject": "Signing in", "text": QUESTION}
        self.client.post("/_control/mail", json=mail, name="mail")


class PhoneUser(HttpUser):
    """Writes WhatsApp messages, 54 a minute of a crowd. RUN is two digits of its numbers."""

    host = os.environ.get("PHONE_CONTROL", "")
    fixed_count = 20 * CROWD
    wait_time = constant_throughput(0.045)

    @task
    def message(self) -> None:
        """Write a message as somebody new."""
        message = {"number": f"+4915{RUN}{customer():07}", "body": QUESTION}
        self.client.post("/_control/whatsapp", json=message, name="whatsapp")
