//! The file that `init` writes: sections with what was guessed, and comments with what was not.

use std::fmt::Write;

use super::facts::Table;
use super::guess;

/// A part of the file, live or as a comment.
#[derive(Debug, Clone)]
pub struct Section {
    /// What stands above it.
    pub comment: String,
    /// TOML.
    pub body: String,
    /// Whether it counts; else every line is a comment.
    pub live: bool,
}

impl Section {
    fn new(live: bool, comment: impl Into<String>, body: impl Into<String>) -> Self {
        Self { comment: comment.into(), body: body.into(), live }
    }
}

/// What the head of the file says.
pub struct Head<'h> {
    /// The system's name.
    pub name: &'h str,
    /// The migrations folder as the file spells it.
    pub migrations: &'h str,
    /// A file of roles that the migrations take for granted.
    pub setup: Option<&'h str>,
    /// The role that writes.
    pub worker: &'h str,
    /// Whether that role was found among grants.
    pub worker_found: bool,
    /// The newest migration.
    pub newest: &'h str,
}

/// All sections.
pub fn sections(head: &Head<'_>, tables: &[Table]) -> Vec<Section> {
    let mut sections = vec![first(head)];
    let migration =
        format!("[migration]\nproposed = {}\nbranch = \"sor-gate-1\"\nscope = []", quoted(head.newest));
    sections.push(Section::new(
        false,
        "The migration proposed for release, left out of the schema of all other drills. NOT GUESSED: which one it is \
         (the newest is named here) and which objects it may touch.",
        migration,
    ));
    let tenants = guess::tenants(tables);
    sections.push(tenancy(tables, tenants.as_ref(), head.worker));
    sections.push(idempotency(tables, tenants.as_ref(), head.worker));
    let template =
        |names: &[&str], columns: &[&[&str]], what: &str, body: &dyn Fn(&str, &[String]) -> String| {
            let found = guess::shaped(tables, names, columns);
            let told = match found.as_slice() {
                [] => "no table looks like one".to_owned(),
                some => format!("by its shape: {}", some.join(", ")),
            };
            let table = found.first().map_or("schema.table", String::as_str);
            let body = body(table, found.get(1..).unwrap_or_default());
            Section::new(false, format!("{what} ({told}). NOT GUESSED: its statements."), body)
        };
    let status: &[&str] = &["status", "state"];
    sections.push(template(
        &["run", "workflow", "journal", "execution"],
        &[status, &["finish", "complete", "end"]],
        "The run journal",
        &|table, _| {
            format!(
                "[journal]\nruns = {}\nturns = \"SELECT ordinal, status, digest FROM …\"\nturn_count = 5\nhold = \"LOCK TABLE … IN SHARE ROW EXCLUSIVE MODE\"",
                quoted(&format!("SELECT id, status, finished_at FROM {table} WHERE id = ${{run_id}}"))
            )
        },
    ));
    sections.push(template(
        &[""],
        &[status, &["claimed", "locked", "lease", "worker"]],
        "How a Worker claims pending work",
        &|table, _| {
            format!(
                "[claims]\ntable = {}\nseed = \"INSERT …\"\nclaim = \"UPDATE … FOR UPDATE SKIP LOCKED … RETURNING id\"\ndone = \"UPDATE …\"\nrows = {}\nlease = \"30 s\"",
                quoted(table),
                quoted(&format!("SELECT id, status FROM {table}"))
            )
        },
    ));
    sections.push(template(&["outbox", "notification"], &[], "The transactional outbox", &|table, _| {
        format!("[outbox]\ntable = {}", quoted(table))
    }));
    sections.push(template(
        &["event", "audit", "history"],
        &[],
        "The append-only events",
        &|table, further| {
            let mut body = format!("[events]\ntable = {}\nappend = \"INSERT …\"", quoted(table));
            for table in further {
                let _ =
                    write!(body, "\n[[events.further]]\ntable = {}\nappend = \"INSERT …\"", quoted(table));
            }
            body
        },
    ));
    sections.push(Section::new(
        false,
        "The programs. NOT GUESSED: no program can be told from a schema.",
        "[worker]\ncommand = [\"…\"]\nenv = { DATABASE_URL = \"${database_url}\" }",
    ));
    sections
}

fn first(head: &Head<'_>) -> Section {
    let mut body = format!("name = {}\n\n[database]\n", quoted(head.name));
    if let Some(setup) = head.setup {
        let _ = writeln!(body, "# Roles that the migrations take for granted.\nsetup = [{}]", quoted(setup));
    }
    let _ = writeln!(body, "migrations = {}\n\n[roles]", quoted(head.migrations));
    let told =
        if head.worker_found { "from its grants" } else { "NOT GUESSED: no role has a grant to write" };
    let _ = write!(
        body,
        "# The role in whose name writes reach the database; {told}.\nworker = {}",
        quoted(head.worker)
    );
    let comment = "The system under test as the gate sees it, written by `sor-gate init`. What is live below was guessed and \
                   holds against the catalog (`sor-gate check`); what is a comment is yours to fill in. All keys are in the \
                   reference, docs/subject.md.";
    Section::new(true, comment, body)
}

