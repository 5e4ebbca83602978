DROP TABLE public.ledger;
