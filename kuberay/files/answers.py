"""What `helm test` runs: is the product ready, and, where wanted, does a form get its answer?"""

import json
import os
import time
import urllib.request

URL = os.environ["URL"]
FORM = {
    "name": "Helm Test",
    "email": "helm-test@example.com",
    "subject": "How do I reset my password?",
    "category": "how_to",
    "message": "I have forgotten my password. How can I reset it?",
}


def call(path: str, body: object = None) -> dict:
    """Return the JSON of a GET, or of a POST with a body. Raises urllib's errors."""
    data = None if body is None else json.dumps(body).encode()
    request = urllib.request.Request(URL + path, data, {"Content-Type": "application/json"})
    with urllib.request.urlopen(request, timeout=30) as answer:
        return json.load(answer)


print("ready:", call("/health/ready"))
health = call("/health")
print("health:", health["status"], {name: one["status"] for name, one in health["components"].items()})
if os.environ["SEND_FORM"] == "true":
    sent = time.monotonic()
    ticket = call("/api/v1/support/form", FORM)
    path = f"/api/v1/tickets/{ticket['ticket_id']}?token={ticket['status_token']}"
    while not (responses := call(path)["responses"]):
        time.sleep(0.5)  # the pod's deadline ends the wait
    print(f"{ticket['ticket_id']} answered after {time.monotonic() - sent:.1f} s: {responses[0]['text'][:200]!r}")
