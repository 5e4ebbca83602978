SELECT coalesce(json_agg(t ORDER BY t.name), '[]')::text
FROM (
    SELECT format('%I.%I', n.nspname, c.relname) AS name,
        (SELECT coalesce(json_agg(json_build_object(
                'name', quote_ident(a.attname), 'type', format_type(a.atttypid, a.atttypmod),
                'required', a.attnotnull AND NOT a.atthasdef AND a.attidentity = '' AND a.attgenerated = '',
                'label', (SELECT e.enumlabel FROM pg_enum AS e WHERE e.enumtypid = a.atttypid ORDER BY e.enumsortorder LIMIT 1)
            ) ORDER BY a.attnum), '[]')
         FROM pg_attribute AS a WHERE a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped) AS columns,
        (SELECT coalesce(json_agg((
                SELECT json_agg(quote_ident(a.attname) ORDER BY k.place)
                FROM unnest(i.indkey::int2[]) WITH ORDINALITY AS k (attnum, place)
                JOIN pg_attribute AS a ON a.attrelid = c.oid AND a.attnum = k.attnum) ORDER BY i.indexrelid), '[]')
         FROM pg_index AS i
         WHERE i.indrelid = c.oid AND i.indisunique AND i.indpred IS NULL AND i.indexprs IS NULL) AS unique_over,
        (SELECT coalesce(json_agg(concat(pg_get_expr(p.polqual, p.polrelid), ' ', pg_get_expr(p.polwithcheck, p.polrelid))), '[]')
         FROM pg_policy AS p WHERE p.polrelid = c.oid) AS policies,
        (SELECT coalesce(json_agg(DISTINCT quote_ident(a.attname)), '[]')
         FROM pg_constraint AS f JOIN pg_attribute AS a ON a.attrelid = c.oid AND a.attnum = ANY (f.conkey)
         WHERE f.conrelid = c.oid AND f.contype = 'f') AS refers,
        (SELECT coalesce(json_agg(json_build_object('role', r.rolname, 'privilege', x.privilege_type)), '[]')
         FROM aclexplode(c.relacl) AS x JOIN pg_roles AS r ON r.oid = x.grantee
         WHERE r.oid <> c.relowner AND NOT r.rolsuper) AS grants,
        pg_get_userbyid(c.relowner) AS owner
    FROM pg_class AS c JOIN pg_namespace AS n ON n.oid = c.relnamespace
    WHERE c.relkind IN ('r', 'p') AND NOT c.relispartition
        AND n.nspname NOT IN ('pg_catalog', 'information_schema', 'pg_toast')
) AS t
