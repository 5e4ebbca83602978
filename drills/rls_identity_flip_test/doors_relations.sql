-- Views, materialized views, foreign tables, and partitions or children of covered tables; and, for roles that the
-- Worker's role may assume, the covered tables themselves.
WITH RECURSIVE
held AS (
    SELECT oid FROM pg_roles WHERE rolname = ${worker}::name
    UNION SELECT m.roleid FROM pg_auth_members AS m JOIN held ON m.member = held.oid
),
role AS (
    SELECT r.oid, r.rolname, r.rolname = ${worker}::name AS own FROM held JOIN pg_roles AS r USING (oid)
),
family AS (
    SELECT t AS oid, t AS root FROM unnest(${covered}::oid[]) AS t
    UNION SELECT i.inhrelid, f.root FROM pg_inherits AS i JOIN family AS f ON i.inhparent = f.oid
),
-- What a view reads, through other views, and past whose row-level security: a view reads as its owner unless it is
-- a security_invoker (manual, CREATE VIEW).
reads AS (
    SELECT r.ev_class AS view, d.refobjid AS relation
    FROM pg_rewrite AS r JOIN pg_depend AS d ON d.classid = 'pg_rewrite'::regclass AND d.objid = r.oid
    WHERE d.refclassid = 'pg_class'::regclass AND d.refobjid <> r.ev_class
    UNION SELECT reads.view, d.refobjid
    FROM reads JOIN pg_rewrite AS r ON r.ev_class = reads.relation
    JOIN pg_depend AS d ON d.classid = 'pg_rewrite'::regclass AND d.objid = r.oid
    WHERE d.refclassid = 'pg_class'::regclass AND d.refobjid <> r.ev_class
),
door AS (
    SELECT c.oid, c.relname, c.relkind, c.relowner, c.reloptions, n.oid AS schema,
           CASE c.relkind WHEN 'v' THEN 'view' WHEN 'm' THEN 'materialized view' WHEN 'f' THEN 'foreign table'
                ELSE CASE WHEN c.oid = ANY (${covered}::oid[]) THEN 'table of an assumed role' ELSE 'partition or child' END
           END AS kind
    FROM pg_class AS c JOIN pg_namespace AS n ON n.oid = c.relnamespace
    WHERE n.nspname NOT IN ('pg_catalog', 'information_schema') AND n.nspname !~ '^pg_toast'
      AND (c.relkind IN ('v', 'm', 'f') OR c.oid IN (SELECT oid FROM family))
)
SELECT door.oid::regclass::text AS name, door.kind,
       CASE WHEN role.own THEN '' ELSE quote_ident(role.rolname) END AS role,
       columns.list IS NOT NULL AND has_schema_privilege(role.oid, door.schema, 'USAGE') AS reachable,
       format('SELECT %s AS tenant, jsonb_build_array(%s)::text AS image FROM %s',
              CASE WHEN columns.tenant THEN quote_ident(${column}::text) || '::text' ELSE 'NULL::text' END,
              columns.list, door.oid::regclass) AS read,
       coalesce(over.names, '') AS over,
       coalesce(over.seeded, false) AS seeded,
       coalesce(over.unbound, false) AS unbound
FROM door CROSS JOIN role
CROSS JOIN LATERAL (
    SELECT string_agg(quote_ident(a.attname), ', ' ORDER BY a.attnum) AS list,
           coalesce(bool_or(a.attname = ${column}::text), false) AS tenant
    FROM pg_attribute AS a
    WHERE a.attrelid = door.oid AND a.attnum > 0 AND NOT a.attisdropped
      AND has_column_privilege(role.oid, door.oid, a.attnum, 'SELECT')
) AS columns
LEFT JOIN LATERAL (
    SELECT string_agg(DISTINCT t.oid::regclass::text, ', ') AS names,
           bool_or(t.oid = ${table}::text::regclass) AS seeded,
           bool_or(door.relkind IN ('v', 'm') AND t.relrowsecurity
                   AND NOT coalesce((SELECT o.option_value::boolean FROM pg_options_to_table(door.reloptions) AS o
                                     WHERE o.option_name = 'security_invoker'), false)
                   AND (owner.rolsuper OR owner.rolbypassrls
                        OR (t.relowner = door.relowner AND NOT t.relforcerowsecurity))) AS unbound
    FROM pg_class AS t JOIN pg_roles AS owner ON owner.oid = door.relowner
    WHERE t.oid IN (SELECT f.root FROM family AS f
                    WHERE f.oid = door.oid OR f.oid IN (SELECT relation FROM reads WHERE view = door.oid))
) AS over ON true
WHERE NOT (role.own AND door.kind = 'table of an assumed role')
ORDER BY 2, 1, 3
