//! The attacks on one event, as the Worker's role.

use sor_gate::error::Result;
use sor_gate::session::Session;

use super::bench::Bench;
use super::judge::{Around, Attacks, Attempt, Table};
use super::targets::Targets;

/// MERGE came with PostgreSQL 15.
const MERGE: u32 = 150_000;

impl Bench<'_> {
    /// An append, and all attacks on what was appended; none when nothing was.
    pub async fn table(&self, session: &Session) -> Result<Table> {
        let (targets, append) = (self.targets().await?, self.append(session).await?);
        let landed = append.outcome.refusal().is_none() && append.added > 0;
        let attacks = match landed {
            true => Some(self.attack_all(session, append.id.clone(), &targets).await?),
            false => None,
        };
        Ok(Table { guard: targets.guard, append, attacks })
    }

    /// All attacks on the event `id`, and an append afterwards.
    pub async fn attack_all(&self, session: &Session, mut id: String, targets: &Targets) -> Result<Attacks> {
        Ok(Attacks {
            updates: self.updates(session, &mut id, targets).await?,
            deletes: self.deletes(session, &mut id, targets).await?,
            truncates: self.truncates(session, &mut id, targets).await?,
            usurpations: self.usurpations(session, targets).await?,
            around: self.ways_around(session, &mut id, targets).await?,
            control: self.append(session).await?,
        })
    }

    /// UPDATE, of every column on its own, because privileges may be granted by column.
    pub async fn updates(
        &self,
        session: &Session,
        id: &mut String,
        targets: &Targets,
    ) -> Result<Vec<Attempt>> {
        let (table, key) = (&self.events.table, &self.events.id);
        let mut attempts = Vec::new();
        for column in &targets.columns {
            let sql = format!("UPDATE {table} SET {} = {} WHERE {key} = ${{id}}", column.name, column.itself);
            let attempt = Attempt::on(format!("UPDATE of {}", column.name), &targets.guard.table);
            attempts.push(self.attack(session, id, attempt, &[&sql]).await?);
        }
        Ok(attempts)
    }

    /// DELETE of the event.
    pub async fn deletes(
        &self,
        session: &Session,
        id: &mut String,
        targets: &Targets,
    ) -> Result<Vec<Attempt>> {
        let sql = format!("DELETE FROM {} WHERE {} = ${{id}}", self.events.table, self.events.id);
        let attempt = Attempt::on("DELETE".into(), &targets.guard.table);
        Ok(vec![self.attack(session, id, attempt, &[&sql]).await?])
    }

    /// TRUNCATE, alone and with all that refers to it.
    pub async fn truncates(
        &self,
        session: &Session,
        id: &mut String,
        targets: &Targets,
    ) -> Result<Vec<Attempt>> {
        let mut attempts = Vec::new();
        for cascade in ["", " CASCADE"] {
            let sql = format!("TRUNCATE {}{cascade}", self.events.table);
            let attempt = Attempt::on(format!("TRUNCATE{cascade}"), &targets.guard.table);
            attempts.push(self.attack(session, id, attempt, &[&sql]).await?);
        }
        Ok(attempts)
    }

    /// Everything that changes rows without being called UPDATE, DELETE or TRUNCATE of the table.
    pub async fn ways_around(&self, session: &Session, id: &mut String, targets: &Targets) -> Result<Around> {
        let (table, key, bare) = (&self.events.table, &self.events.id, &targets.guard.table);
        let assigned = targets.columns.iter().find(|column| column.itself != "DEFAULT");
        let column = assigned.map_or("", |column| column.name.as_str());
        let update = format!("UPDATE {table} SET {column} = {column} WHERE {key} = ${{id}}");
        let mut around = Around { copied: Some(self.copy(id, targets).await?), ..Around::default() };
        let mut plans: Vec<(Attempt, Vec<String>)> = Vec::new();
        let all: Vec<_> = targets.columns.iter().filter(|c| c.written).map(|c| c.name.as_str()).collect();
        let all = all.join(", ");
        for unique in &targets.keys {
            let sql = format!(
                "INSERT INTO {table} ({all}) OVERRIDING SYSTEM VALUE SELECT {all} FROM {table} WHERE {key} = ${{id}} \
                 ON CONFLICT ({unique}) DO UPDATE SET {column} = EXCLUDED.{column}"
            );
            plans.push((Attempt::on(format!("ON CONFLICT ({unique}) DO UPDATE"), bare), vec![sql]));
        }
        if self.cx.cluster.version() >= MERGE {
            for action in [format!("UPDATE SET {column} = t.{column}"), "DELETE".to_owned()] {
                let sql = format!(
                    "MERGE INTO {table} AS t USING (SELECT 1) AS one ON t.{key} = ${{id}} WHEN MATCHED THEN {action}"
                );
                let verb = action.split(' ').next().unwrap_or_default();
                plans.push((Attempt::on(format!("MERGE … {verb}"), bare), vec![sql]));
            }
        }
        let newest = format!(
            "UPDATE {table} SET {column} = {column} WHERE {key} = (SELECT {key} FROM {table} ORDER BY {key} DESC LIMIT 1)"
        );
        plans.push((
            Attempt::on("UPDATE of an event not yet committed".into(), bare),
            vec![self.events.append.clone(), newest],
        ));
        let replica = "SET LOCAL session_replication_role = replica".to_owned();
        for bypass in std::iter::once(&replica).chain(&self.events.bypasses) {
            // Refused at the setting or at the table: either will do.
            plans.push((
                Attempt::on(format!("{bypass}, then UPDATE"), ""),
                vec![bypass.clone(), update.clone()],
            ));
        }
        for (view, bare, column) in &targets.views {
            let sql = format!("UPDATE {view} SET {column} = {column}");
            plans.push((Attempt::on(format!("UPDATE of view {view}"), bare).view(), vec![sql]));
            plans.push((
                Attempt::on(format!("DELETE from view {view}"), bare).view(),
                vec![format!("DELETE FROM {view}")],
            ));
        }
        for (child, bare) in &targets.children {
            for sql in [
                format!("UPDATE {child} SET {column} = {column}"),
                format!("DELETE FROM {child}"),
                format!("TRUNCATE {child}"),
            ] {
                plans.push((Attempt::on(sql.clone(), bare), vec![sql]));
            }
        }
        for parent in &targets.parents {
            let (name, row) = (&parent.table, &parent.row);
            let sql = format!("DELETE FROM {name} WHERE {row}");
            plans.push((
                Attempt::on(format!("DELETE of its row in {name}"), &parent.bare).parent(),
                vec![sql],
            ));
            if let Some(rekey) = &parent.rekey {
                let sql = format!("UPDATE {name} SET {rekey} WHERE {row}");
                plans.push((
                    Attempt::on(format!("UPDATE of its key in {name}"), &parent.bare).parent(),
                    vec![sql],
                ));
            }
        }
        for (attempt, statements) in plans {
            let statements: Vec<_> = statements.iter().map(String::as_str).collect();
            around.attempts.push(self.attack(session, id, attempt, &statements).await?);
        }
        around.looked_at = format!(
            "{} unique key(s), {} view(s), {} child table(s) or partition(s), {} foreign key(s)",
            targets.keys.len(),
            targets.views.len(),
            targets.children.len(),
            targets.parents.len()
        );
        Ok(around)
    }

    /// What the owner, an administrator or a replica could do to get the rule out of the way.
    pub async fn usurpations(&self, session: &Session, targets: &Targets) -> Result<Vec<Attempt>> {
        let (table, bare) = (self.events.table.as_str(), targets.guard.table.as_str());
        let worker = sor_gate::quote::quote_ident(self.cx.subject.events_role());
        let own = |privilege: &str| {
            Some(format!(
                "SELECT has_table_privilege('{}', '{privilege} WITH GRANT OPTION')",
                table.replace('\'', "''")
            ))
        };
        let mut trials: Vec<(String, &str, String, Option<String>)> = vec![
            ("ALTER TABLE".into(), bare, format!("ALTER TABLE {table} ADD COLUMN sor_gate integer"), None),
            ("DROP TABLE".into(), bare, format!("DROP TABLE {table} CASCADE"), None),
            ("DISABLE TRIGGER".into(), bare, format!("ALTER TABLE {table} DISABLE TRIGGER ALL"), None),
            (
                "DISABLE ROW LEVEL SECURITY".into(),
                bare,
                format!("ALTER TABLE {table} DISABLE ROW LEVEL SECURITY"),
                None,
            ),
            ("OWNER TO itself".into(), bare, format!("ALTER TABLE {table} OWNER TO {worker}"), None),
            (
                "CREATE RULE".into(),
                bare,
                format!("CREATE RULE sor_gate AS ON INSERT TO {table} DO INSTEAD NOTHING"),
                None,
            ),
            (
                "CREATE TRIGGER".into(),
                bare,
                format!(
                    "CREATE TRIGGER sor_gate AFTER INSERT ON {table} FOR EACH ROW \
                     EXECUTE FUNCTION suppress_redundant_updates_trigger()"
                ),
                None,
            ),
            (
                "session_replication_role".into(),
                "session_replication_role",
                "SET LOCAL session_replication_role = replica".into(),
                None,
            ),
        ];
        for privilege in ["UPDATE", "DELETE", "TRUNCATE"] {
            let sql = format!("GRANT {privilege} ON {table} TO {worker}");
            trials.push((format!("GRANT {privilege} to itself"), bare, sql, own(privilege)));
        }
        for signature in &targets.functions {
            let name = signature
                .split(['(', '.'])
                .rfind(|part| !part.is_empty() && *part != ")")
                .unwrap_or_default();
            trials.push((
                format!("ALTER FUNCTION {signature}"),
                name,
                format!("ALTER FUNCTION {signature} RENAME TO sor_gate"),
                None,
            ));
        }
        let mut owners = vec![targets.owner.as_str()];
        owners.extend(self.cx.subject.roles.owner.as_deref());
        owners.dedup();
        for owner in owners.into_iter().filter(|owner| *owner != self.cx.subject.events_role()) {
            let quoted = sor_gate::quote::quote_ident(owner);
            trials.push((format!("SET ROLE {owner}"), owner, format!("SET LOCAL ROLE {quoted}"), None));
            trials.push((
                format!("GRANT {owner} to itself"),
                owner,
                format!("GRANT {quoted} TO {worker}"),
                None,
            ));
        }
        let mut attempts = Vec::new();
        for (what, object, sql, check) in &trials {
            let attempt = Attempt::on(what.clone(), object);
            attempts.push(self.trial(session, attempt, sql, check.as_deref()).await?);
        }
        Ok(attempts)
    }
}
