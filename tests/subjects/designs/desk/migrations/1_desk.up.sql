-- bigint keys in public; tenants by a setting; DO NOTHING; append-only by grants; SKIP LOCKED; done is a state.
CREATE TABLE tickets (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    org bigint NOT NULL,
    key text NOT NULL,
    minutes bigint NOT NULL,
    UNIQUE (org, key)
);
CREATE TABLE jobs (
    id bigint PRIMARY KEY,
    org bigint NOT NULL,
    state text NOT NULL DEFAULT 'pending' CHECK (state IN ('pending', 'claimed', 'done')),
    worker text,
    lease timestamptz
);
CREATE TABLE audit (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    org bigint NOT NULL,
    run text NOT NULL,
    what text NOT NULL
);
ALTER TABLE tickets ENABLE ROW LEVEL SECURITY;
ALTER TABLE jobs ENABLE ROW LEVEL SECURITY;
ALTER TABLE audit ENABLE ROW LEVEL SECURITY;
CREATE POLICY own ON tickets USING (org = nullif(current_setting('desk.org', true), '')::bigint);
CREATE POLICY own ON jobs USING (org = nullif(current_setting('desk.org', true), '')::bigint);
CREATE POLICY own ON audit USING (org = nullif(current_setting('desk.org', true), '')::bigint);
GRANT SELECT, INSERT ON tickets, audit TO desk_app;
GRANT SELECT, UPDATE ON jobs TO desk_app;
