//! What a statement came to: rows, or a refusal by the server.

use std::fmt;

use tokio_postgres::error::DbError;

use crate::error::{Error, Result};

/// How one statement ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// It was carried out.
    Done(Rows),
    /// The server refused it.
    Refused(Refusal),
}

impl Outcome {
    /// The rows, if it was carried out.
    pub fn rows(&self) -> Option<&Rows> {
        match self {
            Self::Done(rows) => Some(rows),
            Self::Refused(_) => None,
        }
    }

    /// The refusal, if it was refused.
    pub fn refusal(&self) -> Option<&Refusal> {
        match self {
            Self::Done(_) => None,
            Self::Refused(refusal) => Some(refusal),
        }
    }

    /// Whether it was refused with this SQLSTATE.
    pub fn refused_with(&self, sqlstate: &str) -> bool {
        self.refusal().is_some_and(|refusal| refusal.sqlstate == sqlstate)
    }
}

impl fmt::Display for Outcome {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Done(rows) => write!(f, "{} row(s)", rows.affected.max(rows.rows.len() as u64)),
            Self::Refused(refusal) => refusal.fmt(f),
        }
    }
}

/// An error report of the server (manual, 55.8 Error and Notice Message Fields).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refusal {
    /// Five characters (manual, Appendix A).
    pub sqlstate: String,
    /// The primary message.
    pub message: String,
    /// Table that the error is about, if the server named one.
    pub table: Option<String>,
    /// Column that the error is about.
    pub column: Option<String>,
    /// Constraint that the error is about.
    pub constraint: Option<String>,
    /// Where it happened: the call stack of PL/pgSQL and the like.
    pub context: Option<String>,
}

impl Refusal {
    /// Whether the transaction lost a race and may be run again as it is: a serialization failure or a deadlock.
    pub fn lost_a_race(&self) -> bool {
        matches!(self.sqlstate.as_str(), "40001" | "40P01")
    }
}

impl From<&DbError> for Refusal {
    fn from(error: &DbError) -> Self {
        let owned = |text: Option<&str>| text.map(str::to_owned);
        Self {
            sqlstate: error.code().code().to_owned(),
            message: error.message().to_owned(),
            table: owned(error.table()),
            column: owned(error.column()),
            constraint: owned(error.constraint()),
            context: owned(error.where_()),
        }
    }
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} ({})", self.sqlstate, self.message.replace('\n', " "))
    }
}

/// The rows that a statement answered, as text.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Rows {
    /// Column names; none are known of an answer without rows.
    pub names: Vec<String>,
    /// The rows in order.
    pub rows: Vec<Row>,
    /// The count of the command tag: rows returned or changed.
    pub affected: u64,
}

/// One row; NULL is `None`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Row {
    /// The values in column order.
    pub cells: Vec<Option<String>>,
}

impl Rows {
    /// Position of a column.
    ///
    /// # Errors
    /// A usage error naming the columns that are there: presenting SELECTs must name theirs.
    pub fn column(&self, name: &str) -> Result<usize> {
        self.names.iter().position(|candidate| candidate == name).ok_or_else(|| {
            Error::usage(format!("the query answers no column `{name}`"))
                .fix(format!("it answers: {}", self.names.join(", ")))
        })
    }

    /// The named column of every row; NULL reads as the empty string.
    ///
    /// # Errors
    /// As [`Rows::column`].
    pub fn all(&self, name: &str) -> Result<Vec<String>> {
        if self.rows.is_empty() {
            return Ok(Vec::new());
        }
        let at = self.column(name)?;
        Ok(self.rows.iter().map(|row| row.cells[at].clone().unwrap_or_default()).collect())
    }

    /// The named column of the first row; NULL reads as the empty string.
    ///
    /// # Errors
    /// As [`Rows::column`]; a harness error when there is no row.
    pub fn first(&self, name: &str) -> Result<String> {
        let row = self.rows.first().ok_or_else(|| Error::harness(format!("no row with `{name}`")))?;
        let at = self.column(name)?;
        Ok(row.cells[at].clone().unwrap_or_default())
    }

    /// The named column of row `at`; NULL reads as the empty string.
    ///
    /// # Errors
    /// As [`Rows::column`]; a harness error when there is no such row.
    pub fn cell(&self, at: usize, name: &str) -> Result<String> {
        let column = self.column(name)?;
        let row = self.rows.get(at).ok_or_else(|| Error::harness(format!("no row {at} with `{name}`")))?;
        Ok(row.cells[column].clone().unwrap_or_default())
    }

    /// The named boolean of row `at`; NULL reads as false.
    ///
    /// # Errors
    /// As [`Rows::cell`].
    pub fn flag(&self, at: usize, name: &str) -> Result<bool> {
        Ok(self.cell(at, name)? == "true")
    }

    /// The first column of the first row, if there is one and it is not NULL.
    pub fn scalar(&self) -> Option<&str> {
        self.rows.first()?.cells.first()?.as_deref()
    }
}
