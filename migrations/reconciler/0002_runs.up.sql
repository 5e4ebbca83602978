-- A run is one task of one Worker. It is held under a lease; fencing_token grows with every
-- take-over, and each later statement of the run names the token it holds, so that a Worker
-- that lost its lease without noticing can no longer write.
CREATE TABLE public.runs (
    id            text PRIMARY KEY CHECK (char_length(id) BETWEEN 1 AND 100),
    tenant_id     text NOT NULL REFERENCES public.tenants (tenant_id),
    worker        text NOT NULL CHECK (char_length(worker) BETWEEN 1 AND 100),
    status        text NOT NULL DEFAULT 'running' CHECK (status IN ('running', 'complete', 'failed')),
    started_at    timestamptz NOT NULL DEFAULT clock_timestamp(),
    finished_at   timestamptz,
    error         text,
    claimed_by    text NOT NULL CHECK (char_length(claimed_by) BETWEEN 1 AND 100),
    lease_until   timestamptz,
    fencing_token bigint NOT NULL DEFAULT 1 CHECK (fencing_token > 0),
    UNIQUE (tenant_id, id),
    CHECK ((status = 'running') = (finished_at IS NULL)),
    CHECK ((status = 'failed') = (error IS NOT NULL))
);

ALTER TABLE public.runs ENABLE ROW LEVEL SECURITY;
ALTER TABLE public.runs FORCE ROW LEVEL SECURITY;
CREATE POLICY tenant_isolation ON public.runs TO reconciler_worker
    USING (tenant_id = NULLIF(current_setting('app.tenant', true), ''))
    WITH CHECK (tenant_id = NULLIF(current_setting('app.tenant', true), ''));

GRANT SELECT,
      INSERT (id, tenant_id, worker, claimed_by, lease_until),
      UPDATE (status, finished_at, error, claimed_by, lease_until, fencing_token)
   ON public.runs TO reconciler_worker;
