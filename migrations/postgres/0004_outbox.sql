-- Mails to their end, and what hospitals do on a receipt's page. The same tables and columns as in
-- ../sqlite/0004_outbox.sql; only the type names differ.

-- What the mail is: the receipt itself (`receipt`), or word to a manager of what was disputed (`dispute`, then `about` is it).
ALTER TABLE outbox ADD COLUMN kind TEXT NOT NULL DEFAULT 'receipt';
ALTER TABLE outbox ADD COLUMN about UUID;
-- The recipient's domain in lower case: what limits go by.
ALTER TABLE outbox ADD COLUMN domain TEXT NOT NULL DEFAULT '';
UPDATE outbox SET domain = lower(substr(recipient, length(rtrim(recipient, replace(recipient, '@', ''))) + 1));
-- When it was taken last, and what that came to: accepted, temporary, permanent, unknown, unreachable.
ALTER TABLE outbox ADD COLUMN tried_ms BIGINT;
ALTER TABLE outbox ADD COLUMN outcome TEXT;
-- How often a connection was cut between the data and the reply: as often may the recipient have it already.
ALTER TABLE outbox ADD COLUMN unknowns BIGINT NOT NULL DEFAULT 0;
-- When somebody had it sent again, and after how many attempts: waits and the giving up count from there.
ALTER TABLE outbox ADD COLUMN resent_ms BIGINT;
ALTER TABLE outbox ADD COLUMN resent_after BIGINT NOT NULL DEFAULT 0;
-- What came back, and when.
ALTER TABLE outbox ADD COLUMN bounced_ms BIGINT;
ALTER TABLE outbox ADD COLUMN bounce TEXT;
-- The mail to another address that was sent instead.
ALTER TABLE outbox ADD COLUMN replaced_by UUID;
CREATE INDEX outbox_tried ON outbox (tried_ms);
CREATE INDEX outbox_undelivered ON outbox (receipt_id) WHERE state = 'failed' OR bounced_ms IS NOT NULL;

-- The bytes of a mail, written before it is sent for the first time and never again. Sealed: the link in them opens the page.
CREATE TABLE letters (
    outbox_id UUID PRIMARY KEY REFERENCES outbox (id),
    sealed BYTEA NOT NULL,
    composed_ms BIGINT NOT NULL
);

-- A manager's word to send a mail again, perhaps to another address. The id is the client's.
CREATE TABLE resends (
    id UUID PRIMARY KEY,
    outbox_id UUID NOT NULL REFERENCES outbox (id),
    address TEXT,
    reason TEXT NOT NULL,
    user_id UUID,
    at_ms BIGINT NOT NULL
);

-- Until when a receipt's link opens its page, where that is not the usual time after its issue.
CREATE TABLE links (
    receipt_id UUID PRIMARY KEY REFERENCES receipts (id),
    expires_ms BIGINT NOT NULL
);

-- What was said on a receipt's page, and what was answered. Nothing here is ever changed or deleted. The id comes from the
-- form: a form that is sent twice says one thing.
CREATE TABLE page_entries (
    id UUID PRIMARY KEY,
    receipt_id UUID NOT NULL REFERENCES receipts (id),
    visit_id UUID NOT NULL,
    kind TEXT NOT NULL CHECK (kind IN ('dispute', 'answer', 'rating', 'confirmation')),
    dispute_id UUID REFERENCES page_entries (id),
    at_ms BIGINT NOT NULL,
    user_id UUID,
    name TEXT NOT NULL,
    role TEXT NOT NULL,
    text TEXT NOT NULL,
    stars BIGINT,
    resolution TEXT CHECK (resolution IN ('corrected', 'explained', 'rejected'))
);
CREATE INDEX page_entries_receipt ON page_entries (receipt_id, at_ms);
CREATE INDEX page_entries_visit ON page_entries (visit_id, kind);
-- One answer for each dispute.
CREATE UNIQUE INDEX page_entries_answer ON page_entries (dispute_id) WHERE kind = 'answer';
