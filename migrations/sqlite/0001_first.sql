-- The first schema. The same tables and columns as in ../postgres/0001_first.sql; only the type names differ
-- (uuid as a 16-byte BLOB, JSON as TEXT). Instants are milliseconds since 1970 UTC in BIGINT columns.

CREATE TABLE meta (
    key TEXT PRIMARY KEY,
    value TEXT NOT NULL
);

-- Feed positions: see server/src/store/feed.rs for why this is a row and not a sequence.
CREATE TABLE counter (
    name TEXT PRIMARY KEY,
    value BIGINT NOT NULL
);
INSERT INTO counter (name, value) VALUES ('feed', 0);

CREATE TABLE users (
    id BLOB PRIMARY KEY,
    login TEXT NOT NULL UNIQUE,
    name TEXT NOT NULL,
    email TEXT,
    language TEXT NOT NULL,
    roles TEXT NOT NULL,
    password_hash TEXT NOT NULL,
    must_change BOOLEAN NOT NULL,
    created_ms BIGINT NOT NULL,
    disabled_ms BIGINT
);

CREATE TABLE devices (
    id BLOB PRIMARY KEY,
    user_id BLOB NOT NULL REFERENCES users (id),
    name TEXT NOT NULL,
    alg TEXT NOT NULL,
    public_key TEXT NOT NULL,
    enrolled_ms BIGINT NOT NULL,
    revoked_ms BIGINT,
    last_seen_ms BIGINT
);
CREATE INDEX devices_user ON devices (user_id);

CREATE TABLE refresh_tokens (
    id BLOB PRIMARY KEY,
    family BLOB NOT NULL,
    user_id BLOB NOT NULL REFERENCES users (id),
    device_id BLOB REFERENCES devices (id),
    hash BLOB NOT NULL UNIQUE,
    issued_ms BIGINT NOT NULL,
    expires_ms BIGINT NOT NULL,
    used_ms BIGINT,
    revoked_ms BIGINT
);
CREATE INDEX refresh_tokens_family ON refresh_tokens (family);
CREATE INDEX refresh_tokens_user ON refresh_tokens (user_id);
CREATE INDEX refresh_tokens_device ON refresh_tokens (device_id);

CREATE TABLE reference (
    kind TEXT NOT NULL,
    id BLOB NOT NULL,
    code TEXT NOT NULL,
    customer_id BLOB,
    position BIGINT NOT NULL,
    body TEXT NOT NULL,
    PRIMARY KEY (kind, id),
    UNIQUE (kind, code)
);
CREATE INDEX reference_position ON reference (position);
CREATE INDEX reference_customer ON reference (customer_id, kind);

CREATE TABLE reference_history (
    kind TEXT NOT NULL,
    id BLOB NOT NULL,
    position BIGINT NOT NULL,
    body TEXT NOT NULL,
    by_user BLOB,
    at_ms BIGINT NOT NULL,
    PRIMARY KEY (kind, id, position)
);

CREATE TABLE visits (
    id BLOB PRIMARY KEY,
    version BIGINT NOT NULL,
    position BIGINT NOT NULL,
    customer_id BLOB,
    customer_name TEXT NOT NULL,
    work_order_id BLOB,
    mode TEXT NOT NULL,
    began_ms BIGINT NOT NULL,
    ended_ms BIGINT,
    labour_s BIGINT NOT NULL,
    sign_off TEXT,
    review TEXT NOT NULL CHECK (review IN ('open', 'approved', 'returned', 'billed', 'waived')),
    dispatch_approved BOOLEAN NOT NULL,
    coverage TEXT NOT NULL,
    reference_version BIGINT NOT NULL,
    verdict TEXT NOT NULL,
    conflicts BIGINT NOT NULL,
    updated_ms BIGINT NOT NULL
);
CREATE INDEX visits_position ON visits (position);
CREATE INDEX visits_began ON visits (began_ms, id);
CREATE INDEX visits_customer ON visits (customer_id, began_ms, id);
CREATE INDEX visits_review ON visits (review, began_ms, id);
CREATE INDEX visits_work_order ON visits (work_order_id);

CREATE TABLE documents (
    visit_id BLOB PRIMARY KEY,
    version BIGINT NOT NULL,
    heads TEXT NOT NULL,
    snapshot BLOB NOT NULL
);

