//! What there is to attack, from the catalog: columns, triggers, children, views, foreign keys.

use std::collections::BTreeSet;

use sor_gate::error::Result;
use sor_gate::session::Rows;
use sor_gate::template::Values;

use super::bench::Bench;
use super::judge::Guard;

/// A column of the events table.
pub struct Column {
    pub name: String,
    /// `DEFAULT` where nothing else may be assigned, else the column itself.
    pub itself: String,
    /// Whether an INSERT may name it.
    pub written: bool,
    /// Whether the role may insert it.
    pub insertable: bool,
}

/// A table that the events refer to.
pub struct Parent {
    pub table: String,
    /// The bare name, as refusals give it.
    pub bare: String,
    /// What picks the row that the attacked event refers to.
    pub row: String,
    /// Gives its key another value, where the type allows to.
    pub rekey: Option<String>,
}

/// Everything found.
pub struct Targets {
    pub columns: Vec<Column>,
    pub guard: Guard,
    pub owner: String,
    /// Children and partitions, with their bare names.
    pub children: Vec<(String, String)>,
    /// Views over the events, with their bare names and first columns.
    pub views: Vec<(String, String, String)>,
    pub parents: Vec<Parent>,
    /// Columns of each unique index.
    pub keys: Vec<String>,
    /// The functions of its triggers.
    pub functions: Vec<String>,
}

impl Targets {
    /// Whether a unique index covers the column, so that its values cannot be copied.
    pub fn in_a_key(&self, column: &str) -> bool {
        self.keys.iter().any(|key| key.split(", ").any(|part| part == column))
    }
}

const COLUMNS: &str = "\
SELECT quote_ident(a.attname) AS name,
       CASE WHEN a.attidentity <> '' OR a.attgenerated <> '' THEN 'DEFAULT' ELSE quote_ident(a.attname) END AS itself,
       a.attgenerated = '' AS written,
       a.attgenerated = '' AND has_column_privilege(${worker}::name, a.attrelid, a.attnum, 'INSERT') AS insertable
FROM pg_attribute AS a
WHERE a.attrelid = ${table}::text::regclass AND a.attnum > 0 AND NOT a.attisdropped ORDER BY a.attnum";

const TABLE: &str = "\
SELECT c.relname AS bare, pg_get_userbyid(c.relowner) AS owner FROM pg_class AS c WHERE c.oid = ${table}::text::regclass";

const TRIGGERS: &str = "\
SELECT t.tgname AS name, p.proname AS function, p.oid::regprocedure::text AS signature
FROM pg_trigger AS t JOIN pg_proc AS p ON p.oid = t.tgfoid
WHERE t.tgrelid = ${table}::text::regclass AND NOT t.tgisinternal ORDER BY 1";

const CHILDREN: &str = "\
WITH RECURSIVE family AS (
    SELECT inhrelid AS oid FROM pg_inherits WHERE inhparent = ${table}::text::regclass
    UNION SELECT i.inhrelid FROM pg_inherits AS i JOIN family AS f ON i.inhparent = f.oid
)
SELECT oid::regclass::text AS name, relname AS bare FROM family JOIN pg_class USING (oid) ORDER BY 1";

const VIEWS: &str = "\
WITH RECURSIVE over AS (
    SELECT r.ev_class AS oid FROM pg_rewrite AS r
    JOIN pg_depend AS d ON d.classid = 'pg_rewrite'::regclass AND d.objid = r.oid
    WHERE d.refclassid = 'pg_class'::regclass AND d.refobjid = ${table}::text::regclass AND r.ev_class <> d.refobjid
    UNION SELECT r.ev_class FROM over JOIN pg_depend AS d ON d.refobjid = over.oid AND d.refclassid = 'pg_class'::regclass
    JOIN pg_rewrite AS r ON d.classid = 'pg_rewrite'::regclass AND d.objid = r.oid WHERE r.ev_class <> over.oid
)
SELECT DISTINCT c.oid::regclass::text AS name, c.relname AS bare,
       (SELECT quote_ident(attname) FROM pg_attribute AS a WHERE a.attrelid = c.oid AND attnum > 0
        ORDER BY has_column_privilege(${worker}::name, c.oid, a.attnum, 'UPDATE') DESC,
                 (pg_column_is_updatable(c.oid, a.attnum, true)) DESC, attnum DESC LIMIT 1) AS col
