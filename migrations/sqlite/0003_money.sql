-- Money: what visits cost, leads, root causes. The same tables and columns as in ../postgres/0003_money.sql.
-- Days are local dates at the customer's, as text (2026-11-23).

-- What a visit cost under its verdict: written with it, in the same transaction. An amount that is not known is NULL.
CREATE TABLE cost_lines (
    visit_id BLOB NOT NULL,
    line BIGINT NOT NULL,
    customer_id BLOB,
    customer_name TEXT NOT NULL,
    requester_role TEXT,
    requester_name TEXT,
    engineer_id BLOB,
    item_id BLOB,
    category TEXT,
    day TEXT,
    class TEXT,
    kind TEXT NOT NULL CHECK (kind IN ('labour', 'travel', 'expense')),
    expense TEXT,
    coverage TEXT NOT NULL,
    cause TEXT NOT NULL,
    contract_id BLOB,
    ms BIGINT NOT NULL,
    cost_minor BIGINT,
    list_minor BIGINT,
    currency TEXT,
    PRIMARY KEY (visit_id, line)
);
CREATE INDEX cost_lines_day ON cost_lines (day);
CREATE INDEX cost_lines_customer ON cost_lines (customer_id, day);

CREATE TABLE leads (
    id BLOB PRIMARY KEY,
    customer_id BLOB NOT NULL,
    category TEXT NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('open', 'postponed', 'won', 'lost', 'void')),
    opened_ms BIGINT NOT NULL,
    reason TEXT NOT NULL,
    due TEXT,
    due_ms BIGINT,
    decided_by BLOB,
    decided_ms BIGINT,
    version BIGINT NOT NULL
);
-- One that is not closed for each customer and category.
CREATE UNIQUE INDEX leads_alive ON leads (customer_id, category) WHERE state IN ('open', 'postponed');
CREATE INDEX leads_customer ON leads (customer_id, opened_ms);

-- Which lead a visit's uncovered work of one category belongs to: the one that was open when it came in.
CREATE TABLE lead_visits (
    visit_id BLOB NOT NULL,
    category TEXT NOT NULL,
    lead_id BLOB NOT NULL REFERENCES leads (id),
    PRIMARY KEY (visit_id, category)
);
CREATE INDEX lead_visits_lead ON lead_visits (lead_id);

CREATE TABLE root_causes (
    id BLOB PRIMARY KEY,
    customer_id BLOB NOT NULL,
    problem_key TEXT NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('open', 'fixed', 'closed')),
    opened_ms BIGINT NOT NULL,
    last_ms BIGINT NOT NULL,
    reopened BIGINT NOT NULL,
    fix TEXT NOT NULL,
    fixed_by BLOB,
    fixed_ms BIGINT,
    verification TEXT NOT NULL,
    verified_by BLOB,
    verified_ms BIGINT,
    version BIGINT NOT NULL,
    UNIQUE (customer_id, problem_key)
);
