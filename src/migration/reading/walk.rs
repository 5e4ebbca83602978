//! Walks a script with everything inside it: function bodies, DO blocks, the text of EXECUTE.

use rowan::TextRange;
use squawk_syntax::ast::{self, AstNode};
use squawk_syntax::body::{Body, BodyLanguage};
use squawk_syntax::{SourceFile, SyntaxKind, SyntaxNode};

use super::destructive::{self, Action};
use super::{Danger, Reading, constant, names, substance, touched};

/// Where the walk is: how a range maps to a line of the file, and what the walk has entered.
struct Place<'a> {
    line: &'a dyn Fn(TextRange) -> u32,
    within: Option<String>,
    /// How many texts have been entered; text that runs text that runs text has an end.
    depth: u8,
}

/// Reads a whole script into `reading`.
pub(super) fn script(text: &str, reading: &mut Reading) {
    let line = |range: TextRange| {
        let before = text.get(..usize::from(range.start())).unwrap_or(text);
        u32::try_from(1 + before.matches('\n').count()).unwrap_or(u32::MAX)
    };
    sql(text, &Place { line: &line, within: None, depth: 0 }, reading);
}

fn sql(text: &str, place: &Place<'_>, reading: &mut Reading) {
    let parse = SourceFile::parse(text);
    if let Some(error) = parse.errors().first() {
        unreadable(place, error.range(), "syntax", format!("cannot be read: {error}"), reading);
    }
    nodes(&parse.syntax_node(), place, reading);
}

fn nodes(root: &SyntaxNode, place: &Place<'_>, reading: &mut Reading) {
    if place.depth > 8 {
        unreadable(place, root.text_range(), "nesting", "cannot be read: nested too deep".into(), reading);
        return;
    }
    for node in root.descendants() {
        statement(&node, place, reading);
        match node.kind() {
            SyntaxKind::DO => block(&node, place, reading),
            SyntaxKind::CREATE_FUNCTION | SyntaxKind::CREATE_PROCEDURE => routine(&node, place, reading),
            SyntaxKind::PLPGSQL_DYN_EXECUTE_STMT
            | SyntaxKind::PLPGSQL_FOR_DYN_STMT
            | SyntaxKind::PLPGSQL_RETURN_QUERY_EXECUTE_STMT
            | SyntaxKind::PLPGSQL_OPEN_EXECUTE => execute(&node, place, reading),
            _ => {}
        }
    }
}

fn statement(node: &SyntaxNode, place: &Place<'_>, reading: &mut Reading) {
    let runs_calls = node.kind() == SyntaxKind::PLPGSQL_EXPR && !substance::calls(node).is_empty();
    if runs_calls || substance::does_something(node) {
        reading.deeds.push(names::brief(node));
    }
    if matches!(node.kind(), SyntaxKind::CALL_EXPR | SyntaxKind::CALL)
        && let Some(call) = node.first_child().map(|name| names::parts(&name))
        && !call.is_empty()
        && !reading.calls.contains(&call)
    {
        reading.calls.push(call);
    }
    for (action, object) in destructive::destroys(node) {
        let line = (place.line)(node.text_range());
        let (within, text) = (place.within.clone(), names::brief(node));
        reading.dangers.push(Danger { action, object, line, within, text, allowed: None });
    }
    if let Some(touched) = touched::by(node, (place.line)(node.text_range()), place.within.as_deref()) {
        reading.touched.push(touched);
    }
}

fn block(node: &SyntaxNode, place: &Place<'_>, reading: &mut Reading) {
    let within = Some(entered(place, "a DO block"));
    match ast::Do::cast(node.clone()).and_then(|block| block.plpgsql()) {
        Some(found) => body(&found, place, within, "do", reading),
        None => {
            let why = "cannot be read: a DO block in another language than PL/pgSQL".into();
            unreadable(place, node.text_range(), "do", why, reading);
        }
    }
}

fn routine(node: &SyntaxNode, place: &Place<'_>, reading: &mut Reading) {
    let name = node.children().find(|child| names::path(child).is_some());
    let name = name.map(|name| names::dotted(&names::parts(&name))).unwrap_or_default();
    let within = Some(entered(place, &format!("the body of {name}()")));
    let function = ast::CreateFunction::cast(node.clone());
    let procedure = ast::CreateProcedure::cast(node.clone());
    let plpgsql = function
        .as_ref()
        .and_then(ast::CreateFunction::plpgsql)
        .or_else(|| procedure.as_ref().and_then(ast::CreateProcedure::plpgsql));
    let sql_text = function
        .as_ref()
        .and_then(ast::CreateFunction::sql_body)
        .or_else(|| procedure.as_ref().and_then(ast::CreateProcedure::sql_body));
    let inline = node
        .children()
        .any(|child| matches!(child.kind(), SyntaxKind::ATOMIC_BODY | SyntaxKind::RETURN_STMT));
    if let Some(found) = plpgsql {
        body(&found, place, within, &name, reading);
    } else if let Some(found) = sql_text {
        body(&found, place, within, &name, reading);
    } else if !inline {
        let why = format!("cannot be read: {name}() is written in another language than SQL or PL/pgSQL");
        unreadable(place, node.text_range(), &name, why, reading);
    }
}

fn body<T: BodyLanguage>(
    body: &Body<T>,
    place: &Place<'_>,
    within: Option<String>,
    name: &str,
    reading: &mut Reading,
) {
    // The parser has mapped the errors to the outer text already.
    if let Some(error) = body.errors().first() {
        let inner = Place { line: place.line, within: within.clone(), depth: place.depth };
        unreadable(&inner, error.range(), name, format!("cannot be read: {error}"), reading);
    }
    let line = |range: TextRange| (place.line)(body.source_range(range));
    // A routine that is made does not run; what it would do counts as a danger, not as a deed or a touch.
    let made_only = within.as_deref().is_some_and(|within| within.contains("the body of"));
    let (deeds, touched) = (reading.deeds.len(), reading.touched.len());
    nodes(&body.syntax(), &Place { line: &line, within, depth: place.depth + 1 }, reading);
    if made_only {
        reading.deeds.truncate(deeds);
        reading.touched.truncate(touched);
    }
}

fn execute(node: &SyntaxNode, place: &Place<'_>, reading: &mut Reading) {
    let at = (place.line)(node.text_range());
    let within = Some(entered(place, "EXECUTE"));
    let Some(expression) = node.children().find(|child| child.kind() == SyntaxKind::PLPGSQL_EXPR) else {
        return;
    };
    reading.deeds.push(names::brief(node));
    match constant::text(&expression) {
        Some(text) => {
            let line = |_: TextRange| at;
            sql(&text, &Place { line: &line, within, depth: place.depth + 1 }, reading);
        }
        None => {
            let why = format!(
                "cannot be read: `{}` runs text that is put together at run time",
                names::brief(node)
            );
            unreadable(place, node.text_range(), "execute", why, reading);
        }
    }
}

fn entered(place: &Place<'_>, what: &str) -> String {
    place.within.as_ref().map_or_else(|| what.into(), |outer| format!("{what} in {outer}"))
}

fn unreadable(place: &Place<'_>, range: TextRange, object: &str, text: String, reading: &mut Reading) {
    let (line, within) = ((place.line)(range), place.within.clone());
    let object = object.to_owned();
    reading.dangers.push(Danger { action: Action::Unreadable, object, line, within, text, allowed: None });
}
