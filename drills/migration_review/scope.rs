//! What the declared scope covers.

use sor_gate::catalog::Snapshot;
use sor_gate::migration::Reading;

/// One line of `migration.scope`.
struct Entry {
    kind: Option<String>,
    name: String,
    path: Vec<String>,
    /// Whether the schema may be left out.
    short: bool,
}

/// The declared scope.
pub struct Scope(Vec<Entry>);

impl Scope {
    pub fn new(lines: &[String]) -> Self {
        Self(lines.iter().map(|line| Entry::parse(line)).collect())
    }

    /// Nothing is declared: what both scripts name is what may be touched, and all that hangs on it.
    pub fn named_by<'r>(readings: impl IntoIterator<Item = &'r Reading>) -> Self {
        let touched = readings.into_iter().flat_map(|reading| &reading.touched);
        let objects = touched.flat_map(|touched| &touched.objects).filter(|object| !object.is_empty());
        Self(
            objects
                .map(|path| Entry { kind: None, name: path.join("."), path: path.clone(), short: true })
                .collect(),
        )
    }

    /// Whether an item of the catalog difference is covered.
    pub fn covers(&self, kind: &str, identity: &str, parent: Option<&str>) -> bool {
        let path = path(kind, identity, parent);
        self.0.iter().any(|entry| {
            (entry.kind.as_deref() == Some(kind) && entry.name == identity)
                || match entry.kind.as_deref() {
                    None if entry.short => entry.hangs(&path, identity),
                    None | Some("table") => path.starts_with(&entry.path),
                    // What is said about an object (grants, comments, labels) belongs to it.
                    Some(_) => ["grants", "comment", "security label"].contains(&kind) && path == entry.path,
                }
        })
    }

    /// Whether an object that a statement names is covered. The statement may leave out the schema; an index,
    /// which it names without its table, is looked up in the snapshots.
    pub fn covers_named(&self, object: &[String], catalogs: &[&Snapshot]) -> bool {
        if object.is_empty() {
            return false;
        }
        let direct = self.0.iter().any(|entry| {
            let below = matches!(entry.kind.as_deref(), None | Some("table" | "column"));
            let exact = entry.path == object || entry.path.get(1..) == Some(object);
            let within = object.starts_with(&entry.path)
                || entry.path.get(1..).is_some_and(|short| !short.is_empty() && object.starts_with(short));
            let index = entry.kind.as_deref() == Some("index") && entry.path.last() == object.last();
            exact || (below && within) || index
        });
        direct
            || catalogs.iter().flat_map(|catalog| catalog.items()).any(|item| {
                let name = parts(&item.identity);
                item.kind == "index"
                    && (name == object || name.get(1..) == Some(object))
                    && self.covers(&item.kind, &item.identity, item.parent.as_deref())
            })
    }
}

impl Entry {
    /// Whether an item belongs to the relation or object that a script names, with or without its schema.
    fn hangs(&self, path: &[String], identity: &str) -> bool {
        let qualified = self.path.len() > 1 && path.starts_with(&self.path[..2]);
        let last = self.path.last();
        path.starts_with(&self.path)
            || qualified
            || path.get(1) == self.path.first()
            || path.last() == last
            // `membership a in b by c`, `settings role a in this database`
            || identity.split(' ').any(|word| last.is_some_and(|last| word.trim_matches('"') == last))
    }

    fn parse(line: &str) -> Self {
        let (kind, name) = split_kind(line.trim());
        Self {
            kind: (!kind.is_empty()).then(|| kind.to_owned()),
            name: name.to_owned(),
            path: parts(name),
            short: false,
        }
    }
}

/// `column public.e.notes` → (`column`, `public.e.notes`): leading words are the kind.
fn split_kind(line: &str) -> (&str, &str) {
    let mut start = 0;
    while let Some(space) = line[start..].find(' ') {
        let word = &line[start..start + space];
        if !word.chars().all(|c| c.is_ascii_lowercase()) {
            break;
        }
        start += space + 1;
    }
    (line[..start].trim_end(), &line[start..])
}

/// Name parts of an item: those of its relation first, then its own.
fn path(kind: &str, identity: &str, parent: Option<&str>) -> Vec<String> {
    let name = match kind {
        "grants" | "comment" | "security label" => split_kind(identity).1,
        _ => identity,
    };
    let own = parts(name);
    match parent.map(parts) {
        Some(parent) if !own.starts_with(&parent) => parent.into_iter().chain(own.last().cloned()).collect(),
        _ => own,
    }
}

/// The parts of a dotted name, quotes taken off, arguments of a function left out.
fn parts(name: &str) -> Vec<String> {
    let mut parts = vec![String::new()];
    let mut quoted = false;
    for c in name.chars() {
        match c {
            '"' => quoted = !quoted,
            '(' if !quoted => break,
            '.' if !quoted => parts.push(String::new()),
            c => {
                if let Some(last) = parts.last_mut() {
                    last.push(c);
                }
            }
        }
    }
    parts
}

#[cfg(test)]
mod tests {
    use super::*;

    fn scope(lines: &[&str]) -> Scope {
        Scope::new(&lines.iter().map(|&line| line.to_owned()).collect::<Vec<_>>())
    }

    fn named(scope: &Scope, object: &str) -> bool {
        scope.covers_named(&parts(object), &[])
    }

    #[test]
    fn a_column_covers_itself_and_what_is_said_about_it() {
        let scope = scope(&["column public.e.notes"]);
        let table = Some("public.e");
        assert!(scope.covers("column", "public.e.notes", table));
        assert!(scope.covers("comment", "table column public.e.notes", None));
        assert!(scope.covers("grants", "column public.e.notes", table));
        assert!(!scope.covers("column", "public.e.other", table));
        assert!(!scope.covers("index", "public.notes", table));
        assert!(!scope.covers("grants", "table public.e", table));
        assert!(!scope.covers("trigger", "public.e.notes", table));
        assert!(named(&scope, "e.notes") && named(&scope, "public.e.notes"));
        assert!(!named(&scope, "e") && !named(&scope, "other.e.notes") && !named(&scope, "notes"));
        assert!(!scope.covers_named(&[], &[]));
    }

    #[test]
    fn a_table_covers_all_that_hangs_on_it() {
        let scope = scope(&["table public.e"]);
        assert!(scope.covers("index", "public.e_a_idx", Some("public.e")));
        assert!(scope.covers("grants", "table public.e", Some("public.e")));
        assert!(scope.covers("sequence", "public.e_id_seq", Some("public.e")));
        assert!(!scope.covers("column", "public.f.a", Some("public.f")));
        assert!(!scope.covers("role", "bob", None));
        assert!(named(&scope, "e") && named(&scope, "public.e.c"));
        assert!(!named(&scope, "f") && !named(&scope, "audit.e"));
    }

    #[test]
    fn other_kinds_are_exact() {
        let scope = scope(&["function public.f(a integer)", "index public.i", "role bob"]);
        assert!(scope.covers("function", "public.f(a integer)", None));
        assert!(!scope.covers("function", "public.f(a text)", None));
        assert!(scope.covers("role", "bob", None));
        assert!(scope.covers("index", "public.i", Some("public.e")));
        assert!(named(&scope, "public.e.i") && named(&scope, "f") && named(&scope, "bob"));
        assert!(!scope.covers("settings", "role bob in every database", None));
    }
}
