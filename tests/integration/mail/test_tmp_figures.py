import time
from tests.integration.mail.conftest import Post
from tests.integration.mail.test_mail_out import recipients, everybody
async def test_200(post: Post) -> None:
    worker = await post.connected()
    for n in range(200):
        post.question(f"Question {n}", sender=f"c{n}@example.com", subject=f"Subject {n}")
    t=time.time(); assert await worker.run_once() == 200; print("in", time.time()-t)
    t=time.time(); await post.answer_all(); print("turns", time.time()-t)
    post.stage.fault("users.drafts.send", "drop_answer", times=200)
    t=time.time(); await post.delivery(look_up_s=1.0)
    await post.settled(within_s=280); print("out", time.time()-t)
    assert recipients(post) == everybody(200)
    print(await post.store.value("SELECT count(*) FROM outbox WHERE metadata ? 'resent'"), await post.store.violations())
