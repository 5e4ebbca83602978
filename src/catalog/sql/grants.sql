-- Who may do what: an ACL of NULL is what acldefault() spells out (Postgres manual, 5.8 Privileges), and the order
-- inside an ACL says nothing. Of the objects that came with the server or an extension only what differs
-- from their first privileges (pg_init_privs) is listed.
, acl AS MATERIALIZED (
  SELECT 'pg_class'::regclass AS class, r.oid, 0 AS sub, CASE r.relkind WHEN 'S' THEN 'sequence' ELSE 'table' END AS kind,
    r.ident,
    -- a sequence of a column lies under the column's table
    coalesce((SELECT o.ident FROM pg_depend d JOIN rel o ON o.oid = d.refobjid
      WHERE r.relkind = 'S' AND d.classid = 'pg_class'::regclass AND d.objid = r.oid
        AND d.refclassid = 'pg_class'::regclass AND d.deptype IN ('a', 'i')), r.ident) AS parent,
    coalesce(r.relacl, acldefault(CASE r.relkind WHEN 'S' THEN 's' ELSE 'r' END::"char", r.relowner)) AS acl
  FROM rel r WHERE r.relkind IN ('r', 'p', 'v', 'm', 'f', 'S')
  UNION ALL
  SELECT 'pg_class'::regclass, c.attrelid, c.attnum, 'column', c.ident, c.table_ident, c.attacl
  FROM col c WHERE c.attacl IS NOT NULL
  UNION ALL
  SELECT 'pg_namespace'::regclass, s.oid, 0, 'schema', s.name, s.name, coalesce(s.nspacl, acldefault('n', s.nspowner)) FROM space s
  UNION ALL
  SELECT 'pg_proc'::regclass, p.oid, 0, 'function',
    s.name || '.' || quote_ident(p.proname) || '(' || pg_get_function_identity_arguments(p.oid) || ')', NULL,
    coalesce(p.proacl, acldefault('f', p.proowner))
  FROM pg_proc p JOIN space s ON s.oid = p.pronamespace
  WHERE p.oid >= 16384 AND NOT EXISTS (SELECT FROM member m WHERE m.classid = 'pg_proc'::regclass AND m.objid = p.oid)
  UNION ALL
  SELECT 'pg_type'::regclass, t.oid, 0, 'type', s.name || '.' || quote_ident(t.typname), NULL,
    coalesce(t.typacl, acldefault('T', t.typowner))
  FROM pg_type t JOIN space s ON s.oid = t.typnamespace
  WHERE t.oid >= 16384 AND t.typacl IS NOT NULL
  UNION ALL
  SELECT 'pg_language'::regclass, l.oid, 0, 'language', quote_ident(l.lanname), NULL, coalesce(l.lanacl, acldefault('l', l.lanowner))
  FROM pg_language l WHERE l.lanacl IS NOT NULL
  UNION ALL
  SELECT 'pg_foreign_data_wrapper'::regclass, f.oid, 0, 'foreign data wrapper', quote_ident(f.fdwname), NULL,
    coalesce(f.fdwacl, acldefault('F', f.fdwowner)) FROM pg_foreign_data_wrapper f
  UNION ALL
  SELECT 'pg_foreign_server'::regclass, f.oid, 0, 'server', quote_ident(f.srvname), NULL,
    coalesce(f.srvacl, acldefault('S', f.srvowner)) FROM pg_foreign_server f
  UNION ALL
  SELECT 'pg_database'::regclass, d.oid, 0, 'database', '(this database)', NULL, coalesce(d.datacl, acldefault('d', d.datdba))
  FROM pg_database d WHERE d.datname = current_database()
  UNION ALL
  SELECT 'pg_parameter_acl'::regclass, p.oid, 0, 'parameter', quote_ident(p.parname), NULL, p.paracl FROM pg_parameter_acl p
), foreign_acl AS MATERIALIZED (
  -- objects of the server or of an extension with privileges of their own
  -- (initdb notes no first privileges for the information schema, which PUBLIC may read)
  SELECT x.kind, x.oid, x.ident, x.acl, coalesce(i.initprivs, acldefault(x.kind_char, x.owner)
      || CASE WHEN x.kind = 'table' AND x.oid < 16384 THEN ARRAY[makeaclitem(0, x.owner, 'SELECT', false)]
              ELSE '{}'::aclitem[] END) AS first
  FROM (
    SELECT 'table' AS kind, 'r'::"char" AS kind_char, 'pg_class'::regclass AS class, c.oid, 0 AS sub,
      c.oid::regclass::text AS ident, c.relacl AS acl, c.relowner AS owner
    FROM pg_class c WHERE c.relacl IS NOT NULL AND c.relkind IN ('r', 'p', 'v', 'm', 'f') AND NOT EXISTS (SELECT FROM rel WHERE rel.oid = c.oid)
    UNION ALL
    SELECT 'column', 'c'::"char", 'pg_class'::regclass, a.attrelid, a.attnum,
      a.attrelid::regclass::text || '.' || quote_ident(a.attname), a.attacl, c.relowner
    FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid
    WHERE a.attacl IS NOT NULL AND NOT EXISTS (SELECT FROM rel WHERE rel.oid = a.attrelid)
    UNION ALL
    SELECT 'function', 'f'::"char", 'pg_proc'::regclass, p.oid, 0, p.oid::regprocedure::text, p.proacl, p.proowner
    FROM pg_proc p WHERE p.proacl IS NOT NULL
      AND (p.oid < 16384 OR EXISTS (SELECT FROM member m WHERE m.classid = 'pg_proc'::regclass AND m.objid = p.oid))
  ) x
  LEFT JOIN pg_init_privs i ON i.classoid = x.class AND i.objoid = x.oid AND i.objsubid = x.sub
  WHERE x.acl IS DISTINCT FROM i.initprivs
), exploded AS (
  SELECT a.kind, a.ident, a.parent, '' AS sign, e.* FROM acl a, aclexplode(a.acl) e
  UNION ALL
  SELECT f.kind, f.ident, NULL, '+ ', d.* FROM foreign_acl f,
    LATERAL (SELECT * FROM aclexplode(f.acl) EXCEPT SELECT * FROM aclexplode(f.first)) d
  UNION ALL
  SELECT f.kind, f.ident, NULL, '- ', d.* FROM foreign_acl f,
    LATERAL (SELECT * FROM aclexplode(f.first) EXCEPT SELECT * FROM aclexplode(f.acl)) d
), line AS (
  SELECT kind, ident, parent, sign
      || CASE grantee WHEN 0 THEN 'PUBLIC' ELSE quote_ident(pg_get_userbyid(grantee)) END || ': '
      || string_agg(privilege_type || CASE WHEN is_grantable THEN ' (with grant option)' ELSE '' END, ', ' ORDER BY privilege_type)
      || ', granted by ' || quote_ident(pg_get_userbyid(grantor)) AS text
  FROM exploded GROUP BY kind, ident, parent, sign, grantee, grantor
)
