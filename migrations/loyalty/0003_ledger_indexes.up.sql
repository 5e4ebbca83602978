-- One member's entries are looked up at every visit, and the latest entries of all at every look at the books.
CREATE INDEX ledger_member_idx ON public.ledger (member_id);
CREATE INDEX ledger_accrued_idx ON public.ledger (accrued_at);
