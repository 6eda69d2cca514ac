"""Stand-ins: servers with the APIs of Gmail, Google's OAuth and Pub/Sub, and Twilio, in the providers' wire formats.

`nightdesk up --demo-channels` and `python -m evaluation.providers` run them, so that the channels work without
accounts; tests serve them too. The product reaches them by base URL through its ordinary client libraries. They record
what they accept in a journal and fail as ordered over `POST /_control/faults`. Nothing here imports the product.

    with serve_in_thread(gmail_app(GmailOptions(push_url=url), SharedState.create())) as base_url:
        control = ControlClient(base_url)
        control.write_mail(sender="eve@example.com", subject="Help", text="How do I log in?")
        control.fault("users.drafts.send", "drop_answer", times=1)
        control.journal(kind="mail_sent")
"""
