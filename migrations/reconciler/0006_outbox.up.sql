-- The transactional outbox: written with the work it announces, sent later by the relay.
-- dedup_key is unique across tenants: one sink serves them all and deduplicates on this key
-- alone, so a key used by two tenants would lose one of their messages without an error.
CREATE TABLE public.outbox (
    id              bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    tenant_id       text NOT NULL REFERENCES public.tenants (tenant_id),
    run_id          text,
    dedup_key       text NOT NULL CHECK (char_length(dedup_key) BETWEEN 1 AND 200),
    topic           text NOT NULL CHECK (char_length(topic) BETWEEN 1 AND 200),
    payload         jsonb NOT NULL,
    status          text NOT NULL DEFAULT 'pending' CHECK (status IN ('pending', 'dispatched', 'dead')),
    attempts        integer NOT NULL DEFAULT 0,
    last_error      text,
    next_attempt_at timestamptz NOT NULL DEFAULT now(),
    claimed_by      text,
    lease_until     timestamptz,
    created_at      timestamptz NOT NULL DEFAULT now(),
    dispatched_at   timestamptz,
    CONSTRAINT outbox_dedup_key UNIQUE (dedup_key),
    FOREIGN KEY (tenant_id, run_id) REFERENCES public.runs (tenant_id, id),
    CHECK ((status = 'dispatched') = (dispatched_at IS NOT NULL))
);
CREATE INDEX outbox_due_idx ON public.outbox (next_attempt_at, id) WHERE status = 'pending';
CREATE INDEX outbox_run_id_idx ON public.outbox (run_id, id);

ALTER TABLE public.outbox ENABLE ROW LEVEL SECURITY;
ALTER TABLE public.outbox FORCE ROW LEVEL SECURITY;
CREATE POLICY tenant_isolation ON public.outbox TO reconciler_worker
    USING (tenant_id = NULLIF(current_setting('app.tenant', true), ''))
    WITH CHECK (tenant_id = NULLIF(current_setting('app.tenant', true), ''));
-- The relay serves all tenants; its grants let it read rows and change how they fared, no more.
CREATE POLICY relay_reads ON public.outbox FOR SELECT TO reconciler_relay USING (true);
CREATE POLICY relay_marks ON public.outbox FOR UPDATE TO reconciler_relay USING (true) WITH CHECK (true);

GRANT SELECT,
      INSERT (tenant_id, run_id, dedup_key, topic, payload)
   ON public.outbox TO reconciler_worker;
GRANT SELECT,
      UPDATE (status, attempts, last_error, next_attempt_at, claimed_by, lease_until, dispatched_at)
   ON public.outbox TO reconciler_relay;
