-- The Gmail mailbox: how far it has been read, since when it is watched, and which mails are settled without an inbox row.

-- `cursor` is the historyId up to which every mail is stored; it only grows. `hint` is the highest one that a push named.
-- The lease keeps two workers from doing the same reading; that nothing is taken in twice rests on the mails' own ids.
CREATE TABLE mailboxes (
    address          text PRIMARY KEY,
    cursor           bigint,
    hint             bigint NOT NULL DEFAULT 0,
    hinted_at        timestamptz,
    listed_at        timestamptz,
    caught_up_at     timestamptz,
    watched_at       timestamptz,
    watch_expires_at timestamptz,
    holder           text,
    lease_until      timestamptz,
    created_at       timestamptz NOT NULL DEFAULT now()
);

-- Mails that are nobody's message to us, by Gmail's id: what a colleague sent from Gmail itself, and what can't be read.
CREATE TABLE mailbox_settled (
    provider_message_id text PRIMARY KEY,
    kind                text NOT NULL CHECK (kind IN ('staff', 'unrelated', 'unreadable')),
    settled_at          timestamptz NOT NULL DEFAULT now()
);
