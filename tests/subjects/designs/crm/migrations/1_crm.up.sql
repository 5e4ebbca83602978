-- text keys in a schema of its own; tenants are roles; the write is a function; append-only by grants and a trigger.
CREATE SCHEMA crm;
CREATE TABLE crm.calls (
    id text PRIMARY KEY DEFAULT gen_random_uuid()::text,
    tenant name NOT NULL DEFAULT current_user,
    key text NOT NULL,
    seconds bigint NOT NULL,
    UNIQUE (tenant, key)
);
CREATE TABLE crm.diary (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    tenant name NOT NULL DEFAULT current_user,
    what text NOT NULL
);
ALTER TABLE crm.calls ENABLE ROW LEVEL SECURITY;
ALTER TABLE crm.diary ENABLE ROW LEVEL SECURITY;
CREATE POLICY own ON crm.calls USING (tenant = current_user);
CREATE POLICY own ON crm.diary USING (tenant = current_user);
CREATE FUNCTION crm.call(given text, lasted bigint, OUT id text, OUT seconds bigint) LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO crm.calls AS c (key, seconds) VALUES (given, lasted)
    ON CONFLICT (tenant, key) DO NOTHING;
    SELECT c.id, c.seconds INTO id, seconds FROM crm.calls AS c WHERE c.tenant = current_user AND c.key = given;
END $$;
GRANT USAGE ON SCHEMA crm TO crm_tenant;
GRANT SELECT, INSERT ON crm.calls, crm.diary TO crm_tenant;
-- Who has not become a tenant yet may look and finds nothing.
GRANT USAGE ON SCHEMA crm TO crm_app;
GRANT SELECT, INSERT ON crm.calls, crm.diary TO crm_app;
