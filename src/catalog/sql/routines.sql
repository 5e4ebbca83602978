-- Functions, procedures, aggregates, types, sequences, operators and their kin.
SELECT CASE p.prokind WHEN 'p' THEN 'procedure' WHEN 'a' THEN 'aggregate' ELSE 'function' END AS kind,
  s.name || '.' || quote_ident(p.proname) || '(' || pg_get_function_identity_arguments(p.oid) || ')' AS identity,
  NULL::text AS parent,
  concat_ws(E'\n', 'owner: ' || pg_get_userbyid(p.proowner),
    CASE WHEN p.prokind <> 'a' THEN rtrim(pg_get_functiondef(p.oid), E'\n') ELSE
      (SELECT concat_ws(', ', 'transition ' || a.aggtransfn::regprocedure::text, 'state ' || format_type(a.aggtranstype, NULL),
                        'final ' || nullif(a.aggfinalfn, 0)::regprocedure::text,
                        'combine ' || nullif(a.aggcombinefn, 0)::regprocedure::text, 'initial ' || a.agginitval)
         FROM pg_aggregate a WHERE a.aggfnoid = p.oid) END) AS body
FROM pg_proc p JOIN space s ON s.oid = p.pronamespace
WHERE p.oid >= 16384
  AND NOT EXISTS (SELECT FROM member m WHERE m.classid = 'pg_proc'::regclass AND m.objid = p.oid)
UNION ALL
SELECT CASE t.typtype WHEN 'e' THEN 'enum' WHEN 'd' THEN 'domain' WHEN 'r' THEN 'range type'
    WHEN 'c' THEN 'composite type' ELSE 'type' END,
  s.name || '.' || quote_ident(t.typname), s.name || '.' || quote_ident(t.typname),
  concat_ws(E'\n', 'owner: ' || pg_get_userbyid(t.typowner),
    CASE t.typtype
      WHEN 'e' THEN (SELECT string_agg('label: ' || quote_literal(e.enumlabel), E'\n' ORDER BY e.enumsortorder)
                       FROM pg_enum e WHERE e.enumtypid = t.oid)
      WHEN 'd' THEN concat_ws(E'\n', 'base: ' || format_type(t.typbasetype, t.typtypmod),
        CASE WHEN t.typcollation <> (SELECT b.typcollation FROM pg_type b WHERE b.oid = t.typbasetype)
             THEN 'collation: ' || (SELECT quote_ident(l.collname) FROM pg_collation l WHERE l.oid = t.typcollation) END,
        'null: ' || CASE WHEN t.typnotnull THEN 'no' ELSE 'yes' END, 'default: ' || t.typdefault,
        (SELECT string_agg('constraint ' || quote_ident(c.conname) || ': ' || pg_get_constraintdef(c.oid), E'\n' ORDER BY c.conname)
           FROM pg_constraint c WHERE c.contypid = t.oid))
      WHEN 'r' THEN (SELECT concat_ws(E'\n', 'subtype: ' || format_type(g.rngsubtype, NULL),
                       'subtype difference: ' || nullif(g.rngsubdiff, 0)::regproc::text,
                       'canonical: ' || nullif(g.rngcanonical, 0)::regproc::text,
                       'multirange: ' || format_type(g.rngmultitypid, NULL))
                       FROM pg_range g WHERE g.rngtypid = t.oid)
      WHEN 'b' THEN concat_ws(E'\n', 'input: ' || t.typinput::regproc::text, 'output: ' || t.typoutput::regproc::text,
                       'length: ' || t.typlen::text, 'storage: ' || t.typstorage::text) END)
FROM pg_type t JOIN space s ON s.oid = t.typnamespace
WHERE t.oid >= 16384 AND (t.typtype IN ('e', 'd', 'r') OR (t.typtype = 'b' AND t.typelem = 0)
    OR (t.typtype = 'c' AND EXISTS (SELECT FROM rel r WHERE r.oid = t.typrelid AND r.relkind = 'c')))
  AND NOT EXISTS (SELECT FROM member m WHERE m.classid = 'pg_type'::regclass AND m.objid = t.oid)
