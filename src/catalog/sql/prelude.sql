-- Shared by every part: what belongs to an extension, and the schemas and relations worth comparing.
-- Objects below OID 16384 come with the server; 2200 is the schema public, which belongs to the user.
WITH member AS MATERIALIZED (
  SELECT classid, objid FROM pg_depend WHERE deptype = 'e' AND refclassid = 'pg_extension'::regclass
), space AS MATERIALIZED (
  SELECT n.oid, n.nspname, quote_ident(n.nspname) AS name, n.nspowner, n.nspacl
  FROM pg_namespace n
  WHERE n.nspname !~ '^pg_(toast|temp)'
    AND NOT EXISTS (SELECT FROM member m WHERE m.classid = 'pg_namespace'::regclass AND m.objid = n.oid)
), rel AS MATERIALIZED (
  SELECT c.*, s.name AS schema, s.name || '.' || quote_ident(c.relname) AS ident
  FROM pg_class c JOIN space s ON s.oid = c.relnamespace
  WHERE c.oid >= 16384
    AND NOT EXISTS (SELECT FROM member m WHERE m.classid = 'pg_class'::regclass AND m.objid = c.oid)
), col AS MATERIALIZED (
  SELECT a.*, r.ident || '.' || quote_ident(a.attname) AS ident, r.ident AS table_ident, r.relkind, r.relname
  FROM pg_attribute a JOIN rel r ON r.oid = a.attrelid
  WHERE a.attnum > 0 AND NOT a.attisdropped AND r.relkind IN ('r', 'p', 'v', 'm', 'f', 'c')
)
