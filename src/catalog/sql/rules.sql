-- What hangs on a table: constraints, indexes, triggers, rewrite rules, policies, extended statistics.
-- `generated` is the name that Postgres would choose; a number after it says only that the name was taken
-- at the time (makeObjectName, ChooseRelationName in src/backend/commands/indexcmds.c), so it is left out.
SELECT 'constraint' AS kind, r.ident || '.' || quote_ident(own.name) AS identity, r.ident AS parent,
  concat_ws(E'\n', pg_get_constraintdef(c.oid),
    CASE WHEN c.coninhcount > 0 THEN 'inherited: ' || c.coninhcount::text || CASE WHEN c.conislocal THEN ', also local' ELSE '' END END,
    (SELECT string_agg(DISTINCT 'enforcing trigger enabled: ' || t.tgenabled::text, E'\n')
       FROM pg_trigger t WHERE t.tgconstraint = c.oid AND t.tgisinternal AND t.tgenabled <> 'O')) AS body
FROM pg_constraint c JOIN rel r ON r.oid = c.conrelid
CROSS JOIN LATERAL (SELECT string_agg(a.attname, '_' ORDER BY k.place) AS cols
  FROM unnest(c.conkey) WITH ORDINALITY k(num, place)
  JOIN pg_attribute a ON a.attrelid = c.conrelid AND a.attnum = k.num) keys
CROSS JOIN LATERAL (SELECT CASE c.contype
    WHEN 'p' THEN r.relname || '_pkey'
    WHEN 'u' THEN r.relname || '_' || keys.cols || '_key'
    WHEN 'x' THEN r.relname || '_' || keys.cols || '_excl'
    WHEN 'f' THEN r.relname || '_' || keys.cols || '_fkey'
    WHEN 'n' THEN r.relname || '_' || keys.cols || '_not_null'
    WHEN 'c' THEN CASE WHEN cardinality(c.conkey) = 1 THEN r.relname || '_' || keys.cols || '_check'
                       ELSE r.relname || '_check' END END AS generated) g
CROSS JOIN LATERAL (SELECT CASE WHEN left(c.conname, length(g.generated)) = g.generated
    AND substr(c.conname, length(g.generated) + 1) ~ '^[0-9]+$' THEN g.generated ELSE c.conname END AS name) own
WHERE c.contype <> 't'
UNION ALL
SELECT 'index', i.schema || '.' || quote_ident(own.name), r.ident,
  concat_ws(E'\n',
    CASE WHEN x.indisunique THEN 'UNIQUE ' ELSE '' END || 'INDEX ON '
      || substr(pg_get_indexdef(i.oid), length('CREATE ' || CASE WHEN x.indisunique THEN 'UNIQUE ' ELSE '' END
                                                || 'INDEX ' || quote_ident(i.relname) || ' ON ') + 1),
    CASE WHEN NOT x.indisvalid THEN 'valid: no' END,
    CASE WHEN x.indisclustered THEN 'clustered on: yes' END,
    CASE WHEN x.indisreplident THEN 'replica identity: yes' END,
    (SELECT string_agg('statistics of column ' || a.attnum::text || ': ' || a.attstattarget::text, E'\n' ORDER BY a.attnum)
       FROM pg_attribute a WHERE a.attrelid = i.oid AND a.attstattarget >= 0),
    (SELECT 'partition of: ' || h.inhparent::regclass::text FROM pg_inherits h WHERE h.inhrelid = i.oid))
FROM pg_index x JOIN rel i ON i.oid = x.indexrelid JOIN rel r ON r.oid = x.indrelid
LEFT JOIN pg_constraint c ON c.conindid = i.oid AND c.contype IN ('p', 'u', 'x')
CROSS JOIN LATERAL (SELECT string_agg(coalesce(a.attname, 'expr'), '_' ORDER BY k.place) AS cols
  FROM unnest(x.indkey) WITH ORDINALITY k(num, place)
  LEFT JOIN pg_attribute a ON a.attrelid = x.indrelid AND a.attnum = k.num AND k.num <> 0) keys
CROSS JOIN LATERAL (SELECT CASE WHEN x.indisprimary THEN r.relname || '_pkey'
    ELSE r.relname || '_' || keys.cols || CASE c.contype WHEN 'u' THEN '_key' WHEN 'x' THEN '_excl' ELSE '_idx' END
    END AS generated) g
CROSS JOIN LATERAL (SELECT CASE WHEN left(i.relname, length(g.generated)) = g.generated
    AND substr(i.relname, length(g.generated) + 1) ~ '^[0-9]+$' THEN g.generated ELSE i.relname END AS name) own
UNION ALL
SELECT 'trigger', r.ident || '.' || quote_ident(t.tgname), r.ident,
  concat_ws(E'\n', pg_get_triggerdef(t.oid), 'enabled: ' || t.tgenabled::text)
FROM pg_trigger t JOIN rel r ON r.oid = t.tgrelid WHERE NOT t.tgisinternal
UNION ALL
SELECT 'rule', r.ident || '.' || quote_ident(w.rulename), r.ident,
  concat_ws(E'\n', pg_get_ruledef(w.oid), 'enabled: ' || w.ev_enabled::text)
FROM pg_rewrite w JOIN rel r ON r.oid = w.ev_class WHERE w.rulename <> '_RETURN'
UNION ALL
SELECT 'policy', r.ident || '.' || quote_ident(p.polname), r.ident,
  concat_ws(E'\n',
    CASE WHEN p.polpermissive THEN 'permissive' ELSE 'restrictive' END || ' for ' || p.polcmd::text,
    'to: ' || (SELECT string_agg(CASE o WHEN 0 THEN 'PUBLIC' ELSE quote_ident(pg_get_userbyid(o)) END, ', '
                                 ORDER BY pg_get_userbyid(o)) FROM unnest(p.polroles) o),
    'using: ' || pg_get_expr(p.polqual, p.polrelid),
    'with check: ' || pg_get_expr(p.polwithcheck, p.polrelid))
FROM pg_policy p JOIN rel r ON r.oid = p.polrelid
UNION ALL
SELECT 'statistics', s.name || '.' || quote_ident(e.stxname), e.stxrelid::regclass::text,
  concat_ws(E'\n', 'owner: ' || pg_get_userbyid(e.stxowner), pg_get_statisticsobjdef(e.oid),
    'target: ' || nullif(e.stxstattarget, -1)::text)
FROM pg_statistic_ext e JOIN space s ON s.oid = e.stxnamespace
