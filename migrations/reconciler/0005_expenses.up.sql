-- The ledger. Money is integer cents. The idempotency key is unique within its tenant, so that a
-- repeated write is a no-op and no tenant's key swallows another tenant's write.
CREATE TABLE public.expenses (
    id              bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    tenant_id       text NOT NULL REFERENCES public.tenants (tenant_id),
    idempotency_key text NOT NULL CHECK (char_length(idempotency_key) BETWEEN 1 AND 200),
    run_id          text,
    transaction_id  text,
    merchant        text NOT NULL CHECK (char_length(merchant) BETWEEN 1 AND 200),
    amount_cents    bigint NOT NULL CHECK (amount_cents > 0),
    currency        text NOT NULL CHECK (currency ~ '^[A-Z]{3}$'),
    created_at      timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT expenses_idempotency_key UNIQUE (tenant_id, idempotency_key),
    -- A card transaction is booked once, whichever run books it.
    CONSTRAINT expenses_transaction UNIQUE (tenant_id, transaction_id),
    FOREIGN KEY (tenant_id, run_id) REFERENCES public.runs (tenant_id, id),
    FOREIGN KEY (tenant_id, transaction_id) REFERENCES public.pending_transactions (tenant_id, id)
);
CREATE INDEX expenses_run_id_idx ON public.expenses (run_id);
CREATE INDEX expenses_merchant_idx ON public.expenses (tenant_id, merchant, id);

ALTER TABLE public.expenses ENABLE ROW LEVEL SECURITY;
ALTER TABLE public.expenses FORCE ROW LEVEL SECURITY;
CREATE POLICY tenant_isolation ON public.expenses TO reconciler_worker
    USING (tenant_id = NULLIF(current_setting('app.tenant', true), ''))
    WITH CHECK (tenant_id = NULLIF(current_setting('app.tenant', true), ''));

GRANT SELECT,
      INSERT (tenant_id, idempotency_key, run_id, transaction_id, merchant, amount_cents, currency)
   ON public.expenses TO reconciler_worker;
