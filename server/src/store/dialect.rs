//! Every statement that cannot be written in one way for both databases, side by side.

use super::Sql;

macro_rules! claim_outbox {
    ($among:literal, $open:literal, $close:literal) => {
        concat!(
            "WITH busy AS (SELECT domain, COUNT(*) AS n FROM outbox WHERE state = 'leased' AND lease_until_ms > $1 \
             GROUP BY domain), \
             tried AS (SELECT domain, COUNT(*) AS n FROM outbox WHERE tried_ms > $1 - 60000 GROUP BY domain), \
             shut AS (SELECT domain FROM busy WHERE n >= $5 UNION SELECT domain FROM tried WHERE n >= $6), \
             due AS (SELECT * FROM (SELECT id, domain, next_ms FROM outbox WHERE state = 'queued' AND next_ms <= $1 \
             AND domain NOT IN (SELECT domain FROM shut) ORDER BY next_ms LIMIT 200) AS fresh \
             UNION ALL SELECT * FROM (SELECT id, domain, next_ms FROM outbox WHERE state = 'leased' \
             AND lease_until_ms <= $1 AND domain NOT IN (SELECT domain FROM shut) ORDER BY next_ms LIMIT 200) AS left_over), \
             placed AS (SELECT id, domain, next_ms, ROW_NUMBER() OVER (PARTITION BY domain ORDER BY next_ms, id) AS place \
             FROM due) \
             UPDATE outbox SET state = 'leased', lease_until_ms = $2, lease_owner = $3, attempts = attempts + 1, \
             tried_ms = $1 WHERE ",
            $among,
            " ",
            $open,
            "SELECT p.id FROM placed p LEFT JOIN busy b ON b.domain = p.domain LEFT JOIN tried t ON t.domain = p.domain \
             WHERE p.place + COALESCE(b.n, 0) <= $5 AND p.place + COALESCE(t.n, 0) <= $6 ORDER BY p.next_ms LIMIT $4",
            $close,
            " AND ((state = 'queued' AND next_ms <= $1) OR (state = 'leased' AND lease_until_ms <= $1)) RETURNING id"
        )
    };
}

/// Lets one worker at a time choose mails, until it commits: the limits of a domain are counted, and what two workers count
/// at the same moment is too little. SQLite has one writer anyway.
pub const LOCK_OUTBOX: Sql = Sql { sqlite: "SELECT 1", postgres: "SELECT 1 FROM pg_advisory_xact_lock(5640093)" };

/// Claims outbox rows that are due, or whose lease ran out, as far as the limits of their domains allow. Binds: now, lease
/// end, owner, limit, most under way per domain, most tries per domain in the last minute.
///
/// Domains that are full are left out before the rows that are due are counted off, so that a long queue for one of them
/// holds up nobody else. Conditions on the state stand again at the end: PostgreSQL looks at them anew when it had to wait
/// for whoever was just marking the row.
pub const CLAIM_OUTBOX: Sql =
    Sql { sqlite: claim_outbox!("id IN", "(", ")"), postgres: claim_outbox!("id = ANY", "(ARRAY (", "))") };

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
