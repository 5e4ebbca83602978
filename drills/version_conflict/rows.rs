//! The ground: rows of their own, made by the administrator.

use std::sync::atomic::{AtomicU32, Ordering::Relaxed};

use sor_gate::context::Context;
use sor_gate::error::{Error, Result};
use sor_gate::fault::proxy::{Rewrite, WirePlan};
use sor_gate::rewrite;
use sor_gate::session::Session;
use sor_gate::subject::{VersionedTable, Versions, catalog_name};
use sor_gate::template::Values;

pub struct Ground<'a> {
    pub cx: &'a Context,
    pub binding: &'a Versions,
    admin: Session,
    rows: AtomicU32,
}

/// The statements of a table's programs with their check of the version taken out.
pub fn unchecked(name: &str, table: &VersionedTable) -> Rewrite {
    let column = catalog_name(&table.version_column);
    Rewrite::new(name, move |sql| rewrite::compared_with_nothing(sql, &column))
}

impl<'a> Ground<'a> {
    pub async fn open(cx: &'a Context, binding: &'a Versions) -> Result<Self> {
        Ok(Self { cx, binding, admin: cx.admin().await?, rows: AtomicU32::new(1) })
    }

    /// The table that the programs edit.
    pub fn table(&self) -> Result<&'a VersionedTable> {
        self.binding.tables.first().ok_or_else(|| Error::usage("there is no table").at("versions.tables"))
    }

    /// A new row with this content.
    pub async fn row(&self, table: &VersionedTable, text: &str) -> Result<String> {
        let values = Values::new().with("n", self.rows.fetch_add(1, Relaxed)).with("text", text);
        let added = self.admin.must(&table.insert, &values).await?;
        let id = added.scalar().map(str::to_owned);
        id.ok_or_else(|| Error::usage("the statement answers no id").at("versions.tables.insert"))
    }

    /// The plan of the variant that must lose edits.
    pub fn unprotected(&self, table: &VersionedTable) -> WirePlan {
        self.cx.wire_plan().rewrite(unchecked("no check of the version", table))
    }
}
