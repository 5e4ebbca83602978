//! What a tool call was answered, and whether that is the refusal of an unknown tool.

use std::fmt;

use rmcp::model::CallToolResult;
use serde_json::Value;

/// JSON-RPC 2.0, 5.1: invalid method parameters; what the MCP specification asks for (Tools, Error Handling).
const INVALID_PARAMS: i64 = -32602;
const METHOD_NOT_FOUND: i64 = -32601;
const INTERNAL_ERROR: i64 = -32603;

/// Words with which real servers say that they have no such tool.
const UNKNOWN: [&str; 8] = [
    "unknown tool",
    "not found",
    "no such tool",
    "no tool",
    "invalid tool",
    "not a known tool",
    "unsupported tool",
    "tool does not exist",
];

/// How one call was answered.
#[derive(Debug, Clone, PartialEq)]
pub enum Answer {
    /// A result of the tool.
    Result {
        /// `isError` as sent; servers leave it out on success.
        is_error: Option<bool>,
        /// Every text of the content, and the structured content as JSON.
        text: String,
        /// The structured content.
        structured: Option<Value>,
    },
    /// A JSON-RPC error.
    Error {
        /// Its code.
        code: i64,
        /// Its message.
        message: String,
    },
    /// No answer within the patience.
    Silence,
    /// The server hung up.
    Closed,
}

/// Which form the refusal of an unknown tool took.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Form {
    /// JSON-RPC error -32602, as the specification says.
    Proper,
    /// Another JSON-RPC error that says so.
    OtherError(i64),
    /// A result with `isError: true` and such a text.
    ErrorResult,
    /// A result not marked as an error, with the text that the subject declares as its refusal: one only if nothing
    /// changed and the server's log is silent.
    DeclaredText,
}

impl Answer {
    pub(super) fn of(result: &CallToolResult) -> Self {
        let content = serde_json::to_value(&result.content).unwrap_or_default();
        let mut text: Vec<&str> = Vec::new();
        for item in content.as_array().into_iter().flatten() {
            text.extend(item.get("text").and_then(Value::as_str));
        }
        let structured = result.structured_content.clone();
        let mut text = text.join("\n");
        if let Some(structured) = &structured {
            text = format!("{text}\n{structured}");
        }
        Self::Result { is_error: result.is_error, text: text.trim().to_owned(), structured }
    }

    /// Whether the tool did its work.
    pub fn accepted(&self) -> bool {
        matches!(self, Self::Result { is_error: None | Some(false), .. })
    }

    /// The words of the answer.
    pub fn text(&self) -> &str {
        match self {
            Self::Result { text, .. } => text,
            Self::Error { message, .. } => message,
            Self::Silence | Self::Closed => "",
        }
    }

    /// The form of the refusal, if this is the refusal of an unknown tool; `declared` is the text by which the
    /// subject's server says so.
    pub fn refusal(&self, declared: Option<&str>) -> Option<Form> {
        let lower = self.text().to_lowercase();
        let as_declared = declared.is_some_and(|words| lower.contains(&words.to_lowercase()));
        let says_so = as_declared || UNKNOWN.iter().any(|words| lower.contains(words));
        match self {
            Self::Error { code: INVALID_PARAMS, .. } => Some(Form::Proper),
            Self::Error { code: METHOD_NOT_FOUND, .. } => Some(Form::OtherError(METHOD_NOT_FOUND)),
            Self::Error { code: INTERNAL_ERROR, .. } if says_so => Some(Form::OtherError(INTERNAL_ERROR)),
            Self::Error { code, .. } if as_declared => Some(Form::OtherError(*code)),
            Self::Result { is_error: Some(true), .. } if says_so => Some(Form::ErrorResult),
            Self::Result { .. } if as_declared => Some(Form::DeclaredText),
            _ => None,
        }
    }
}

impl fmt::Display for Form {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Proper => write!(f, "error {INVALID_PARAMS}"),
            Self::OtherError(code) => write!(f, "error {code}"),
            Self::ErrorResult => f.write_str("a result with isError true"),
            Self::DeclaredText => f.write_str("a result with the declared text"),
        }
    }
}

impl fmt::Display for Answer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let short = |text: &str| -> String {
            let line = text.split_whitespace().collect::<Vec<_>>().join(" ");
            line.chars().take(120).collect()
        };
        match self {
            Self::Result { is_error: Some(true), text, .. } => write!(f, "an error result ({})", short(text)),
            Self::Result { text, .. } => write!(f, "a result ({})", short(text)),
            Self::Error { code, message } => write!(f, "error {code} ({})", short(message)),
            Self::Silence => f.write_str("no answer"),
            Self::Closed => f.write_str("the connection closed"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn result(is_error: Option<bool>, text: &str) -> Answer {
        Answer::Result { is_error, text: text.into(), structured: None }
    }

    fn error(code: i64, message: &str) -> Answer {
        Answer::Error { code, message: message.into() }
    }

    #[test]
    fn every_form_that_real_servers_use_is_told_apart() {
        assert_eq!(error(-32602, "unknown tool").refusal(None), Some(Form::Proper));
        assert_eq!(error(-32601, "Method not found").refusal(None), Some(Form::OtherError(-32601)));
        assert_eq!(error(-32603, "Tool drop_table not found").refusal(None), Some(Form::OtherError(-32603)));
        assert_eq!(result(Some(true), "Unknown tool: drop_table").refusal(None), Some(Form::ErrorResult));
    }

    #[test]
    fn other_failures_are_no_refusal() {
        assert_eq!(error(-32603, "connection reset").refusal(None), None);
        assert_eq!(result(Some(true), "must be owner of table expenses").refusal(None), None);
        assert_eq!(result(None, "Unknown tool: drop_table").refusal(None), None);
        assert_eq!(result(Some(false), "dropped").refusal(None), None);
        assert_eq!(Answer::Silence.refusal(Some("no")), None);
    }

    #[test]
    fn the_declared_text_counts_where_the_flag_is_missing() {
        assert_eq!(result(None, "I cannot do that").refusal(Some("cannot do")), Some(Form::DeclaredText));
    }
}