UNION ALL
SELECT 'sequence', r.schema || '.' || quote_ident(own.name), coalesce(o.table_ident, r.ident),
  concat_ws(E'\n', 'owner: ' || pg_get_userbyid(r.relowner),
    format('%s start %s min %s max %s increment %s cache %s%s', format_type(q.seqtypid, NULL), q.seqstart, q.seqmin, q.seqmax,
           q.seqincrement, q.seqcache, CASE WHEN q.seqcycle THEN ' cycle' ELSE '' END),
    CASE WHEN r.relpersistence <> 'p' THEN 'persistence: ' || r.relpersistence::text END,
    'owned by: ' || o.ident)
FROM pg_sequence q JOIN rel r ON r.oid = q.seqrelid
LEFT JOIN LATERAL (SELECT c.ident, c.table_ident, c.relname || '_' || c.attname || '_seq' AS generated
  FROM pg_depend d JOIN col c ON c.attrelid = d.refobjid AND c.attnum = d.refobjsubid
  WHERE d.classid = 'pg_class'::regclass AND d.objid = r.oid AND d.refclassid = 'pg_class'::regclass
    AND d.deptype IN ('a', 'i') LIMIT 1) o ON true
CROSS JOIN LATERAL (SELECT CASE WHEN left(r.relname, length(o.generated)) = o.generated
    AND substr(r.relname, length(o.generated) + 1) ~ '^[0-9]+$' THEN o.generated ELSE r.relname END AS name) own
UNION ALL
SELECT (pg_identify_object(x.class, x.oid, 0)).type, (pg_identify_object(x.class, x.oid, 0)).identity, NULL,
  concat_ws(E'\n', 'owner: ' || pg_get_userbyid(x.owner), x.detail)
FROM (
  SELECT 'pg_operator'::regclass AS class, oid, oprowner AS owner, 'procedure: ' || oprcode::text AS detail FROM pg_operator
  UNION ALL SELECT 'pg_opclass'::regclass, oid, opcowner, CASE WHEN opcdefault THEN 'default' END FROM pg_opclass
  UNION ALL SELECT 'pg_opfamily'::regclass, oid, opfowner, NULL FROM pg_opfamily
  UNION ALL SELECT 'pg_collation'::regclass, oid, collowner,
    ((to_jsonb(l) - 'oid' - 'collnamespace' - 'collowner' - 'collversion'))::text FROM pg_collation l
  UNION ALL SELECT 'pg_conversion'::regclass, oid, conowner, conproc::text FROM pg_conversion
  UNION ALL SELECT 'pg_cast'::regclass, oid, NULL, concat_ws(' ', castcontext::text, castmethod::text,
    nullif(castfunc, 0)::regprocedure::text) FROM pg_cast
  UNION ALL SELECT 'pg_language'::regclass, oid, lanowner, CASE WHEN lanpltrusted THEN 'trusted' END FROM pg_language
  UNION ALL SELECT 'pg_am'::regclass, oid, NULL, amhandler::text FROM pg_am
  UNION ALL SELECT 'pg_transform'::regclass, oid, NULL, concat_ws(' ', trffromsql::text, trftosql::text) FROM pg_transform
  UNION ALL SELECT 'pg_ts_config'::regclass, oid, cfgowner,
    (SELECT string_agg(m.maptokentype::text || '>' || m.mapdict::regdictionary::text, ' ' ORDER BY m.maptokentype, m.mapseqno)
       FROM pg_ts_config_map m WHERE m.mapcfg = c.oid) FROM pg_ts_config c
  UNION ALL SELECT 'pg_ts_dict'::regclass, oid, dictowner, dictinitoption FROM pg_ts_dict
  UNION ALL SELECT 'pg_ts_parser'::regclass, oid, NULL, prsstart::text FROM pg_ts_parser
  UNION ALL SELECT 'pg_ts_template'::regclass, oid, NULL, tmpllexize::text FROM pg_ts_template
) x
WHERE x.oid >= 16384 AND NOT EXISTS (SELECT FROM member m WHERE m.classid = x.class AND m.objid = x.oid)
