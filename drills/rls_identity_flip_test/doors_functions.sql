-- Functions that run with their owner's rights. Each is called with the other tenant's id wherever an argument takes
-- one, and NULL elsewhere.
WITH RECURSIVE
held AS (
    SELECT oid FROM pg_roles WHERE rolname = ${worker}::name
    UNION SELECT m.roleid FROM pg_auth_members AS m JOIN held ON m.member = held.oid
),
role AS (
    SELECT r.oid, r.rolname, r.rolname = ${worker}::name AS own FROM held JOIN pg_roles AS r USING (oid)
),
tenant AS (
    SELECT a.atttypid AS type FROM pg_attribute AS a
    WHERE a.attrelid = ${table}::text::regclass AND a.attname = ${column}::text
)
SELECT p.oid::regprocedure::text AS name, 'SECURITY DEFINER function' AS kind,
       CASE WHEN role.own THEN '' ELSE quote_ident(role.rolname) END AS role,
       has_schema_privilege(role.oid, n.oid, 'USAGE') AND has_function_privilege(role.oid, p.oid, 'EXECUTE') AS reachable,
       format('SELECT NULL::text AS tenant, to_jsonb(f)::text AS image FROM %I.%I(%s) AS f', n.nspname, p.proname,
              coalesce(arguments.list, '')) AS read,
       '' AS over, false AS seeded, false AS unbound
FROM pg_proc AS p JOIN pg_namespace AS n ON n.oid = p.pronamespace CROSS JOIN role
CROSS JOIN LATERAL (
    SELECT string_agg(CASE WHEN t.oid IN (SELECT type FROM tenant) OR t.typcategory = 'S'
                           THEN format('%L::%s', ${tenant}::text, format_type(t.oid, NULL))
                           ELSE format('NULL::%s', format_type(t.oid, NULL)) END, ', ' ORDER BY a.at) AS list
    FROM unnest(p.proargtypes) WITH ORDINALITY AS a (type, at) JOIN pg_type AS t ON t.oid = a.type
) AS arguments
WHERE p.prosecdef AND p.prokind = 'f' AND p.prorettype NOT IN ('trigger'::regtype, 'event_trigger'::regtype)
  AND n.nspname NOT IN ('pg_catalog', 'information_schema')
  AND NOT EXISTS (SELECT FROM pg_depend AS d WHERE d.classid = 'pg_proc'::regclass AND d.objid = p.oid AND d.deptype = 'e')
ORDER BY 2, 1, 3
