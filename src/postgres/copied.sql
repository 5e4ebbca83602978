-- What a dump of one database leaves out, as statements in order: roles with their attributes, memberships, settings of roles
-- and of the database, its owner and its privileges. A role that is there already (the server's admin) stays as it is.
WITH role AS (
    SELECT oid, rolname, rolsuper, rolinherit, rolcreaterole, rolcreatedb, rolcanlogin, rolreplication, rolbypassrls, rolconnlimit
    FROM pg_catalog.pg_roles WHERE rolname !~ '^pg_'
), setting AS (
    SELECT s.setdatabase, s.setrole, split_part(one, '=', 1) AS name, substr(one, strpos(one, '=') + 1) AS value
    FROM pg_catalog.pg_db_role_setting AS s, unnest(s.setconfig) AS one
    WHERE s.setdatabase IN (0, (SELECT oid FROM pg_catalog.pg_database WHERE datname = current_database()))
), written AS (
    -- Lists are kept quoted in the catalog (as in pg_dump's variable_is_guc_list_quote).
    SELECT *, format('SET %I TO %s', name,
        CASE WHEN name IN ('search_path', 'local_preload_libraries', 'session_preload_libraries', 'temp_tablespaces')
             THEN nullif(value, '') ELSE quote_literal(value) END) AS assignment
    FROM setting WHERE value <> '' OR name <> 'search_path'
), privilege AS (
    SELECT a.privilege_type, a.is_grantable, CASE a.grantee WHEN 0 THEN 'PUBLIC' ELSE quote_ident(r.rolname) END AS grantee
    FROM pg_catalog.pg_database AS d, aclexplode(d.datacl) AS a LEFT JOIN pg_catalog.pg_roles AS r ON r.oid = a.grantee
    WHERE d.datname = current_database()
), statement (place, name, sql) AS (
    SELECT 1, rolname::text, format('DO $sor_gate$ BEGIN IF to_regrole(%L) IS NULL THEN CREATE ROLE %I WITH%s CONNECTION LIMIT %s; END IF; END $sor_gate$',
        quote_ident(rolname), rolname,
        CASE WHEN rolsuper THEN ' SUPERUSER' ELSE '' END || CASE WHEN rolinherit THEN '' ELSE ' NOINHERIT' END
        || CASE WHEN rolcreaterole THEN ' CREATEROLE' ELSE '' END || CASE WHEN rolcreatedb THEN ' CREATEDB' ELSE '' END
        || CASE WHEN rolcanlogin THEN ' LOGIN' ELSE '' END || CASE WHEN rolreplication THEN ' REPLICATION' ELSE '' END
        || CASE WHEN rolbypassrls THEN ' BYPASSRLS' ELSE '' END, rolconnlimit)
    FROM role
    UNION ALL
    SELECT 2, o.rolname || ' ' || m.rolname, format('GRANT %I TO %I%s', o.rolname, m.rolname,
        CASE WHEN bool_or(g.admin_option) THEN ' WITH ADMIN OPTION' ELSE '' END)
    FROM pg_catalog.pg_auth_members AS g JOIN pg_catalog.pg_roles AS o ON o.oid = g.roleid JOIN role AS m ON m.oid = g.member
    GROUP BY o.rolname, m.rolname
    UNION ALL
    SELECT 3, r.rolname || ' ' || w.name, format('ALTER ROLE %I %s', r.rolname, w.assignment)
    FROM written AS w JOIN role AS r ON r.oid = w.setrole WHERE w.setdatabase = 0
    UNION ALL
    SELECT 4, w.name, format('DO $sor_gate$ BEGIN EXECUTE format(%L, current_database()); END $sor_gate$',
        CASE WHEN r.oid IS NULL THEN 'ALTER DATABASE %I ' || replace(w.assignment, '%', '%%')
             ELSE format('ALTER ROLE %I IN DATABASE ', r.rolname) || '%I ' || replace(w.assignment, '%', '%%') END)
    FROM written AS w LEFT JOIN role AS r ON r.oid = w.setrole WHERE w.setdatabase <> 0
    UNION ALL
    SELECT 5, '', format('DO $sor_gate$ BEGIN EXECUTE format(%L, current_database()); END $sor_gate$',
        'ALTER DATABASE %I OWNER TO ' || quote_ident(r.rolname))
    FROM pg_catalog.pg_database AS d JOIN role AS r ON r.oid = d.datdba WHERE d.datname = current_database()
    UNION ALL
    SELECT 6, '', format('DO $sor_gate$ BEGIN EXECUTE format(%L, current_database()); END $sor_gate$',
        'REVOKE ALL ON DATABASE %I FROM PUBLIC')
    WHERE EXISTS (SELECT FROM privilege)
    UNION ALL
    SELECT 7, grantee || privilege_type, format('DO $sor_gate$ BEGIN EXECUTE format(%L, current_database()); END $sor_gate$',
        'GRANT ' || privilege_type || ' ON DATABASE %I TO ' || grantee || CASE WHEN is_grantable THEN ' WITH GRANT OPTION' ELSE '' END)
    FROM privilege
)
SELECT sql FROM statement ORDER BY place, name
