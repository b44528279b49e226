//! Every statement that cannot be written in one way for both databases, side by side.

use super::Sql;

/// Claims outbox rows that are due, or whose lease ran out. Binds: now, lease end, owner, limit.
///
/// PostgreSQL skips rows that another server is just claiming; SQLite has one writer, so nobody else is. `ARRAY`
/// makes PostgreSQL choose the rows once: as a plain `IN`, the planner may run the choice again for every row and claim
/// more than the limit.
pub const CLAIM_OUTBOX: Sql = Sql {
    sqlite: "UPDATE outbox SET state = 'leased', lease_until_ms = $2, lease_owner = $3, attempts = attempts + 1 \
             WHERE id IN (SELECT id FROM outbox WHERE (state = 'queued' AND next_ms <= $1) \
             OR (state = 'leased' AND lease_until_ms <= $1) ORDER BY next_ms LIMIT $4) RETURNING id",
    postgres: "UPDATE outbox SET state = 'leased', lease_until_ms = $2, lease_owner = $3, attempts = attempts + 1 \
               WHERE id = ANY (ARRAY (SELECT id FROM outbox WHERE (state = 'queued' AND next_ms <= $1) \
               OR (state = 'leased' AND lease_until_ms <= $1) ORDER BY next_ms LIMIT $4 FOR UPDATE SKIP LOCKED)) \
               RETURNING id",
};

/// Takes the locks of several visits until commit, in one order for everybody, whether their rows exist already or not:
/// two servers that get the same new visit at once take turns. Bind: [`ids_json`](super::bulk::ids_json). Returns how
/// many.
///
/// In SQLite the writer holds the only write lock there is, so there is nothing to take.
pub const LOCK_VISITS: Sql = Sql {
    sqlite: "SELECT COUNT(*) FROM json_each($1)",
    postgres: "SELECT COUNT(*) FROM (SELECT pg_advisory_xact_lock(hashtextextended(value, 0)) FROM \
               (SELECT value FROM jsonb_array_elements_text($1::jsonb) AS ids(value) ORDER BY value) AS ordered) \
               AS locked",
};

/// Takes the locks of several visits until commit as far as nobody else has them, without waiting. Bind:
/// [`ids_json`](super::bulk::ids_json), at least one. Returns whether it has all of them.
pub const TRY_LOCK_VISITS: Sql = Sql {
    sqlite: "SELECT COUNT(*) > 0 FROM json_each($1)",
    postgres: "SELECT bool_and(pg_try_advisory_xact_lock(hashtextextended(value, 0))) FROM \
               jsonb_array_elements_text($1::jsonb) AS ids(value)",
};
