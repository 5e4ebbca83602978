//! The undeclared tool stands on a page that a lazy client never asks for.

use sor_gate::drill::Break;
use sor_gate::mcp::Meddling;

/// A man in the middle answers with a cursor and, asked for more, with one tool more.
pub const BREAK: Break = Break {
    id: "second_page",
    claim: "allow_list",
    summary: "list one tool more, on a second page",
    apply: |stage| Box::pin(std::future::ready(super::meddle(stage, Meddling::SecondPage))),
};
