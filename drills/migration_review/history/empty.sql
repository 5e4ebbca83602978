-- Takes all rows away.
DO $empty$
DECLARE
  every text;
BEGIN
  SELECT string_agg(format('%I.%I', n.nspname, c.relname), ', ') INTO every
  FROM pg_class AS c JOIN pg_namespace AS n ON n.oid = c.relnamespace
  WHERE c.relkind IN ('r', 'p') AND c.relpersistence <> 't' AND n.nspname !~ '^pg_' AND n.nspname <> 'information_schema';
  IF every IS NOT NULL THEN
    EXECUTE 'TRUNCATE ' || every || ' CASCADE';
  END IF;
END
$empty$
