-- A tenant and its policy. Row-level security is enabled *and* forced on every table that has a
-- tenant_id, so that not even the owner of the tables reads across tenants.
-- NULLIF: once set in a session, a custom setting falls back to '' and not to NULL; both mean nobody.
CREATE TABLE public.tenants (
    tenant_id           text PRIMARY KEY CHECK (tenant_id <> ''),
    name                text NOT NULL,
    expense_limit_cents bigint NOT NULL CHECK (expense_limit_cents > 0)
);

ALTER TABLE public.tenants ENABLE ROW LEVEL SECURITY;
ALTER TABLE public.tenants FORCE ROW LEVEL SECURITY;
CREATE POLICY tenant_isolation ON public.tenants TO reconciler_worker
    USING (tenant_id = NULLIF(current_setting('app.tenant', true), ''))
    WITH CHECK (tenant_id = NULLIF(current_setting('app.tenant', true), ''));

GRANT SELECT ON public.tenants TO reconciler_worker;
