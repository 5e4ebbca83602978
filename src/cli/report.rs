//! `report`: renders reports again from a record.

use std::path::Path;

use super::args::{Common, ReportArgs};
use super::{suites, terminal};
use crate::drill::Catalogue;
use crate::error::{Error, Result};
use crate::exit::Exit;
use crate::report::kind::Wanted;
use crate::verify::Pair;

/// Renders what is asked for, into files or, without one, to standard output.
///
/// # Errors
/// A usage error when the evidence cannot be read; an environment error when a file cannot be written.
pub fn report(catalogue: &Catalogue, arguments: &ReportArgs, common: &Common) -> Result<Exit> {
    let unreadable = |defects: Vec<String>| Error::usage(defects.join("; ")).at(arguments.dir.display());
    let (mut bundles, mut record) = (Vec::new(), None);
    for shape in suites::shapes(catalogue, &suites::of_evidence(common, &arguments.dir)) {
        let pair = Pair::load(&arguments.dir, &shape)?;
        bundles.push(pair.bundle.map_err(unreadable)?);
        record = pair.record;
    }
    let none = || Error::usage("there is no record").at(arguments.dir.display()).fix("name a run's folder");
    let record = record.ok_or_else(none)?.map_err(unreadable)?;
    for Wanted { kind, file } in &arguments.report {
        let text = kind.render(&record, &bundles)?;
        match file {
            Some(file) => write(file, &text)?,
            None => terminal::print_text(text.trim_end())?,
        }
    }
    Ok(Exit::Permitted)
}

/// Writes a report where the user wants it, whole or not at all.
///
/// # Errors
/// An environment error when it cannot be written.
pub fn write(file: &Path, text: &str) -> Result<()> {
    use std::io::Write as _;
    let folder = file.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let write = || -> std::io::Result<()> {
        std::fs::create_dir_all(folder)?;
        let mut temporary = tempfile::NamedTempFile::new_in(folder)?;
        temporary.write_all(text.as_bytes())?;
        temporary.as_file().sync_all()?;
        let readable = std::os::unix::fs::PermissionsExt::from_mode(0o644);
        temporary.as_file().set_permissions(readable)?;
        temporary.persist(file)?;
        Ok(())
    };
    write().map_err(|error| {
        Error::environment(format!("the report cannot be written: {error}")).at(file.display())
    })
}

/// Adds the summary to the file that the CI system names (GITHUB_STEP_SUMMARY), if it names one.
///
/// # Errors
/// An environment error when it cannot be written.
pub fn step_summary(text: &str) -> Result<()> {
    use std::io::Write as _;
    let Some(file) = std::env::var_os("GITHUB_STEP_SUMMARY").filter(|file| !file.is_empty()) else {
        return Ok(());
    };
    let append =
        || std::fs::OpenOptions::new().create(true).append(true).open(&file)?.write_all(text.as_bytes());
    append().map_err(|error| {
        Error::environment(format!("the step's summary cannot be written: {error}"))
            .at(Path::new(&file).display())
    })
}