FROM over JOIN pg_class AS c USING (oid) WHERE c.relkind = 'v' ORDER BY 1";

const PARENTS: &str = "\
SELECT f.confrelid::regclass::text AS name, p.relname AS bare,
       (SELECT string_agg(format('%I = (SELECT %I FROM %s WHERE %s = ', pa.attname, ca.attname, f.conrelid::regclass, ${id}::text)
               || '${' || 'id})', ' AND ' ORDER BY k.at)
        FROM unnest(f.conkey, f.confkey) WITH ORDINALITY AS k (child, parent, at)
        JOIN pg_attribute AS ca ON ca.attrelid = f.conrelid AND ca.attnum = k.child
        JOIN pg_attribute AS pa ON pa.attrelid = f.confrelid AND pa.attnum = k.parent) AS match,
       (SELECT CASE WHEN t.typcategory = 'S' THEN format('%I = %I || ''x''', a.attname, a.attname)
                    WHEN t.typcategory = 'N' THEN format('%I = %I + 1000000', a.attname, a.attname) END
        FROM pg_attribute AS a JOIN pg_type AS t ON t.oid = a.atttypid
        WHERE a.attrelid = f.confrelid AND a.attnum = ANY (f.confkey)
        ORDER BY has_column_privilege(${worker}::name, a.attrelid, a.attnum, 'UPDATE') DESC, a.attnum DESC LIMIT 1) AS rekey
FROM pg_constraint AS f JOIN pg_class AS p ON p.oid = f.confrelid
WHERE f.contype = 'f' AND f.conrelid = ${table}::text::regclass AND f.confrelid <> f.conrelid ORDER BY 1";

const KEYS: &str = "\
SELECT (SELECT string_agg(quote_ident(a.attname), ', ' ORDER BY k.at) FROM unnest(i.indkey::int2[]) WITH ORDINALITY AS k (num, at)
        JOIN pg_attribute AS a ON a.attrelid = i.indrelid AND a.attnum = k.num) AS columns
FROM pg_index AS i
WHERE i.indrelid = ${table}::text::regclass AND i.indisunique AND i.indpred IS NULL AND i.indexprs IS NULL ORDER BY 1";

impl Bench<'_> {
    /// Looks everything up.
    pub async fn targets(&self) -> Result<Targets> {
        let values = Values::new()
            .with("table", &self.events.table)
            .with("id", &self.events.id)
            .with("worker", self.cx.subject.events_role());
        let ask = async |sql: &str| -> Result<Rows> { self.admin.must(sql, &values).await };
        let (table, triggers) = (ask(TABLE).await?, ask(TRIGGERS).await?);
        let mut names = triggers.all("name")?;
        names.extend(triggers.all("function")?);
        let columns = ask(COLUMNS).await?;
        let columns = (0..columns.rows.len()).map(|at| {
            Ok(Column {
                name: columns.cell(at, "name")?,
                itself: columns.cell(at, "itself")?,
                written: columns.flag(at, "written")?,
                insertable: columns.flag(at, "insertable")?,
            })
        });
        let children = ask(CHILDREN).await?;
        let views = ask(VIEWS).await?;
        let parents = ask(PARENTS).await?;
        let parents = (0..parents.rows.len()).map(|at| {
            let rekey = parents.cell(at, "rekey")?;
            Ok(Parent {
                table: parents.cell(at, "name")?,
                bare: parents.cell(at, "bare")?,
                row: parents.cell(at, "match")?,
                rekey: (!rekey.is_empty()).then_some(rekey),
            })
        });
        Ok(Targets {
            columns: columns.collect::<Result<_>>()?,
            guard: Guard {
                table: table.first("bare")?,
                triggers: names,
                refusals: self.events.refusals.clone(),
            },
            owner: table.first("owner")?,
            children: children.all("name")?.into_iter().zip(children.all("bare")?).collect(),
            views: views
                .all("name")?
                .into_iter()
                .zip(views.all("bare")?)
                .zip(views.all("col")?)
                .map(|((name, bare), column)| (name, bare, column))
                .collect(),
            parents: parents.collect::<Result<_>>()?,
            keys: ask(KEYS).await?.all("columns")?,
            functions: BTreeSet::from_iter(triggers.all("signature")?).into_iter().collect(),
        })
    }
}
