//! The stage: what a break may act on before its drill runs.

use std::path::Path;

use crate::error::Result;
use crate::hooks::Hooks;
use crate::session::Session;
use crate::subject::Subject;

/// A subject set up but not yet drilled. Breaks act on its bindings and on the catalog, by the names that
/// the subject file gives, so that they work on any system.
pub struct Stage<'a> {
    /// The description of the subject: statements can be rewritten, commands and variables changed.
    pub subject: &'a mut Subject,
    /// An admin session on the drill's own database.
    pub admin: &'a Session,
    /// SQL to be run by admin when the drill reaches a named moment.
    pub hooks: &'a mut Hooks,
    /// A folder of the drill's own, removed afterwards.
    pub scratch: &'a Path,
}

impl Stage<'_> {
    /// The tenant's column, where the subject has one, and another column.
    pub fn tenant_and(&self, column: &str) -> Vec<String> {
        let tenant = self.subject.tenancy.as_ref().map(|tenancy| tenancy.column.clone());
        tenant.into_iter().chain([column.to_owned()]).collect()
    }

    /// Runs SQL as admin, now. Placeholders are not filled.
    ///
    /// # Errors
    /// A harness error when Postgres refuses it.
    pub async fn sql(&self, sql: &str) -> Result<()> {
        self.admin.script(sql, &crate::template::Values::new()).await
    }
}
