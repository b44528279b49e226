-- The first schema. The same tables and columns as in ../sqlite/0001_first.sql; only the type names differ
-- (native uuid, bytea and jsonb). Instants are milliseconds since 1970 UTC in BIGINT columns.

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
    id UUID PRIMARY KEY,
    login TEXT NOT NULL UNIQUE,
    name TEXT NOT NULL,
    email TEXT,
    language TEXT NOT NULL,
    roles JSONB NOT NULL,
    password_hash TEXT NOT NULL,
    must_change BOOLEAN NOT NULL,
    created_ms BIGINT NOT NULL,
    disabled_ms BIGINT
);

CREATE TABLE devices (
    id UUID PRIMARY KEY,
    user_id UUID NOT NULL REFERENCES users (id),
    name TEXT NOT NULL,
    alg TEXT NOT NULL,
    public_key TEXT NOT NULL,
    enrolled_ms BIGINT NOT NULL,
    revoked_ms BIGINT,
    last_seen_ms BIGINT
);
CREATE INDEX devices_user ON devices (user_id);

CREATE TABLE refresh_tokens (
    id UUID PRIMARY KEY,
    family UUID NOT NULL,
    user_id UUID NOT NULL REFERENCES users (id),
    device_id UUID REFERENCES devices (id),
    hash BYTEA NOT NULL UNIQUE,
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
    id UUID NOT NULL,
    code TEXT NOT NULL,
    customer_id UUID,
    position BIGINT NOT NULL,
    body JSONB NOT NULL,
    PRIMARY KEY (kind, id),
    UNIQUE (kind, code)
);
CREATE INDEX reference_position ON reference (position);
CREATE INDEX reference_customer ON reference (customer_id, kind);

CREATE TABLE reference_history (
    kind TEXT NOT NULL,
    id UUID NOT NULL,
    position BIGINT NOT NULL,
    body JSONB NOT NULL,
    by_user UUID,
    at_ms BIGINT NOT NULL,
    PRIMARY KEY (kind, id, position)
);

CREATE TABLE visits (
    id UUID PRIMARY KEY,
    version BIGINT NOT NULL,
    position BIGINT NOT NULL,
    customer_id UUID,
    customer_name TEXT NOT NULL,
    work_order_id UUID,
    mode TEXT NOT NULL,
    began_ms BIGINT NOT NULL,
    ended_ms BIGINT,
    labour_s BIGINT NOT NULL,
    sign_off TEXT,
    review TEXT NOT NULL CHECK (review IN ('open', 'approved', 'returned', 'billed', 'waived')),
    dispatch_approved BOOLEAN NOT NULL,
    coverage TEXT NOT NULL,
    reference_version BIGINT NOT NULL,
    verdict JSONB NOT NULL,
    conflicts BIGINT NOT NULL,
    updated_ms BIGINT NOT NULL
);
CREATE INDEX visits_position ON visits (position);
CREATE INDEX visits_began ON visits (began_ms, id);
CREATE INDEX visits_customer ON visits (customer_id, began_ms, id);
CREATE INDEX visits_review ON visits (review, began_ms, id);
CREATE INDEX visits_work_order ON visits (work_order_id);

CREATE TABLE documents (
    visit_id UUID PRIMARY KEY,
    version BIGINT NOT NULL,
    heads JSONB NOT NULL,
    snapshot BYTEA NOT NULL
);

CREATE TABLE change_log (
    id UUID PRIMARY KEY,
    visit_id UUID NOT NULL,
    device_id UUID NOT NULL,
    attestation_id UUID,
    received_ms BIGINT NOT NULL,
    count BIGINT NOT NULL,
    changes BYTEA NOT NULL
);
CREATE INDEX change_log_visit ON change_log (visit_id, received_ms);

CREATE TABLE attestations (
    id UUID PRIMARY KEY,
    device_id UUID NOT NULL,
    body BYTEA NOT NULL,
    signature BYTEA NOT NULL,
    received_ms BIGINT NOT NULL
);

CREATE TABLE quarantine (
    id UUID PRIMARY KEY,
    visit_id UUID NOT NULL,
    device_id UUID NOT NULL,
    code TEXT NOT NULL,
    detail TEXT NOT NULL,
    received_ms BIGINT NOT NULL,
    change BYTEA NOT NULL,
    sha256 TEXT NOT NULL,
    UNIQUE (visit_id, sha256)
);

CREATE TABLE visit_engineers (
    visit_id UUID NOT NULL,
    user_id UUID NOT NULL,
    PRIMARY KEY (visit_id, user_id)
);
CREATE INDEX visit_engineers_user ON visit_engineers (user_id, visit_id);

CREATE TABLE spans (
    visit_id UUID NOT NULL,
    entry_id UUID NOT NULL,
    user_id UUID NOT NULL,
    customer_id UUID,
    work_order_id UUID,
    kind TEXT NOT NULL,
    from_ms BIGINT NOT NULL,
    until_ms BIGINT NOT NULL,
    PRIMARY KEY (visit_id, entry_id)
);
CREATE INDEX spans_user ON spans (user_id, from_ms);
CREATE INDEX spans_customer ON spans (customer_id, from_ms);

CREATE TABLE flags (
    visit_id UUID NOT NULL,
    code TEXT NOT NULL,
    severity TEXT NOT NULL,
    item UUID,
    message JSONB NOT NULL
);
CREATE INDEX flags_code ON flags (code, visit_id);
CREATE INDEX flags_visit ON flags (visit_id);

CREATE TABLE reviews (
    id UUID PRIMARY KEY,
    visit_id UUID NOT NULL,
    action TEXT NOT NULL,
    reason TEXT NOT NULL,
    user_id UUID NOT NULL,
    at_ms BIGINT NOT NULL
);
CREATE INDEX reviews_visit ON reviews (visit_id, at_ms);

CREATE TABLE chains (
    chain TEXT PRIMARY KEY,
    last_no BIGINT NOT NULL,
    last_sha256 TEXT NOT NULL
);

CREATE TABLE receipts (
    id UUID PRIMARY KEY,
    visit_id UUID NOT NULL,
    sign_off_id UUID NOT NULL,
    chain TEXT NOT NULL,
    chain_no BIGINT NOT NULL,
    number TEXT NOT NULL UNIQUE,
    revision BIGINT NOT NULL,
    issued_ms BIGINT NOT NULL,
    body TEXT NOT NULL,
    sha256 TEXT NOT NULL,
    previous_sha256 TEXT NOT NULL,
    token_hash BYTEA NOT NULL,
    UNIQUE (visit_id, sign_off_id),
    UNIQUE (chain, chain_no)
);
CREATE INDEX receipts_token ON receipts (token_hash);

CREATE TABLE outbox (
    id UUID PRIMARY KEY,
    receipt_id UUID NOT NULL REFERENCES receipts (id),
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
    id UUID PRIMARY KEY,
    at_ms BIGINT NOT NULL,
    user_id UUID,
    action TEXT NOT NULL,
    subject TEXT NOT NULL,
    detail JSONB NOT NULL
);
CREATE INDEX audit_at ON audit (at_ms);
CREATE INDEX audit_subject ON audit (subject, at_ms);
