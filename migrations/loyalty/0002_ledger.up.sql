-- The accrual ledger: what was added to a balance, or taken from it, and why.
CREATE TABLE public.ledger (
    id           bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    member_id    bigint NOT NULL CONSTRAINT ledger_member REFERENCES public.members (id),
    amount_cents bigint NOT NULL CONSTRAINT ledger_amount CHECK (amount_cents <> 0),
    reason       text NOT NULL CONSTRAINT ledger_reason CHECK (reason <> ''),
    accrued_at   timestamptz NOT NULL DEFAULT now()
);

GRANT SELECT, INSERT (member_id, amount_cents, reason) ON public.ledger TO loyalty_worker, loyalty_clerk;
