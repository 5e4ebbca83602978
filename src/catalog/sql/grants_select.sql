SELECT 'grants' AS kind, kind || ' ' || ident AS identity, parent, string_agg(text, E'\n' ORDER BY text) AS body
FROM line GROUP BY kind, ident, parent
UNION ALL
SELECT 'default privileges', 'for ' || quote_ident(pg_get_userbyid(d.defaclrole))
    || CASE WHEN d.defaclnamespace = 0 THEN '' ELSE ' in ' || d.defaclnamespace::regnamespace::text END
    || ' on ' || d.defaclobjtype::text, NULL,
  (SELECT string_agg(CASE e.grantee WHEN 0 THEN 'PUBLIC' ELSE quote_ident(pg_get_userbyid(e.grantee)) END || ': ' || e.privilege_type
      || CASE WHEN e.is_grantable THEN ' (with grant option)' ELSE '' END, E'\n' ORDER BY e.grantee, e.privilege_type)
     FROM aclexplode(d.defaclacl) e)
FROM pg_default_acl d
