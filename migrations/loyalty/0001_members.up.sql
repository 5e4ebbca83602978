-- Members of the loyalty programme. Money is integer cents, and no balance falls below zero.
CREATE TABLE public.members (
    id            bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    email         text NOT NULL CONSTRAINT members_email UNIQUE,
    name          text NOT NULL,
    tier          text NOT NULL DEFAULT 'bronze' CONSTRAINT members_tier CHECK (tier IN ('bronze', 'silver', 'gold')),
    balance_cents bigint NOT NULL DEFAULT 0 CONSTRAINT members_balance CHECK (balance_cents >= 0),
    joined_at     timestamptz NOT NULL DEFAULT now()
);

GRANT SELECT, INSERT (email, name), UPDATE (name, tier, balance_cents) ON public.members
    TO loyalty_worker, loyalty_clerk;
