//! The subject's schema: roles, migrations without the proposed one, seed rows.

use std::path::Path;

use crate::error::{Error, Result};
use crate::postgres::Cluster;
use crate::quote::quote_ident;
use crate::subject::{Subject, digest};

/// SQL in the order in which it is applied.
pub struct Schema {
    owner: Option<String>,
    setup: Vec<Script>,
    migrations: Vec<Script>,
    seed: Vec<Script>,
    key: String,
}

struct Script {
    name: String,
    sql: String,
}

impl Schema {
    /// Reads every file once.
    ///
    /// # Errors
    /// A usage error for a file or folder that cannot be read, or a proposal that is not among the migrations.
    pub fn read(subject: &Subject) -> Result<Self> {
        let read_all = |files: &[std::path::PathBuf]| -> Result<Vec<Script>> {
            files.iter().map(|file| Script::read(&subject.path(file))).collect()
        };
        let mut schema = Self {
            owner: subject.roles.owner.clone(),
            setup: read_all(&subject.database.setup)?,
            migrations: migrations(subject)?,
            seed: read_all(&subject.database.seed)?,
            key: String::new(),
        };
        let mut all = format!("{:?}\0", schema.owner);
        for script in schema.setup.iter().chain(&schema.migrations).chain(&schema.seed) {
            all.push_str(&format!("{}\0{}\0", script.name, script.sql));
        }
        schema.key = digest(all.as_bytes());
        Ok(schema)
    }

    /// Digest of everything that is applied.
    pub fn key(&self) -> &str {
        &self.key
    }

    /// Applies it to an empty server.
    ///
    /// # Errors
    /// A usage error with file and line when Postgres refuses a statement.
    pub async fn apply(&self, cluster: &Cluster) -> Result<()> {
        let admin = cluster.admin().await?;
        for script in &self.setup {
            script.run(&admin).await?;
        }
        if let Some(owner) = &self.owner {
            let quoted = quote_ident(owner);
            let database = quote_ident(&cluster.database());
            let become_owner = format!(
                "GRANT ALL ON DATABASE {database} TO {quoted}; GRANT ALL ON SCHEMA public TO {quoted}; SET ROLE {quoted}"
            );
            admin.batch_execute(&become_owner).await?;
        }
        for script in &self.migrations {
            script.run(&admin).await?;
        }
        admin.batch_execute("RESET ROLE").await?;
        for script in &self.seed {
            script.run(&admin).await?;
        }
        admin.batch_execute("ANALYZE").await?;
        Ok(())
    }
}

impl Script {
    fn read(file: &Path) -> Result<Self> {
        let sql = std::fs::read_to_string(file)
            .map_err(|error| Error::usage(format!("cannot read SQL: {error}")).at(file.display()))?;
        Ok(Self { name: file.display().to_string(), sql })
    }

    async fn run(&self, client: &tokio_postgres::Client) -> Result<()> {
        client.batch_execute(&self.sql).await.map_err(|error| {
            let position = match error.as_db_error().and_then(|db| db.position()) {
                Some(tokio_postgres::error::ErrorPosition::Original(at)) => {
                    let upto: String = self.sql.chars().take(*at as usize).collect();
                    format!("{}:{}", self.name, upto.matches('\n').count() + 1)
                }
                _ => self.name.clone(),
            };
            let mut wrong = Error::from(error).at(position);
            if wrong.kind == crate::error::ErrorKind::Harness {
                wrong.kind = crate::error::ErrorKind::Usage;
            }
            wrong
        })
    }
}

fn migrations(subject: &Subject) -> Result<Vec<Script>> {
    let folder = subject.path(&subject.database.migrations);
    let entries = std::fs::read_dir(&folder)
        .map_err(|error| Error::usage(format!("cannot read the migrations: {error}")).at(folder.display()))?;
    let mut found = Vec::new();
    for entry in entries {
        let file = entry.map_err(|error| Error::usage(error.to_string()).at(folder.display()))?.path();
        let name = file.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
        if let Some(stem) = name.strip_suffix(".up.sql") {
            let version: u64 = stem.split('_').next().and_then(|digits| digits.parse().ok()).unwrap_or(0);
            found.push((version, stem.to_owned(), Script::read(&file)?));
        }
    }
    found.sort_by(|a, b| (a.0, &a.1).cmp(&(b.0, &b.1)));
    if let Some(migration) = &subject.migration {
        let at = found.iter().position(|(_, stem, _)| *stem == migration.proposed).ok_or_else(|| {
            let known: Vec<_> = found.iter().map(|(_, stem, _)| stem.as_str()).collect();
            Error::usage(format!("the proposed migration `{}` is not there", migration.proposed))
                .at(folder.display())
                .fix(format!("found: {}", known.join(", ")))
        })?;
        found.truncate(at);
    }
    Ok(found.into_iter().map(|(_, _, script)| script).collect())
}
