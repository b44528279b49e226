-- What judging needs of other visits, the verdicts that were replaced, and what has to be judged again. The same tables
-- and columns as in ../sqlite/0002_judging.sql; only the type names differ.

-- How the verdict in `verdict` came about: its number, when, by what and by whom. Null: judged by an earlier version.
ALTER TABLE visits ADD COLUMN judged JSONB;

CREATE TABLE verdicts (
    visit_id UUID NOT NULL,
    no BIGINT NOT NULL,
    at_ms BIGINT NOT NULL,
    judged JSONB NOT NULL,
    reference_version BIGINT NOT NULL,
    coverage TEXT NOT NULL,
    verdict JSONB NOT NULL,
    PRIMARY KEY (visit_id, no)
);

CREATE TABLE problems (
    visit_id UUID NOT NULL,
    item_id UUID NOT NULL,
    customer_id UUID NOT NULL,
    key TEXT NOT NULL,
    at_ms BIGINT NOT NULL,
    PRIMARY KEY (visit_id, item_id)
);
CREATE INDEX problems_key ON problems (customer_id, key, at_ms);

CREATE TABLE claims (
    visit_id UUID NOT NULL,
    customer_id UUID NOT NULL,
    from_ms BIGINT NOT NULL,
    until_ms BIGINT NOT NULL,
    categories JSONB NOT NULL,
    modes JSONB NOT NULL
);
CREATE INDEX claims_visit ON claims (visit_id);
CREATE INDEX claims_customer ON claims (customer_id, from_ms);

CREATE TABLE advice (
    visit_id UUID NOT NULL,
    device_id UUID NOT NULL,
    at_ms BIGINT NOT NULL,
    reference_version BIGINT NOT NULL,
    said JSONB NOT NULL,
    judged JSONB NOT NULL,
    PRIMARY KEY (visit_id, device_id)
);

CREATE TABLE rejudgements (
    id UUID PRIMARY KEY,
    cause JSONB NOT NULL,
    by_user UUID,
    created_ms BIGINT NOT NULL,
    started_ms BIGINT,
    finished_ms BIGINT,
    total BIGINT NOT NULL,
    done BIGINT NOT NULL,
    changed BIGINT NOT NULL
);
CREATE INDEX rejudgements_finished ON rejudgements (finished_ms);

CREATE TABLE rejudge_queue (
    visit_id UUID PRIMARY KEY,
    rejudgement_id UUID NOT NULL,
    customer_id UUID,
    began_ms BIGINT NOT NULL,
    cause JSONB NOT NULL,
    lease_until_ms BIGINT NOT NULL
);
CREATE INDEX rejudge_queue_order ON rejudge_queue (customer_id, began_ms);
CREATE INDEX rejudge_queue_rejudgement ON rejudge_queue (rejudgement_id);
