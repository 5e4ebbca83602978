//! Rewriting the proposal.

use sor_gate::drill::Applied;
use sor_gate::error::Result;
use sor_gate::stage::Stage;
use sor_gate::template::Values;

/// The proposal under sabotage.
pub struct Amend<'s, 'a> {
    stage: &'s mut Stage<'a>,
    up: String,
    down: String,
    scope: Vec<String>,
}

impl<'s, 'a> Amend<'s, 'a> {
    /// Opens the proposal; `None` when the subject has none in both directions.
    pub fn open(stage: &'s mut Stage<'a>) -> Result<Option<Self>> {
        let Some(proposal) = stage.subject.proposal()? else { return Ok(None) };
        let Some(down) = proposal.down else { return Ok(None) };
        Ok(Some(Self { stage, up: closed(proposal.up.text), down: closed(down.text), scope: Vec::new() }))
    }

    /// Adds to the end of the upgrade.
    pub fn up(&mut self, sql: &str) -> &mut Self {
        self.up.push_str(&format!("{sql};\n"));
        self
    }

    /// Adds to the end of the downgrade.
    pub fn down(&mut self, sql: &str) -> &mut Self {
        self.down.push_str(&format!("{sql};\n"));
        self
    }

    /// Replaces the downgrade.
    pub fn replace_down(&mut self, sql: &str) -> &mut Self {
        sql.clone_into(&mut self.down);
        self
    }

    /// Replaces the upgrade.
    pub fn replace_up(&mut self, sql: String) -> &mut Self {
        self.up = sql;
        self
    }

    /// The upgrade as it stands.
    pub fn upgrade(&self) -> &str {
        &self.up
    }

    /// Declares an object as in scope.
    pub fn declare(&mut self, line: String) -> &mut Self {
        self.scope.push(line);
        self
    }

    /// Hands the rewritten texts to the subject.
    pub fn done(self, what: impl Into<String>) -> Result<Applied> {
        if let Some(binding) = &mut self.stage.subject.migration {
            (binding.up_text, binding.down_text) = (Some(self.up), Some(self.down));
            binding.scope.extend(self.scope);
        }
        Ok(Applied::Done(what.into()))
    }

    /// Lowers the longest wait that the subject allows.
    pub fn bound(&mut self, ms: u64) -> &mut Self {
        if let Some(binding) = &mut self.stage.subject.migration {
            binding.lock_wait_ms = Some(ms);
        }
        self
    }

    /// A table that holds rows once the branch is filled, named as in the catalog: the one of `[tenancy]`, else the
    /// first table of the scope.
    pub fn table(&self) -> Option<String> {
        let scoped = self.stage.subject.migration.as_ref().and_then(|binding| {
            binding.scope.iter().find_map(|line| {
                let (kind, name) = line.split_once(' ')?;
                match kind {
                    "table" => Some(name.to_owned()),
                    "column" => Some(name.rsplit_once('.')?.0.to_owned()),
                    _ => None,
                }
            })
        });
        self.stage.subject.tenancy.as_ref().map(|tenancy| tenancy.table.clone()).or(scoped)
    }

    /// A column of the table that nothing but defaults, checks and plain indexes rests on, with its type.
    pub async fn free_column(&self, table: &str) -> Result<Option<(String, String)>> {
        let find = "SELECT quote_ident(a.attname) AS name, format_type(a.atttypid, a.atttypmod) AS type \
            FROM pg_attribute AS a WHERE a.attrelid = ${table}::text::regclass AND a.attnum > 0 AND NOT a.attisdropped \
              AND a.attgenerated = '' AND a.attidentity = '' AND format_type(a.atttypid, NULL) IN ('text', 'bigint', 'integer', 'numeric') \
              AND NOT EXISTS (SELECT FROM pg_constraint AS c WHERE c.contype IN ('p', 'u', 'f', 'x') \
                AND ((c.conrelid = a.attrelid AND a.attnum = ANY (c.conkey)) OR (c.confrelid = a.attrelid AND a.attnum = ANY (c.confkey)))) \
              AND NOT EXISTS (SELECT FROM pg_index AS i WHERE i.indrelid = a.attrelid AND i.indisunique AND a.attnum = ANY (i.indkey)) \
              AND NOT EXISTS (SELECT FROM pg_depend AS d WHERE d.refclassid = 'pg_class'::regclass AND d.refobjid = a.attrelid \
                AND d.refobjsubid = a.attnum AND d.classid IN ('pg_policy'::regclass, 'pg_rewrite'::regclass, 'pg_trigger'::regclass)) \
              AND NOT EXISTS (SELECT FROM pg_partitioned_table AS p WHERE p.partrelid = a.attrelid) \
            ORDER BY (format_type(a.atttypid, NULL) <> 'text'), a.attnum LIMIT 1";
        let rows = self.stage.admin.must(find, &Values::new().with("table", table)).await?;
        if rows.rows.is_empty() {
            return Ok(None);
        }
        Ok(Some((rows.first("name")?, rows.first("type")?)))
    }
}

/// What to say when there is nothing to act on.
pub fn unviable(what: &str) -> Result<Applied> {
    Ok(Applied::Unviable(format!("the subject has no {what}")))
}

/// The script with its last statement closed, so that another can follow.
fn closed(mut text: String) -> String {
    let tidy = text.trim_end().len();
    text.truncate(tidy);
    text.push_str("\n;\n");
    text
}
