-- Comments and security labels, on the user's objects only.
SELECT 'comment' AS kind, o.type || ' ' || o.identity AS identity,
  -- a comment on an index lies under the index's table
  (SELECT r.ident FROM pg_index i JOIN rel r ON r.oid = i.indrelid
    WHERE d.classoid = 'pg_class'::regclass AND i.indexrelid = d.objoid) AS parent, d.description AS body
FROM pg_description d, LATERAL pg_identify_object(d.classoid, d.objoid, d.objsubid) o
WHERE (d.objoid >= 16384 OR (d.classoid = 'pg_namespace'::regclass AND d.objoid = 2200))
  AND NOT EXISTS (SELECT FROM member m WHERE m.classid = d.classoid AND m.objid = d.objoid)
UNION ALL
SELECT 'comment', 'role ' || quote_ident(pg_get_userbyid(d.objoid)), NULL, d.description
FROM pg_shdescription d WHERE d.classoid = 'pg_authid'::regclass AND d.objoid >= 16384
UNION ALL
SELECT 'comment', '(this database)', NULL, d.description
FROM pg_shdescription d WHERE d.classoid = 'pg_database'::regclass
  AND d.objoid = (SELECT oid FROM pg_database WHERE datname = current_database())
UNION ALL
SELECT 'security label', o.type || ' ' || o.identity || ' by ' || l.provider, NULL, l.label
FROM pg_seclabel l, LATERAL pg_identify_object(l.classoid, l.objoid, l.objsubid) o
UNION ALL
SELECT 'security label', 'role ' || quote_ident(pg_get_userbyid(l.objoid)) || ' by ' || l.provider, NULL, l.label
FROM pg_shseclabel l WHERE l.classoid = 'pg_authid'::regclass
