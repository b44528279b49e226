-- The log of all receipts with the heads that are published of it, time stamps, and one-time codes. The same tables and
-- columns as in ../sqlite/0005_proofs.sql; only the type names differ.

-- Every receipt in the order of commits, from 0 without gaps (see server/src/store/log.rs). Nothing here is ever changed.
CREATE TABLE receipt_log (
    leaf BIGINT PRIMARY KEY,
    receipt_id UUID NOT NULL UNIQUE REFERENCES receipts (id),
    sha256 TEXT NOT NULL
);
-- Receipts of before there was a log: in the order of their issue.
INSERT INTO receipt_log (leaf, receipt_id, sha256)
SELECT ROW_NUMBER() OVER (ORDER BY issued_ms, chain, chain_no) - 1, id, sha256 FROM receipts;
INSERT INTO counter (name, value) SELECT 'receipts', COUNT(*) FROM receipts;

-- The complete subtrees above the leaves: level 1 has two leaves under it, level 2 four. The counter says for how many leaves
-- they were computed, and who has its row is the only one who computes and seals.
CREATE TABLE log_nodes (
    level BIGINT NOT NULL,
    place BIGINT NOT NULL,
    hash BYTEA NOT NULL,
    PRIMARY KEY (level, place)
);
INSERT INTO counter (name, value) VALUES ('log_nodes', 0);

-- The signed heads, from 1 without gaps, one for each day.
CREATE TABLE log_heads (
    number BIGINT PRIMARY KEY,
    day TEXT NOT NULL UNIQUE,
    tree_size BIGINT NOT NULL,
    body TEXT NOT NULL,
    sha256 TEXT NOT NULL,
    sealed_ms BIGINT NOT NULL
);
CREATE INDEX log_heads_size ON log_heads (tree_size, number);

-- The time stamp (RFC 3161) of a head: its answer as the authority gave it, or how the attempts stand.
CREATE TABLE head_stamps (
    number BIGINT PRIMARY KEY REFERENCES log_heads (number),
    attempts BIGINT NOT NULL,
    next_ms BIGINT NOT NULL,
    problem TEXT,
    stamped_ms BIGINT,
    obtained_ms BIGINT,
    answer BYTEA
);

-- One-time codes. The code itself is only here as a keyed digest with a salt of its own; asking for codes takes turns on the
-- counter's row, so that limits hold.
CREATE TABLE codes (
    id UUID PRIMARY KEY,
    receipt_id UUID NOT NULL REFERENCES receipts (id),
    contact_id UUID NOT NULL,
    channel TEXT NOT NULL CHECK (channel IN ('mail', 'sms')),
    name TEXT NOT NULL,
    role TEXT NOT NULL,
    masked TEXT NOT NULL,
    address_mark TEXT NOT NULL,
    salt BYTEA NOT NULL,
    digest BYTEA NOT NULL,
    tries BIGINT NOT NULL,
    asked_ms BIGINT NOT NULL,
    expires_ms BIGINT NOT NULL,
    used_ms BIGINT,
    asked_by UUID
);
CREATE INDEX codes_receipt ON codes (receipt_id, asked_ms);
CREATE INDEX codes_address ON codes (address_mark, asked_ms);
INSERT INTO counter (name, value) VALUES ('codes', 0);
-- What the server signed about a confirmation by code; the entry's id is the code's.
ALTER TABLE page_entries ADD COLUMN statement TEXT;
