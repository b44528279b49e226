-- Photos' and files' bytes. The same tables and columns as in ../postgres/0006_blobs.sql; only the type names differ.

-- Which photos visits refer to: what the server takes bytes for, and who may see them. `awaited` is only a hint that spares
-- looking: whether the bytes are here is what `blobs` says.
CREATE TABLE photos (
    visit_id BLOB NOT NULL,
    fact_id BLOB NOT NULL,
    device_id BLOB NOT NULL,
    sha256 TEXT NOT NULL,
    size BIGINT NOT NULL,
    media_type TEXT NOT NULL,
    awaited BOOLEAN NOT NULL,
    PRIMARY KEY (visit_id, fact_id)
);
CREATE INDEX photos_sha256 ON photos (sha256);
CREATE INDEX photos_awaited ON photos (device_id) WHERE awaited;

-- What is whole and has the digest that it is named by.
CREATE TABLE blobs (
    sha256 TEXT PRIMARY KEY,
    upload_id BLOB NOT NULL,
    size BIGINT NOT NULL,
    media_type TEXT NOT NULL,
    held_ms BIGINT NOT NULL
);

-- What is on its way. Every device has its own: none can spoil another's.
CREATE TABLE uploads (
    id BLOB PRIMARY KEY,
    device_id BLOB NOT NULL,
    sha256 TEXT NOT NULL,
    size BIGINT NOT NULL,
    received BIGINT NOT NULL,
    touched_ms BIGINT NOT NULL,
    UNIQUE (device_id, sha256)
);
CREATE INDEX uploads_touched ON uploads (touched_ms);

CREATE TABLE blob_chunks (
    upload_id BLOB NOT NULL,
    start_at BIGINT NOT NULL,
    bytes BLOB NOT NULL,
    PRIMARY KEY (upload_id, start_at)
);

-- How much each device sent on each day (days since 1970 UTC).
CREATE TABLE upload_days (
    device_id BLOB NOT NULL,
    day BIGINT NOT NULL,
    bytes BIGINT NOT NULL,
    PRIMARY KEY (device_id, day)
);
