"""Customers, in a pod of the product's image; only the standard library.

`customers.py send COUNT RATE` sends forms at a steady rate and prints {sent, failures, failed[]}; a call that fails is
repeated with the same Idempotency-Key until it is accepted, as the form's own page does. `customers.py settle` waits
until every form that was accepted is answered and prints {accepted, lost[], doubled[]}.
"""

from __future__ import annotations

import json
import sys
import threading
import time
import urllib.error
import urllib.request
import uuid
from typing import Any

URL = "http://nightdesk"
TICKETS = "/tmp/tickets.jsonl"
PATIENCE_S = 420
QUESTION = "I have forgotten my password. How can I reset it?"
lock = threading.Lock()


def call(path: str, body: object = None, key: str | None = None) -> Any:
    headers = {"Content-Type": "application/json", **({"Idempotency-Key": key} if key else {})}
    data = None if body is None else json.dumps(body).encode()
    with urllib.request.urlopen(urllib.request.Request(URL + path, data, headers), timeout=30) as answer:
        return json.load(answer)


def send_one(number: int, failed: list[str]) -> None:
    key = uuid.uuid4().hex
    form = {
        "name": f"Customer {number}",
        "email": f"customer-{key[:12]}@example.com",
        "subject": "How do I reset my password?",
        "category": "how_to",
        "message": QUESTION,
    }
    while True:
        try:
            ticket = call("/api/v1/support/form", form, key)
            break
        except (urllib.error.URLError, OSError, ValueError) as error:
            with lock:
                failed.append(f"{time.strftime('%H:%M:%S')} {error}")
            time.sleep(1)
    with lock, open(TICKETS, "a") as file:
        print(json.dumps({"id": ticket["ticket_id"], "token": ticket["status_token"], "at": time.time()}), file=file)


def send(count: int, rate: float) -> None:
    failed: list[str] = []
    threads: list[threading.Thread] = []
    began = time.monotonic()
    for number in range(count):
        time.sleep(max(0.0, began + number / rate - time.monotonic()))
        threads.append(threading.Thread(target=send_one, args=(number, failed)))
        threads[-1].start()
    for thread in threads:
        thread.join()
    print(json.dumps({"sent": count, "failed": failed[:50], "failures": len(failed)}))


def words_of_the_agent(ticket: dict[str, Any]) -> int | None:
    """Return how many words of the agent's the ticket shows; None while the product does not answer."""
    try:
        responses: list[dict[str, Any]] = call(f"/api/v1/tickets/{ticket['id']}?token={ticket['token']}")["responses"]
        return len([one for one in responses if one["author"] == "agent"])
    except (urllib.error.URLError, OSError, ValueError):
        return None


def settle() -> None:
    with open(TICKETS) as file:
        tickets = [json.loads(line) for line in file]
    waiting, deadline = list(tickets), time.monotonic() + PATIENCE_S
    while waiting and time.monotonic() < deadline:
        if words_of_the_agent(waiting[-1]):
            waiting.pop()
        else:
            time.sleep(1)
    doubled = [ticket["id"] for ticket in tickets if (words_of_the_agent(ticket) or 0) > 1]
    print(json.dumps({"accepted": len(tickets), "lost": [one["id"] for one in waiting], "doubled": doubled}))


if __name__ == "__main__":
    if sys.argv[1] == "send":
        send(int(sys.argv[2]), float(sys.argv[3]))
    else:
        settle()
