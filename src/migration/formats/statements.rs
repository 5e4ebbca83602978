//! Where goose and sql-migrate end a statement: at a line that ends with a semicolon.
//!
//! Both look at lines, not at SQL. Inside a function body they cut in the middle, unless the statement is wrapped in
//! `StatementBegin` and `StatementEnd`; and a last statement without a semicolon is refused.

use rowan::TextSize;
use squawk_syntax::{SourceFile, SyntaxKind};

use super::sections::{Wrong, says_something};

/// Lines at whose end the tool cuts (1-based), and whether the text behind the last is empty.
#[derive(Debug, Default)]
pub(super) struct Cuts {
    ends: Vec<usize>,
    open: Option<usize>,
}

impl Cuts {
    /// Takes the next line of a direction; `wrapped` inside `StatementBegin`.
    pub(super) fn line(&mut self, number: usize, line: &str, wrapped: bool) {
        if self.open.is_none() && says_something(line) {
            self.open = Some(number);
        }
        if !wrapped && ends_with_semicolon(line) {
            self.end(number);
        }
    }

    /// `StatementEnd`.
    pub(super) fn end(&mut self, number: usize) {
        self.ends.push(number);
        self.open = None;
    }

    /// Holds the cuts against the statements of the direction's text.
    pub(super) fn check(&self, text: &str, tool: &str) -> Result<(), Wrong> {
        if let Some(line) = self.open {
            return Wrong::new(line, format!("{tool} wants a semicolon at the end of this statement"));
        }
        let tree = SourceFile::parse(text).syntax_node();
        let mut starts = vec![0];
        starts.extend(text.match_indices('\n').map(|(at, _)| at + 1));
        for statement in tree.children().filter(|node| node.kind() != SyntaxKind::EMPTY_STMT) {
            let range = statement.text_range();
            let line_of = |at: TextSize| starts.partition_point(|start| *start <= usize::from(at));
            let first = line_of(range.start());
            let last = line_of(range.end().checked_sub(TextSize::new(1)).unwrap_or(range.end()));
            if let Some(cut) = self.ends.iter().find(|cut| (first..last).contains(cut)) {
                return Wrong::new(
                    *cut,
                    format!(
                        "{tool} ends a statement at this line, inside the one that begins in line {first}; wrap it in \
                         StatementBegin and StatementEnd"
                    ),
                );
            }
        }
        Ok(())
    }
}

/// Both tools: the last word before a `--` comment ends with a semicolon.
fn ends_with_semicolon(line: &str) -> bool {
    line.split_whitespace()
        .take_while(|word| !word.starts_with("--"))
        .last()
        .is_some_and(|word| word.ends_with(';'))
}
