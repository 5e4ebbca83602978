-- A free remark on an expense. Nullable and without default: no row is rewritten. The lock on
-- expenses is exclusive but brief, and it is given up rather than queued in front of the Workers.
SET LOCAL lock_timeout = '2s';
SET LOCAL statement_timeout = '10s';
ALTER TABLE public.expenses ADD COLUMN notes text;
