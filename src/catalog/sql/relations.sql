-- Schemas, tables, views, materialized views, foreign tables; their columns.
SELECT 'schema' AS kind, s.name AS identity, NULL::text AS parent,
  concat_ws(E'\n', 'owner: ' || pg_get_userbyid(s.nspowner)) AS body
FROM space s
UNION ALL
SELECT CASE r.relkind WHEN 'v' THEN 'view' WHEN 'm' THEN 'materialized view' WHEN 'f' THEN 'foreign table'
    ELSE 'table' END,
  r.ident, r.ident,
  concat_ws(E'\n',
    'owner: ' || pg_get_userbyid(r.relowner),
    CASE WHEN r.relpersistence <> 'p' THEN 'persistence: ' || r.relpersistence::text END,
    'access method: ' || (SELECT amname FROM pg_am WHERE pg_am.oid = r.relam),
    'of type: ' || CASE WHEN r.reloftype <> 0 THEN format_type(r.reloftype, NULL) END,
    'options: ' || (SELECT string_agg(o, ', ' ORDER BY o) FROM unnest(r.reloptions) o),
    'toast options: ' || (SELECT (SELECT string_agg(o, ', ' ORDER BY o) FROM unnest(t.reloptions) o)
                          FROM pg_class t WHERE t.oid = r.reltoastrelid),
    CASE WHEN r.relkind IN ('r', 'p') THEN 'row security: ' || CASE WHEN r.relrowsecurity THEN 'enabled' ELSE 'disabled' END
      || CASE WHEN r.relforcerowsecurity THEN ', forced' ELSE '' END END,
    CASE WHEN r.relkind IN ('r', 'p') AND r.relreplident <> 'd' THEN 'replica identity: ' || r.relreplident::text END,
    CASE WHEN r.relkind = 'p' THEN 'partitioned by: ' || pg_get_partkeydef(r.oid) END,
    CASE WHEN r.relispartition THEN 'partition: ' || pg_get_expr(r.relpartbound, r.oid) END,
    (SELECT string_agg('inherits: ' || i.inhparent::regclass::text, E'\n' ORDER BY i.inhseqno)
       FROM pg_inherits i WHERE i.inhrelid = r.oid),
    CASE WHEN r.relkind = 'm' AND NOT r.relispopulated THEN 'populated: no' END,
    (SELECT 'server: ' || quote_ident(f.srvname) || coalesce(E'\noptions: ' ||
        (SELECT string_agg(o, ', ' ORDER BY o) FROM unnest(t.ftoptions) o), '')
       FROM pg_foreign_table t JOIN pg_foreign_server f ON f.oid = t.ftserver WHERE t.ftrelid = r.oid),
    CASE WHEN r.relkind IN ('v', 'm') THEN pg_get_viewdef(r.oid) END)
FROM rel r WHERE r.relkind IN ('r', 'p', 'v', 'm', 'f')
UNION ALL
SELECT CASE c.relkind WHEN 'c' THEN 'attribute' ELSE 'column' END, c.ident, c.table_ident,
  concat_ws(E'\n',
    'type: ' || format_type(c.atttypid, c.atttypmod),
    CASE WHEN c.attcollation <> t.typcollation THEN 'collation: ' || (SELECT n.nspname || '.' || quote_ident(l.collname)
      FROM pg_collation l JOIN pg_namespace n ON n.oid = l.collnamespace WHERE l.oid = c.attcollation) END,
    'null: ' || CASE WHEN c.attnotnull THEN 'no' ELSE 'yes' END,
    CASE WHEN c.attgenerated = '' THEN 'default: ' ELSE 'generated (' || c.attgenerated::text || '): ' END
      || pg_get_expr(d.adbin, d.adrelid),
    CASE c.attidentity WHEN 'a' THEN 'identity: always' WHEN 'd' THEN 'identity: by default' END,
    CASE WHEN c.attstorage <> t.typstorage THEN 'storage: ' || c.attstorage::text END,
    CASE WHEN c.attcompression <> '' THEN 'compression: ' || c.attcompression::text END,
    'statistics: ' || nullif(c.attstattarget, -1)::text,
    -- pg_attver is the server's own mark, another with each ADD COLUMN.
    'options: ' || (SELECT string_agg(o, ', ' ORDER BY o) FROM unnest(c.attoptions) o WHERE o NOT LIKE 'pg\_attver=%'),
    'foreign options: ' || (SELECT string_agg(o, ', ' ORDER BY o) FROM unnest(c.attfdwoptions) o),
    CASE WHEN c.attinhcount > 0 THEN 'inherited: ' || c.attinhcount::text || CASE WHEN c.attislocal THEN ', also local' ELSE '' END END)
FROM col c JOIN pg_type t ON t.oid = c.atttypid
LEFT JOIN pg_attrdef d ON d.adrelid = c.attrelid AND d.adnum = c.attnum
