//! The formats of migration folders, one file each: how files are named, cut, ordered and sent.

mod annotated;
mod dbmate;
mod detect;
mod diesel;
mod folder;
mod goose;
mod paired;
mod sections;
mod sqitch;
mod sql_migrate;
mod statements;
mod tern;
#[cfg(test)]
mod tests;
mod versioned;

use std::path::Path;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

pub use detect::detect;

use super::Migration;
use crate::error::Result;

/// How a folder of migrations is laid out. `docs/migrations.md` says how each is told from the others.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Format {
    /// `N_name.up.sql` beside `N_name.down.sql`, sent as they are: golang-migrate.
    Paired,
    /// The same names, each script in a transaction unless it begins with `-- no-transaction`; also `N_name.sql`
    /// without a downgrade: sqlx.
    Sqlx,
    /// A folder a migration with `up.sql`, `down.sql` and perhaps `metadata.toml`: diesel.
    Diesel,
    /// `N_name.sql` with `-- +goose Up` and `-- +goose Down`: goose.
    Goose,
    /// `N_name.sql` with `-- migrate:up` and `-- migrate:down`: dbmate.
    Dbmate,
    /// `*.sql` with `-- +migrate Up` and `-- +migrate Down`: sql-migrate.
    SqlMigrate,
    /// `V1__name.sql` and `U2__name.sql`, both upgrades: refinery.
    Refinery,
    /// `V1.2__name.sql`, undone by `U1.2__name.sql`, and repeatable `R__name.sql`: Flyway.
    Flyway,
    /// `001_name.sql` with `---- create above / drop below ----`: tern.
    Tern,
    /// `sqitch.plan` with the folders `deploy`, `revert` and `verify`: Sqitch.
    Sqitch,
    /// Listed, run and printed by the tool's own commands, given in `database.commands`: Alembic, Django.
    Commands,
}

impl Format {
    /// As it is written in the subject file.
    pub fn id(self) -> &'static str {
        match self {
            Self::Paired => "paired",
            Self::Sqlx => "sqlx",
            Self::Diesel => "diesel",
            Self::Goose => "goose",
            Self::Dbmate => "dbmate",
            Self::SqlMigrate => "sql_migrate",
            Self::Refinery => "refinery",
            Self::Flyway => "flyway",
            Self::Tern => "tern",
            Self::Sqitch => "sqitch",
            Self::Commands => "commands",
        }
    }

    /// The tables in which the tool itself writes down what it has run, under their usual names.
    pub fn bookkeeping(self) -> &'static [&'static str] {
        match self {
            Self::Paired | Self::Dbmate => &["public.schema_migrations"],
            Self::Sqlx => &["public._sqlx_migrations"],
            Self::Diesel => &["public.__diesel_schema_migrations"],
            Self::Goose => &["public.goose_db_version", "public.goose_db_version_id_seq"],
            Self::SqlMigrate => &["public.gorp_migrations"],
            Self::Refinery => &["public.refinery_schema_history"],
            Self::Flyway => &["public.flyway_schema_history"],
            Self::Tern => &["public.schema_version"],
            Self::Sqitch => &[],
            Self::Commands => {
                &["public.alembic_version", "public.django_migrations", "public.django_migrations_id_seq"]
            }
        }
    }
}

/// Reads a folder of the given format, oldest first.
pub(super) fn read(folder: &Path, format: Format) -> Result<Vec<Migration>> {
    match format {
        Format::Paired | Format::Sqlx => paired::read(folder, format),
        Format::Diesel => diesel::read(folder),
        Format::Goose => annotated::read(folder, &goose::GOOSE),
        Format::Dbmate => annotated::read(folder, &dbmate::DBMATE),
        Format::SqlMigrate => annotated::read(folder, &sql_migrate::SQL_MIGRATE),
        Format::Tern => tern::read(folder),
        Format::Flyway | Format::Refinery => versioned::read(folder, format),
        Format::Sqitch => sqitch::read(folder),
        Format::Commands => Err(crate::error::Error::usage("migrations by commands have no folder to read")
            .fix("describe them in database.commands")),
    }
}
