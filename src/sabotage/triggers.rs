//! Triggers.

use regex::Regex;

use crate::drill::Applied;
use crate::error::Result;
use crate::session::Session;
use crate::template::Values;

/// Bits of `pg_trigger.tgtype` (`src/include/catalog/pg_trigger.h`).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fires {
    /// On DELETE.
    Delete = 8,
    /// On UPDATE.
    Update = 16,
    /// On TRUNCATE.
    Truncate = 32,
}

impl Fires {
    fn event(self) -> &'static str {
        match self {
            Self::Delete => "DELETE",
            Self::Update => "UPDATE",
            Self::Truncate => "TRUNCATE",
        }
    }
}

/// Drops the triggers of a table that fire on an event, for that event alone; says which, `no trigger` where there is none.
///
/// # Errors
/// A harness error when the catalog cannot be read or changed.
pub async fn drop_triggers(admin: &Session, table: &str, fires: Fires) -> Result<String> {
    let find = "SELECT quote_ident(tgname) AS name, pg_get_triggerdef(oid) AS definition, tgenabled = 'A' AS always \
                FROM pg_trigger \
                WHERE tgrelid = ${table}::text::regclass AND NOT tgisinternal AND tgtype & ${bit}::int2 <> 0";
    let values = Values::new().with("table", table).with("bit", fires as i16);
    let found = admin.must(find, &values).await?;
    let (names, definitions, always) = (found.all("name")?, found.all("definition")?, found.all("always")?);
    for ((name, definition), always) in names.iter().zip(&definitions).zip(&always) {
        let mut script = format!("DROP TRIGGER {name} ON {table}");
        if let Some(rest) = without(definition, fires) {
            script = format!("{script}; {rest}");
            if always == "true" {
                script = format!("{script}; ALTER TABLE {table} ENABLE ALWAYS TRIGGER {name}");
            }
        }
        admin.script(&script, &Values::new()).await?;
    }
    let event = fires.event();
    Ok(if names.is_empty() {
        "no trigger".into()
    } else {
        format!("dropped {} on {event}", names.join(", "))
    })
}

/// A trigger's definition as the catalog prints it, without one of its events; `None` when it has no other.
fn without(definition: &str, fires: Fires) -> Option<String> {
    const NAME: &str = r#"(?:"(?:[^"]|"")*"|[^\s",]+)"#;
    let event = format!("(?:INSERT|DELETE|UPDATE(?: OF {NAME}(?:, {NAME})*)?|TRUNCATE)");
    let head = format!(
        "^(CREATE (?:CONSTRAINT )?TRIGGER {NAME} (?:BEFORE|AFTER|INSTEAD OF) )({event}(?: OR {event})*) ON "
    );
    let parts = Regex::new(&head).ok()?.captures(definition)?;
    let events = Regex::new(&event).ok()?;
    let others: Vec<&str> = events
        .find_iter(&parts[2])
        .map(|event| event.as_str())
        .filter(|event| !event.starts_with(fires.event()))
        .collect();
    let rest = &definition[parts[1].len() + parts[2].len()..];
    (!others.is_empty()).then(|| format!("{}{}{rest}", &parts[1], others.join(" OR ")))
}

/// Grants a privilege on a table to a role, and drops the triggers that would still refuse its use.
///
/// # Errors
/// As [`drop_triggers`].
pub async fn grant_unguarded(
    admin: &Session,
    privilege: &str,
    table: &str,
    role: &str,
    fires: Fires,
) -> Result<Applied> {
    let dropped = drop_triggers(admin, table, fires).await?;
    Ok(match super::grants::grant(admin, privilege, table, role).await? {
        Applied::Done(granted) => Applied::Done(format!("{granted}; {dropped}")),
        unviable => unviable,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_event_is_taken_out_of_a_trigger() {
        let two = "CREATE TRIGGER guard BEFORE DELETE OR UPDATE ON s.t FOR EACH ROW EXECUTE FUNCTION s.f()";
        let kept =
            |event| format!("CREATE TRIGGER guard BEFORE {event} ON s.t FOR EACH ROW EXECUTE FUNCTION s.f()");
        assert_eq!(without(two, Fires::Update), Some(kept("DELETE")));
        assert_eq!(without(two, Fires::Delete), Some(kept("UPDATE")));
        let one = "CREATE TRIGGER guard BEFORE TRUNCATE ON s.t FOR EACH STATEMENT EXECUTE FUNCTION s.f()";
        assert_eq!(without(one, Fires::Truncate), None);
    }

    #[test]
    fn names_may_look_like_events() {
        let odd = r#"CREATE TRIGGER "BEFORE UPDATE ON ""x""" AFTER INSERT OR UPDATE OF "a OR b", c OR TRUNCATE ON t FOR EACH ROW"#;
        let kept = r#"CREATE TRIGGER "BEFORE UPDATE ON ""x""" AFTER INSERT OR TRUNCATE ON t FOR EACH ROW"#;
        assert_eq!(without(odd, Fires::Update), Some(kept.to_owned()));
    }
}
