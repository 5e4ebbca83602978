CREATE TABLE runs (
    id          text PRIMARY KEY,
    status      text NOT NULL DEFAULT 'running',
    token       bigint NOT NULL DEFAULT 0,
    lease_until timestamptz NOT NULL DEFAULT '-infinity',
    finished_at timestamptz
);
CREATE TABLE turns (
    run     text NOT NULL REFERENCES runs,
    ordinal integer NOT NULL,
    status  text NOT NULL DEFAULT 'open',
    PRIMARY KEY (run, ordinal)
);
CREATE TABLE entries (
    run   text NOT NULL,
    turn  integer NOT NULL,
    token bigint NOT NULL,
    PRIMARY KEY (run, turn, token)
);
GRANT SELECT, INSERT ON entries TO app;
GRANT SELECT, INSERT, UPDATE ON runs, turns TO app;
