//! The kinds of report, and where each goes.

use std::path::PathBuf;
use std::str::FromStr;

use super::{html, junit, sarif, summary};
use crate::error::Result;
use crate::record::Record;
use crate::release::EvidenceBundle;

/// What a report is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub enum Kind {
    /// One page for people.
    Html,
    /// JUnit XML for test viewers.
    Junit,
    /// SARIF 2.1.0 for code scanning.
    Sarif,
    /// Markdown for a CI step's summary.
    Summary,
}

impl Kind {
    /// Its file's name in a run's folder.
    pub fn file(self) -> &'static str {
        match self {
            Self::Html => "report.html",
            Self::Junit => "junit.xml",
            Self::Sarif => "sarif.json",
            Self::Summary => "summary.md",
        }
    }

    /// Renders it; there is a bundle for each of the record's suites, in the same order.
    ///
    /// # Errors
    /// A harness error when the format cannot hold what the record says.
    pub fn render(self, record: &Record, bundles: &[EvidenceBundle]) -> Result<String> {
        Ok(match self {
            Self::Html => html::page(record, bundles),
            Self::Junit => junit::report(record)?,
            Self::Sarif => sarif::report(record)?,
            Self::Summary => summary::report(record, bundles),
        })
    }
}

/// A report that was asked for: `junit`, `junit:build/junit.xml`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Wanted {
    /// Which.
    pub kind: Kind,
    /// Where to, instead of the run's folder.
    pub file: Option<PathBuf>,
}

impl FromStr for Wanted {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let (name, file) = text.split_once(':').map_or((text, None), |(name, file)| (name, Some(file)));
        let kind = <Kind as clap::ValueEnum>::from_str(name, true)
            .map_err(|_| format!("`{name}` is no kind of report; there are html, junit, sarif, summary"))?;
        if file == Some("") {
            return Err(format!("no file after `{name}:`"));
        }
        Ok(Self { kind, file: file.map(PathBuf::from) })
    }
}
