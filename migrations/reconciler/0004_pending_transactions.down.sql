DROP TABLE public.pending_transactions;
