-- Rows for tables that hold none, made up from their columns; a table whose constraints refuse them stays empty.
DO $fill$
DECLARE
  target record;
  every text;
  every_value text;
  needed text;
  needed_value text;
  filled boolean;
BEGIN
  FOR target IN
    SELECT c.oid, format('%I.%I', n.nspname, c.relname) AS name
    FROM pg_class AS c JOIN pg_namespace AS n ON n.oid = c.relnamespace
    WHERE c.relkind = 'r' AND c.relpersistence <> 't' AND n.nspname !~ '^pg_' AND n.nspname <> 'information_schema'
    ORDER BY c.oid
  LOOP
    EXECUTE format('SELECT EXISTS (SELECT FROM ONLY %s)', target.name) INTO filled;
    CONTINUE WHEN filled;
    FOR n IN 1..3 LOOP
      SELECT string_agg(v.name, ', '), string_agg(v.value, ', '),
        string_agg(v.name, ', ') FILTER (WHERE v.needed), string_agg(v.value, ', ') FILTER (WHERE v.needed)
      INTO every, every_value, needed, needed_value
      FROM (
        SELECT quote_ident(a.attname) AS name, a.attnotnull OR b.typnotnull AS needed,
          CASE
            WHEN f.confrelid = a.attrelid THEN 'NULL'
            WHEN f.oid IS NOT NULL THEN format('(SELECT %I FROM %s LIMIT 1)',
              (SELECT r.attname FROM pg_attribute AS r WHERE r.attrelid = f.confrelid AND r.attnum = f.confkey[1]),
              f.confrelid::regclass)
            WHEN b.typcategory = 'E' THEN format('(enum_range(NULL::%s))[1]', format_type(a.atttypid, a.atttypmod))
            ELSE format('(%L)::%s', CASE
                WHEN b.typcategory = 'N' THEN n::text
                WHEN b.typcategory = 'S' THEN n || ' row'
                WHEN b.typcategory = 'B' THEN 'true'
                WHEN b.typname IN ('date', 'timestamp', 'timestamptz') THEN '2024-01-0' || n
                WHEN b.typname IN ('time', 'timetz') THEN '00:00:0' || n
                WHEN b.typcategory = 'T' THEN n || ' seconds'
                WHEN b.typcategory = 'A' THEN '{}'
                WHEN b.typname = 'uuid' THEN md5(n::text)
                WHEN b.typname IN ('json', 'jsonb') THEN '{}'
                WHEN b.typname = 'bytea' THEN '\x0' || n
                WHEN b.typcategory = 'I' THEN '10.0.0.' || n
                WHEN b.typcategory = 'R' THEN 'empty'
              END, format_type(a.atttypid, a.atttypmod))
          END AS value
        FROM pg_attribute AS a
        JOIN pg_type AS t ON t.oid = a.atttypid
        JOIN pg_type AS b ON b.oid = CASE WHEN t.typbasetype = 0 THEN t.oid ELSE t.typbasetype END
        LEFT JOIN pg_constraint AS f ON f.conrelid = a.attrelid AND f.contype = 'f' AND f.conkey = ARRAY[a.attnum]
        WHERE a.attrelid = target.oid AND a.attnum > 0 AND NOT a.attisdropped
          AND a.attgenerated = '' AND a.attidentity = '' AND NOT a.atthasdef
        ORDER BY a.attnum
      ) AS v;
      BEGIN
        EXECUTE CASE WHEN every IS NULL THEN format('INSERT INTO %s DEFAULT VALUES', target.name)
          ELSE format('INSERT INTO %s (%s) VALUES (%s)', target.name, every, every_value) END;
      EXCEPTION WHEN OTHERS THEN
        BEGIN
          EXECUTE CASE WHEN needed IS NULL THEN format('INSERT INTO %s DEFAULT VALUES', target.name)
            ELSE format('INSERT INTO %s (%s) VALUES (%s)', target.name, needed, needed_value) END;
        EXCEPTION WHEN OTHERS THEN
          NULL;
        END;
      END;
    END LOOP;
  END LOOP;
END
$fill$
