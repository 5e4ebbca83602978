-- The queue of card transactions to reconcile. A claim is a lease: a row whose claimer died
-- becomes claimable again when lease_until has passed.
CREATE TABLE public.pending_transactions (
    tenant_id    text NOT NULL REFERENCES public.tenants (tenant_id),
    id           text NOT NULL CHECK (id <> ''),
    position     bigint GENERATED ALWAYS AS IDENTITY,
    merchant     text NOT NULL CHECK (char_length(merchant) BETWEEN 1 AND 200),
    amount_cents bigint NOT NULL CHECK (amount_cents > 0),
    currency     text NOT NULL CHECK (currency ~ '^[A-Z]{3}$'),
    status       text NOT NULL DEFAULT 'pending' CHECK (status IN ('pending', 'claimed', 'done')),
    claimed_by   text,
    claimed_run  text,
    claimed_at   timestamptz,
    lease_until  timestamptz,
    created_at   timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (tenant_id, id),
    FOREIGN KEY (tenant_id, claimed_run) REFERENCES public.runs (tenant_id, id),
    CHECK ((status = 'pending') = (claimed_by IS NULL)),
    CHECK ((status = 'claimed') = (lease_until IS NOT NULL))
);
-- Only what may still be claimed, in the order of claiming.
CREATE INDEX pending_transactions_queue_idx ON public.pending_transactions (tenant_id, position)
    WHERE status <> 'done';
CREATE INDEX pending_transactions_claimed_run_idx ON public.pending_transactions (claimed_run);

ALTER TABLE public.pending_transactions ENABLE ROW LEVEL SECURITY;
ALTER TABLE public.pending_transactions FORCE ROW LEVEL SECURITY;
CREATE POLICY tenant_isolation ON public.pending_transactions TO reconciler_worker
    USING (tenant_id = NULLIF(current_setting('app.tenant', true), ''))
    WITH CHECK (tenant_id = NULLIF(current_setting('app.tenant', true), ''));

GRANT SELECT,
      UPDATE (status, claimed_by, claimed_run, claimed_at, lease_until)
   ON public.pending_transactions TO reconciler_worker;
