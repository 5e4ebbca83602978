//! Names of tables, columns and roles as the file spells them.
//!
//! Tables and columns are spelled as in SQL (manual, 4.1.1 Identifiers and Key Words): `public.runs`,
//! `"Läufe"."Schritt 1"`. So a name with a semicolon is a name when it is quoted, and an error when it is not. Roles are
//! spelled as in the catalog, without quotes, since programs are handed them in URLs.

/// Postgres cuts longer names (`NAMEDATALEN` - 1).
const LONGEST: usize = 63;

/// Why a text is no name of this kind; `None` when it is one.
pub(super) fn fault(kind: &str, text: &str) -> Option<String> {
    let parts = match kind {
        "role" => vec![text.to_owned()],
        _ => match parts(text) {
            Some(parts) => parts,
            None => return Some(format!("`{}` is not an identifier", text.escape_debug())),
        },
    };
    let most = if kind == "table" { 2 } else { 1 };
    if parts.len() > most {
        return Some(format!("`{text}` has {} parts", parts.len()));
    }
    parts.iter().find_map(|part| match part.len() {
        0 => Some("it is empty".to_owned()),
        1..=LONGEST => None,
        length => Some(format!("it has {length} bytes, Postgres keeps {LONGEST}")),
    })
}

/// What to write instead.
pub(super) fn remedy(kind: &str, text: &str) -> String {
    match kind {
        "role" => "write the role's name as in pg_roles".into(),
        "table" if text.contains('.') => {
            let quoted: Vec<String> = text.split('.').map(crate::quote::quote_ident).collect();
            format!("in SQL it is spelled {}", quoted.join("."))
        }
        _ => format!("in SQL it is spelled {}", crate::quote::quote_ident(text)),
    }
}

/// The parts of a name as the catalog has them: quotes taken off, what stood without quotes in lower case. `None` when
/// the text is no name.
pub fn parts(text: &str) -> Option<Vec<String>> {
    let mut parts = Vec::new();
    let mut rest = text;
    loop {
        let (part, behind) = match rest.strip_prefix('"') {
            Some(quoted) => unquote(quoted)?,
            None => {
                let end = rest.find(|c: char| !is_part(c)).unwrap_or(rest.len());
                let plain = &rest[..end];
                if plain.is_empty() || plain.starts_with(|c: char| c.is_ascii_digit() || c == '$') {
                    return None;
                }
                (plain.to_lowercase(), &rest[end..])
            }
        };
        parts.push(part);
        match behind.strip_prefix('.') {
            Some(next) => rest = next,
            None if behind.is_empty() => return Some(parts),
            None => return None,
        }
    }
}

/// The catalog's spelling of one name; the text itself when it is none.
pub fn catalog_name(text: &str) -> String {
    parts(text).and_then(|mut parts| parts.pop()).unwrap_or_else(|| text.to_owned())
}

fn is_part(c: char) -> bool {
    c.is_alphanumeric() || c == '_' || c == '$'
}

/// What stands up to the closing quote, and what follows it.
fn unquote(text: &str) -> Option<(String, &str)> {
    let mut name = String::new();
    let mut rest = text;
    loop {
        let end = rest.find('"')?;
        name.push_str(&rest[..end]);
        rest = &rest[end + 1..];
        match rest.strip_prefix('"') {
            Some(more) => {
                name.push('"');
                rest = more;
            }
            None => return Some((name, rest)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_read_as_postgres_reads_them() {
        let read = |text| parts(text).map(|parts| parts.join("|"));
        assert_eq!(read("public.Runs").as_deref(), Some("public|runs"));
        assert_eq!(read("\"Läufe\".\"a \"\"b\"\"; --\"").as_deref(), Some("Läufe|a \"b\"; --"));
        assert_eq!(read("straße").as_deref(), Some("straße"));
        for text in ["", ".", "a.", ".a", "a b", "a;", "1a", "\"a", "a\"b\"", "a; DROP TABLE b", "a--"] {
            assert_eq!(read(text), None, "{text}");
        }
    }

    #[test]
    fn what_is_no_name_is_said_with_the_way_to_spell_it() {
        assert_eq!(fault("table", "public.runs"), None);
        assert_eq!(fault("table", "\"; DROP\".\"x\""), None);
        assert_eq!(fault("role", "my-role; x"), None);
        assert!(fault("table", "public.my table").is_some());
        assert_eq!(remedy("table", "public.my table"), "in SQL it is spelled \"public\".\"my table\"");
        assert!(fault("table", "db.public.runs").is_some());
        assert!(fault("column", "t.c").is_some());
        assert!(fault("column", &"x".repeat(64)).is_some());
    }
}
