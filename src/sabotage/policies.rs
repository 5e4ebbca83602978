//! Row-level security and its policies.

use crate::drill::Applied;
use crate::error::Result;
use crate::rewrite;
use crate::session::Session;
use crate::subject::Tenancy;
use crate::template::Values;

/// Name of every policy that a break adds.
const HOLE: &str = "sor_gate_hole";

/// The setting that carries the tenant, `app.tenant`: read from the policies of the tenants' table, else from the
/// statement that sets it. `None` where neither shows it.
///
/// # Errors
/// A harness error when the catalog cannot be read.
pub async fn context_setting(admin: &Session, tenancy: &Tenancy) -> Result<Option<String>> {
    let find = "SELECT coalesce(pg_get_expr(p.polqual, p.polrelid), '') AS expression FROM pg_policy AS p \
                WHERE p.polrelid = ${table}::text::regclass";
    let found = admin.must(find, &Values::new().with("table", &tenancy.table)).await?;
    let expressions = found.all("expression")?;
    Ok(expressions
        .iter()
        .find_map(|expression| argument(expression, "current_setting("))
        .or_else(|| argument(&tenancy.set, "set_config(")))
}

/// The first argument of a call, where it is a literal.
fn argument(sql: &str, call: &str) -> Option<String> {
    let at = sql.to_ascii_lowercase().find(call)? + call.len();
    let literal = sql[at..].trim_start().strip_prefix('\'')?;
    Some(literal[..literal.find('\'')?].to_owned())
}

/// Adds a permissive policy to the tenants' table: `command` (`SELECT`, `DELETE`, …) is allowed on every row where
/// `condition` holds, in which `${context}` stands for the session's tenant.
///
/// # Errors
/// A harness error when Postgres refuses the policy.
pub async fn hole(admin: &Session, tenancy: &Tenancy, command: &str, condition: &str) -> Result<Applied> {
    let Some(setting) = context_setting(admin, tenancy).await? else {
        return Ok(Applied::Unviable("no policy shows which setting carries the tenant".into()));
    };
    let context = format!("current_setting('{}', true)", setting.replace('\'', "''"));
    let condition = condition.replace("${context}", &context);
    let policy = format!("CREATE POLICY {HOLE} ON {} FOR {command} USING ({condition})", tenancy.table);
    admin.script(&policy, &Values::new()).await?;
    Ok(Applied::Done(policy))
}

/// A literal of SQL.
pub fn literal(text: &str) -> String {
    format!("'{}'", text.replace('\'', "''"))
}

/// Which half of a policy is replaced.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Half {
    /// Which rows are seen.
    Using,
    /// Which rows may be written.
    WithCheck,
}

/// Replaces one half of every permissive policy of a table. `rewrite` is handed the expression as Postgres prints it,
/// of WITH CHECK its USING where it has none of its own; a policy for which it answers `None` is left alone.
///
/// # Errors
/// A harness error when the catalog cannot be read or changed.
pub async fn rewrite_policies(
    admin: &Session,
    table: &str,
    half: Half,
    rewrite: impl Fn(&str) -> Option<String>,
) -> Result<Applied> {
    let find = "SELECT quote_ident(p.polname) AS name, p.polcmd::text AS command, \
                       pg_get_expr(p.polqual, p.polrelid) AS using, \
                       coalesce(pg_get_expr(p.polwithcheck, p.polrelid), pg_get_expr(p.polqual, p.polrelid)) AS checked \
                FROM pg_policy AS p WHERE p.polrelid = ${table}::text::regclass AND p.polpermissive";
    let found = admin.must(find, &Values::new().with("table", table)).await?;
    let (names, commands) = (found.all("name")?, found.all("command")?);
    let (using, checked) = (found.all("using")?, found.all("checked")?);
    let mut changed = Vec::new();
    for at in 0..names.len() {
        let (fits, expression, clause) = match half {
            Half::Using => (commands[at] != "a", &using[at], "USING"),
            Half::WithCheck => (["*", "a", "w"].contains(&commands[at].as_str()), &checked[at], "WITH CHECK"),
        };
        let Some(rewritten) = rewrite(expression).filter(|_| fits) else { continue };
        let alter = format!("ALTER POLICY {} ON {table} {clause} ({rewritten})", names[at]);
        admin.script(&alter, &Values::new()).await?;
        changed.push(alter);
    }
    if changed.is_empty() {
        return Ok(Applied::Unviable(format!("no policy of {table} to rewrite")));
    }
    Ok(Applied::Done(changed.join("; ")))
}

/// Disables row-level security on a table.
///
/// # Errors
/// A harness error when Postgres refuses.
pub async fn disable_row_security(admin: &Session, table: &str) -> Result<Applied> {
    let alter = format!("ALTER TABLE {table} DISABLE ROW LEVEL SECURITY");
    admin.script(&alter, &Values::new()).await?;
    Ok(Applied::Done(alter))
}

/// Lets the tenant outlive its transaction: SET in place of SET LOCAL, `set_config(…, false)` in place of true.
pub fn keep_context(tenancy: &mut Tenancy) -> Applied {
    match rewrite::without_local(&tenancy.set) {
        Some(set) => {
            tenancy.set = set;
            tenancy.release = None;
            Applied::Done(format!("the tenant is set by {}", tenancy.set))
        }
        None => Applied::Unviable("the tenant is not set for the transaction alone".into()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_setting_is_found_in_an_expression() {
        let printed = "(tenant_id = NULLIF(current_setting('app.tenant'::text, true), ''::text))";
        assert_eq!(argument(printed, "current_setting(").as_deref(), Some("app.tenant"));
        assert_eq!(argument("SELECT set_config( 'a.b', $1, true)", "set_config(").as_deref(), Some("a.b"));
        assert_eq!(argument("(tenant_id = app_tenant())", "current_setting("), None);
    }
}