CREATE TABLE change_log (
    id BLOB PRIMARY KEY,
    visit_id BLOB NOT NULL,
    device_id BLOB NOT NULL,
    attestation_id BLOB,
    received_ms BIGINT NOT NULL,
    count BIGINT NOT NULL,
    changes BLOB NOT NULL
);
CREATE INDEX change_log_visit ON change_log (visit_id, received_ms);

CREATE TABLE attestations (
    id BLOB PRIMARY KEY,
    device_id BLOB NOT NULL,
    body BLOB NOT NULL,
    signature BLOB NOT NULL,
    received_ms BIGINT NOT NULL
);

CREATE TABLE quarantine (
    id BLOB PRIMARY KEY,
    visit_id BLOB NOT NULL,
    device_id BLOB NOT NULL,
    code TEXT NOT NULL,
    detail TEXT NOT NULL,
    received_ms BIGINT NOT NULL,
    change BLOB NOT NULL,
    sha256 TEXT NOT NULL,
    UNIQUE (visit_id, sha256)
);

CREATE TABLE visit_engineers (
    visit_id BLOB NOT NULL,
    user_id BLOB NOT NULL,
    PRIMARY KEY (visit_id, user_id)
);
CREATE INDEX visit_engineers_user ON visit_engineers (user_id, visit_id);

CREATE TABLE spans (
    visit_id BLOB NOT NULL,
    entry_id BLOB NOT NULL,
    user_id BLOB NOT NULL,
    customer_id BLOB,
    work_order_id BLOB,
    kind TEXT NOT NULL,
    from_ms BIGINT NOT NULL,
    until_ms BIGINT NOT NULL,
    PRIMARY KEY (visit_id, entry_id)
);
CREATE INDEX spans_user ON spans (user_id, from_ms);
CREATE INDEX spans_customer ON spans (customer_id, from_ms);

CREATE TABLE flags (
    visit_id BLOB NOT NULL,
    code TEXT NOT NULL,
    severity TEXT NOT NULL,
    item BLOB,
    message TEXT NOT NULL
);
CREATE INDEX flags_code ON flags (code, visit_id);
CREATE INDEX flags_visit ON flags (visit_id);

CREATE TABLE reviews (
    id BLOB PRIMARY KEY,
    visit_id BLOB NOT NULL,
    action TEXT NOT NULL,
    reason TEXT NOT NULL,
    user_id BLOB NOT NULL,
    at_ms BIGINT NOT NULL
);
CREATE INDEX reviews_visit ON reviews (visit_id, at_ms);

CREATE TABLE chains (
    chain TEXT PRIMARY KEY,
    last_no BIGINT NOT NULL,
    last_sha256 TEXT NOT NULL
);

CREATE TABLE receipts (
    id BLOB PRIMARY KEY,
    visit_id BLOB NOT NULL,
    sign_off_id BLOB NOT NULL,
    chain TEXT NOT NULL,
    chain_no BIGINT NOT NULL,
    number TEXT NOT NULL UNIQUE,
    revision BIGINT NOT NULL,
    issued_ms BIGINT NOT NULL,
    body TEXT NOT NULL,
    sha256 TEXT NOT NULL,
    previous_sha256 TEXT NOT NULL,
    token_hash BLOB NOT NULL,
    UNIQUE (visit_id, sign_off_id),
    UNIQUE (chain, chain_no)
);
CREATE INDEX receipts_token ON receipts (token_hash);

CREATE TABLE outbox (
    id BLOB PRIMARY KEY,
    receipt_id BLOB NOT NULL REFERENCES receipts (id),
    recipient TEXT NOT NULL,
    name TEXT NOT NULL,
    language TEXT NOT NULL,
    audience TEXT NOT NULL,
    message_id TEXT NOT NULL UNIQUE,
    link_token TEXT NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('queued', 'leased', 'sent', 'failed')),
    attempts BIGINT NOT NULL,
    next_ms BIGINT NOT NULL,
    lease_until_ms BIGINT,
    lease_owner TEXT,
    last_error TEXT,
    created_ms BIGINT NOT NULL,
    sent_ms BIGINT
);
CREATE INDEX outbox_due ON outbox (state, next_ms);
CREATE INDEX outbox_receipt ON outbox (receipt_id);

CREATE TABLE audit (
    id BLOB PRIMARY KEY,
    at_ms BIGINT NOT NULL,
    user_id BLOB,
    action TEXT NOT NULL,
    subject TEXT NOT NULL,
    detail TEXT NOT NULL
);
CREATE INDEX audit_at ON audit (at_ms);
CREATE INDEX audit_subject ON audit (subject, at_ms);
