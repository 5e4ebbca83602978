//! The text that an `EXECUTE` runs, as far as it is constant.

use squawk_syntax::ast::{self, AstNode};
use squawk_syntax::quote::quote_ident;
use squawk_syntax::{SyntaxKind, SyntaxNode};

use super::names;

/// Stands for an identifier that is only known at run time.
pub(super) const COMPUTED: &str = "\"<computed>\"";

/// The SQL that the expression yields; `None` when it depends on more than literals.
///
/// An identifier or literal that is filled in with its quoting (`%I`, `%L`, `quote_ident`, `quote_literal`) cannot
/// change what the statement is, so a stand-in takes its place. Anything else that is computed can.
pub(super) fn text(node: &SyntaxNode) -> Option<String> {
    match node.kind() {
        SyntaxKind::LITERAL => ast::Literal::cast(node.clone())?.string_value(),
        SyntaxKind::BIN_EXPR => {
            let mut sides = node.children();
            let (left, operator, right) = (sides.next()?, sides.next()?, sides.next()?);
            (operator.text() == "||").then_some(())?;
            Some(text(&left)? + &text(&right)?)
        }
        SyntaxKind::CALL_EXPR => call(node),
        SyntaxKind::CAST_EXPR => text(&node.first_child()?),
        SyntaxKind::PLPGSQL_EXPR
        | SyntaxKind::TARGET_LIST
        | SyntaxKind::TARGET
        | SyntaxKind::PAREN_EXPR
        | SyntaxKind::ARG => {
            let mut inner = node.children();
            let only = inner.next()?;
            inner.next().is_none().then_some(())?;
            text(&only)
        }
        _ => None,
    }
}

fn call(node: &SyntaxNode) -> Option<String> {
    let name = names::parts(&node.first_child()?);
    let args: Vec<_> = names::first(node, SyntaxKind::ARG_LIST)?.children().collect();
    match name.last()?.as_str() {
        "format" => template(&text(args.first()?)?, &args[1..]),
        "concat" => args.iter().map(text).collect(),
        "quote_ident" => Some(text(args.first()?).map_or_else(|| COMPUTED.into(), |name| quote_ident(&name))),
        "quote_literal" | "quote_nullable" => Some("''".into()),
        _ => None,
    }
}

/// `format()` (manual, 9.4.1): `%s`, `%I`, `%L`, `%%`; positions and widths are not followed.
fn template(template: &str, args: &[SyntaxNode]) -> Option<String> {
    let mut out = String::new();
    let mut args = args.iter();
    let mut chars = template.chars();
    while let Some(c) = chars.next() {
        if c != '%' {
            out.push(c);
            continue;
        }
        match chars.next()? {
            '%' => out.push('%'),
            's' => out.push_str(&text(args.next()?)?),
            'I' => match text(args.next()?) {
                Some(name) => out.push_str(&quote_ident(&name)),
                None => out.push_str(COMPUTED),
            },
            'L' => {
                args.next()?;
                out.push_str("''");
            }
            _ => return None,
        }
    }
    Some(out)
}
