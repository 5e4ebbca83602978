//! Quoting for SQL that is put together.

/// Quotes an identifier (manual, 4.1.1 Identifiers and Key Words).
pub fn quote_ident(name: &str) -> String {
    format!("\"{}\"", name.replace('"', "\"\""))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quotes_are_doubled() {
        assert_eq!(quote_ident("a \"b\""), "\"a \"\"b\"\"\"");
    }
}
