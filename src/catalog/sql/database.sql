-- The database as a whole and the cluster: extensions, event triggers, publications, subscriptions, foreign
-- servers, roles, memberships, settings. User mappings print the names of their options, never the values.
SELECT 'extension' AS kind, quote_ident(e.extname) AS identity, NULL::text AS parent,
  concat_ws(E'\n', 'owner: ' || pg_get_userbyid(e.extowner), 'version: ' || e.extversion,
    'schema: ' || e.extnamespace::regnamespace::text) AS body
FROM pg_extension e
UNION ALL
SELECT 'event trigger', quote_ident(e.evtname), NULL,
  concat_ws(E'\n', 'owner: ' || pg_get_userbyid(e.evtowner), 'on: ' || e.evtevent, 'function: ' || e.evtfoid::regproc::text,
    'enabled: ' || e.evtenabled::text, 'tags: ' || (SELECT string_agg(t, ', ' ORDER BY t) FROM unnest(e.evttags) t))
FROM pg_event_trigger e
WHERE NOT EXISTS (SELECT FROM member m WHERE m.classid = 'pg_event_trigger'::regclass AND m.objid = e.oid)
UNION ALL
SELECT 'publication', quote_ident(p.pubname), NULL,
  concat_ws(E'\n', 'owner: ' || pg_get_userbyid(p.pubowner),
    ((to_jsonb(p) - 'oid' - 'pubname' - 'pubowner'))::text,
    (SELECT string_agg('table: ' || r.prrelid::regclass::text
        || coalesce(' columns ' || (SELECT string_agg(quote_ident(a.attname), ', ' ORDER BY a.attname)
             FROM pg_attribute a WHERE a.attrelid = r.prrelid AND a.attnum = ANY (r.prattrs)), '')
        || coalesce(' where ' || pg_get_expr(r.prqual, r.prrelid), ''), E'\n' ORDER BY r.prrelid::regclass::text)
       FROM pg_publication_rel r WHERE r.prpubid = p.oid),
    (SELECT string_agg('schema: ' || n.pnnspid::regnamespace::text, E'\n' ORDER BY n.pnnspid::regnamespace::text)
       FROM pg_publication_namespace n WHERE n.pnpubid = p.oid))
FROM pg_publication p
UNION ALL
SELECT 'subscription', quote_ident(u.subname), NULL,
  concat_ws(E'\n', 'owner: ' || pg_get_userbyid(u.subowner), 'enabled: ' || u.subenabled::text,
    'publications: ' || array_to_string(u.subpublications, ', '))
FROM pg_subscription u WHERE u.subdbid = (SELECT oid FROM pg_database WHERE datname = current_database())
UNION ALL
SELECT 'foreign data wrapper', quote_ident(f.fdwname), NULL,
  concat_ws(E'\n', 'owner: ' || pg_get_userbyid(f.fdwowner), 'handler: ' || nullif(f.fdwhandler, 0)::regproc::text,
    'validator: ' || nullif(f.fdwvalidator, 0)::regproc::text,
    'options: ' || (SELECT string_agg(o, ', ' ORDER BY o) FROM unnest(f.fdwoptions) o))
FROM pg_foreign_data_wrapper f
WHERE NOT EXISTS (SELECT FROM member m WHERE m.classid = 'pg_foreign_data_wrapper'::regclass AND m.objid = f.oid)
UNION ALL
SELECT 'server', quote_ident(f.srvname), NULL,
  concat_ws(E'\n', 'owner: ' || pg_get_userbyid(f.srvowner), 'type: ' || f.srvtype, 'version: ' || f.srvversion,
    'options: ' || (SELECT string_agg(o, ', ' ORDER BY o) FROM unnest(f.srvoptions) o))
FROM pg_foreign_server f
UNION ALL
SELECT 'user mapping', quote_ident(u.srvname) || ' for ' || quote_ident(u.usename), NULL,
  'options: ' || coalesce((SELECT string_agg(split_part(o, '=', 1), ', ' ORDER BY o) FROM unnest(u.umoptions) o), '')
FROM pg_user_mappings u
UNION ALL
SELECT 'role', quote_ident(r.rolname), NULL,
  concat_ws(E'\n',
    'attributes: ' || concat_ws(' ', CASE WHEN r.rolsuper THEN 'SUPERUSER' END, CASE WHEN r.rolbypassrls THEN 'BYPASSRLS' END,
      CASE WHEN r.rolcanlogin THEN 'LOGIN' END, CASE WHEN NOT r.rolinherit THEN 'NOINHERIT' END,
      CASE WHEN r.rolcreatedb THEN 'CREATEDB' END, CASE WHEN r.rolcreaterole THEN 'CREATEROLE' END,
      CASE WHEN r.rolreplication THEN 'REPLICATION' END),
    CASE WHEN r.rolconnlimit <> -1 THEN 'connection limit: ' || r.rolconnlimit::text END,
    'valid until: ' || r.rolvaliduntil::text)
FROM pg_roles r WHERE r.oid >= 16384 OR r.oid = 10
UNION ALL
SELECT 'membership', quote_ident(pg_get_userbyid(a.member)) || ' in ' || quote_ident(pg_get_userbyid(a.roleid))
    || ' by ' || quote_ident(pg_get_userbyid(a.grantor)), NULL,
  ((to_jsonb(a) - 'oid' - 'roleid' - 'member' - 'grantor'))::text
FROM pg_auth_members a WHERE a.member >= 16384 OR a.roleid >= 16384 OR a.member = 10
UNION ALL
SELECT 'database', '(this database)', NULL,
  concat_ws(E'\n', 'owner: ' || pg_get_userbyid(d.datdba), 'encoding: ' || pg_encoding_to_char(d.encoding),
    'collation: ' || d.datcollate || ' ' || d.datctype,
    CASE WHEN d.datconnlimit <> -1 THEN 'connection limit: ' || d.datconnlimit::text END)
FROM pg_database d WHERE d.datname = current_database()
UNION ALL
SELECT 'settings', CASE WHEN s.setrole = 0 THEN 'every role' ELSE 'role ' || quote_ident(pg_get_userbyid(s.setrole)) END
    || CASE WHEN s.setdatabase = 0 THEN ' in every database' ELSE ' in this database' END, NULL,
  (SELECT string_agg(c, E'\n' ORDER BY c) FROM unnest(s.setconfig) c)
FROM pg_db_role_setting s
WHERE s.setdatabase IN (0, (SELECT oid FROM pg_database WHERE datname = current_database()))