fn tenancy(tables: &[Table], tenants: Option<&guess::Tenants>, worker: &str) -> Section {
    let Some(found) = tenants else {
        let comment = "Tenants. NOT GUESSED: no policy compares a column with a setting.";
        return Section::new(
            false,
            comment,
            "[tenancy]\nset = \"SELECT set_config('app.tenant', ${tenant}, true)\"",
        );
    };
    let [one, two, stranger] = ids(&found.kind);
    let set = format!("SELECT set_config('{}', ${{tenant}}, true)", found.setting.replace('\'', "''"));
    let mut body = format!("[tenancy]\nset = {}\n", quoted(&set));
    let _ = writeln!(body, "tenants = [{}, {}]\nstranger = {}", quoted(one), quoted(two), quoted(stranger));
    let _ = writeln!(body, "column = {}", quoted(&found.column));
    let mut comment =
        "Tenants, from the policies. NOT GUESSED: the two tenants; they must exist, so name two of yours or \
                       insert these in database.seed."
            .to_owned();
    let Some(table) = guess::rows_table(tables, found, worker) else {
        comment.push_str(" NOT GUESSED: a table of tenants' rows that the role may write to.");
        return Section::new(false, comment, body);
    };
    let mut fixed = vec![(found.column.as_str(), cast("tenant", &found.kind))];
    fixed.extend(numbered(table, &found.column));
    let (insert, open) = guess::insert(table, &fixed);
    refer(&mut comment, &open);
    let _ = write!(body, "table = {}\ninsert = {}", quoted(&table.name), quoted(&insert));
    Section::new(true, comment, body)
}

fn idempotency(tables: &[Table], tenants: Option<&guess::Tenants>, worker: &str) -> Section {
    let Some((table, key, unique)) = guess::keyed(tables, worker) else {
        let comment =
            "The idempotent write. NOT GUESSED: no unique index covers a column that looks like a key.";
        return Section::new(
            false,
            comment,
            "[idempotency]\nwrite = [\"INSERT … ON CONFLICT … DO NOTHING\"]",
        );
    };
    let mut fixed = vec![(key.name.as_str(), cast("key", &key.kind))];
    let tenant = tenants.filter(|tenants| table.columns.iter().any(|column| column.name == tenants.column));
    fixed.extend(tenant.map(|tenants| (tenants.column.as_str(), cast("tenant", &tenants.kind))));
    let whole = ["smallint", "integer", "bigint", "numeric"];
    let amount = table.columns.iter().find(|column| {
        column.required
            && !table.refers.contains(&column.name)
            && whole.iter().any(|kind| column.kind.starts_with(kind))
    });
    fixed.extend(amount.map(|column| (column.name.as_str(), cast("amount", &column.kind))));
    let (insert, open) = guess::insert(table, &fixed);
    let mut comment = format!(
        "The idempotent write, from the unique index over ({}) of {}.",
        unique.join(", "),
        table.name
    );
    refer(&mut comment, &open);
    let insert = format!("{insert}\nON CONFLICT ({}) DO NOTHING", unique.join(", "));
    let read = format!("SELECT * FROM {} WHERE {} = {}", table.name, key.name, cast("key", &key.kind));
    let mut body = format!("[idempotency]\nwrite = [{}, {}]\n", quoted(&insert), quoted(&read));
    let _ = write!(body, "table = {}\nkey_column = {}", quoted(&table.name), quoted(&key.name));
    if let Some(amount) = amount {
        let _ = write!(body, "\necho = {}", quoted(amount.name.trim_matches('"')));
    }
    Section::new(true, comment, body)
}

/// Columns of unique indexes that must differ from row to row.
fn numbered<'t>(table: &'t Table, tenant: &str) -> Vec<(&'t str, String)> {
    let in_index = |name: &String| table.unique_over.iter().any(|unique| unique.contains(name));
    let own = table
        .columns
        .iter()
        .filter(|column| column.required && column.name != tenant && in_index(&column.name));
    own.filter_map(|column| match column.kind.as_str() {
        "text" => Some((column.name.as_str(), "'row-' || ${n}::text".to_owned())),
        "integer" | "bigint" => Some((column.name.as_str(), format!("${{n}}::{}", column.kind))),
        _ => None,
    })
    .collect()
}

fn refer(comment: &mut String, open: &[String]) {
    if !open.is_empty() {
        let _ = write!(
            comment,
            " NOT GUESSED: valid values of {}, which refer to other tables.",
            open.join(", ")
        );
    }
}

fn cast(name: &str, kind: &str) -> String {
    if kind == "text" { format!("${{{name}}}") } else { format!("${{{name}}}::{kind}") }
}

/// Two tenants and a stranger of a type.
fn ids(kind: &str) -> [&'static str; 3] {
    match kind {
        "uuid" => [
            "00000000-0000-4000-8000-00000000000a",
            "00000000-0000-4000-8000-00000000000b",
            "00000000-0000-4000-8000-0000000000ff",
        ],
        "smallint" | "integer" | "bigint" => ["1", "2", "32000"],
        _ => ["alice", "bob", "mallory"],
    }
}

/// A text as a TOML string; JSON's escapes are TOML's.
fn quoted(text: &str) -> String {
    serde_json::Value::from(text).to_string()
}

/// The file's text.
pub fn text(sections: &[Section]) -> String {
    let mut text = String::new();
    for section in sections {
        text.push('\n');
        for line in wrapped(&section.comment) {
            let _ = writeln!(text, "# {line}");
        }
        for line in section.body.lines() {
            let _ = writeln!(text, "{}{line}", if section.live { "" } else { "# " });
        }
    }
    text
}

fn wrapped(comment: &str) -> Vec<String> {
    const WIDTH: usize = 110;
    let mut lines = vec![String::new()];
    for word in comment.split_whitespace() {
        if lines.last().is_some_and(|line| line.len() + word.len() > WIDTH) {
            lines.push(String::new());
        }
        if let Some(line) = lines.last_mut() {
            if !line.is_empty() {
                line.push(' ');
            }
            line.push_str(word);
        }
    }
    lines
}
