"""Servers that stand in for Gmail, Google's OAuth and Pub/Sub, and Twilio, on the providers' own wire formats.

The product's real client libraries talk to them by base URL only. Everything they accept is in a journal, the oracle
of the tests; faults are set over `POST /_control/faults`. Nothing here imports pytest or the product, so
`python -m evaluation.providers` and `nightdesk up --demo-channels` can run them anywhere.

    with serve_in_thread(gmail_app(GmailOptions(push_url=url), Backstage.opened())) as base_url:
        stage = Stage(base_url)             # evaluation.providers.stage: inject, set faults, read the journal
        stage.write_mail(sender="eve@example.com", subject="Help", text="How do I log in?")
        stage.fault("users.drafts.send", "drop_answer", times=1)
        assert stage.journal(kind="mail_sent") == []
"""
