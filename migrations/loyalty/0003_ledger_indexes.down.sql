DROP INDEX public.ledger_accrued_idx;
DROP INDEX public.ledger_member_idx;
