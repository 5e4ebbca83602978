//! The built-in reference systems, written out as they stand in the source tree, so that they build and run there.

use std::path::{Path, PathBuf};

use include_dir::Dir;
use toml::{Table, Value};

use super::args::Common;
use super::init::write_new;
use super::{Product, suites, terminal};
use crate::drill::Drill;
use crate::error::{Error, Result};
use crate::exit::Exit;
use crate::subject;

const MANIFEST: &str = "Cargo.toml";

/// Writes out the reference systems of the suites asked for: one alone at the top, several in folders of their own; their
/// migrations below, and the workspace that their crates are members of.
///
/// # Errors
/// Usage for a file that is already there; environment when a folder cannot be made.
pub(super) fn reference(product: &Product, common: &Common, folder: &Path) -> Result<Exit> {
    let suites = suites::asked(common);
    let mut subjects: Vec<&str> = Vec::new();
    let mut drills: Vec<Vec<&str>> = Vec::new();
    for drill in product.catalogue.iter().map(Drill::spec).filter(|spec| suites.contains(&spec.suite)) {
        let subject = product.builtin.subject_of(drill.id);
        match subjects.iter().position(|known| *known == subject) {
            Some(at) => drills[at].push(drill.id),
            None => {
                subjects.push(subject);
                drills.push(vec![drill.id]);
            }
        }
    }
    let mut copy = Copy { product, folder, members: Vec::new() };
    match subjects.as_slice() {
        [alone] => copy.system(alone, folder)?,
        several => {
            for subject in several {
                copy.system(subject, &folder.join(name_of(subject)))?;
            }
            copy.shared()?;
            let workspace = copy.workspace()?;
            write_new(&folder.join(MANIFEST), &workspace)?;
        }
    }
    write_new(&folder.join("Cargo.lock"), product.builtin.lock)?;
    let shown = folder.display();
    if subjects.len() == 1 {
        terminal::say(&format!("the reference system is in {shown}; next: cd there and `sor-gate run`"));
        return Ok(Exit::Permitted);
    }
    terminal::say(&format!("the reference systems are in {shown}, each with drills of its own; next:"));
    for (subject, drills) in subjects.iter().zip(drills) {
        let own = folder.join(name_of(subject));
        terminal::say(&format!("  cd {} && sor-gate drill {}", own.display(), drills.join(" ")));
    }
    Ok(Exit::Permitted)
}

/// The name of the system whose subject file this is.
fn name_of(subject: &str) -> &Path {
    let folder = Path::new(subject).parent().unwrap_or(Path::new(""));
    folder.file_name().map(Path::new).unwrap_or(Path::new(""))
}

struct Copy<'a> {
    product: &'a Product,
    folder: &'a Path,
    /// The crates written so far, by their folder.
    members: Vec<PathBuf>,
}

impl Copy<'_> {
    /// Writes one system into a folder.
    fn system(&mut self, subject: &str, target: &Path) -> Result<()> {
        let own = Path::new(subject).parent().unwrap_or(Path::new(""));
        let name = name_of(subject);
        let moved = format!("\"../../migrations/{}\"", name.display());
        let folders = self.product.builtin.folders;
        for (place, files) in
            folders.iter().filter(|(place, _)| Path::new(place).file_name() == Some(name.as_os_str()))
        {
            let inner = if Path::new(place) == own { PathBuf::new() } else { PathBuf::from("migrations") };
            let alone = if target == self.folder { self.workspace()? } else { String::new() };
            lay(files, &target.join(&inner), &|file, text| match file.to_str() {
                Some(subject::FILE_NAME) => text.replace(&moved, "\"migrations\""),
                Some(MANIFEST) => format!("{text}\n{alone}"),
                _ => text,
            })?;
            if files.get_file(MANIFEST).is_some() {
                self.members.push(name.to_owned());
            }
        }
        Ok(())
    }

    /// Writes the crates that the systems share.
    fn shared(&mut self) -> Result<()> {
        let (place, files) = self.product.builtin.shared;
        let name = Path::new(place).file_name().map(PathBuf::from).unwrap_or_default();
        lay(files, &self.folder.join(&name), &|_, text| text)?;
        self.members.push(name);
        Ok(())
    }

    /// The workspace's part of a manifest: versions and lints of the source tree, and these members.
    fn workspace(&self) -> Result<String> {
        let wrong = |what: String| Error::harness(format!("the manifest that is built in: {what}"));
        let root: Table = self.product.builtin.manifest.parse().map_err(|error| wrong(format!("{error}")))?;
        let mut workspace = root
            .get("workspace")
            .and_then(Value::as_table)
            .cloned()
            .ok_or_else(|| wrong("it has no workspace".into()))?;
        let members = self.members.iter().map(|member| Value::String(member.display().to_string()));
        workspace.insert("members".into(), Value::Array(members.collect()));
        let whole = Table::from_iter([("workspace".to_owned(), Value::Table(workspace))]);
        toml::to_string(&whole).map_err(|error| wrong(error.to_string()))
    }
}

/// Writes files into a folder, each with its text as it is to stand there.
fn lay(files: &Dir<'_>, folder: &Path, text_of: &dyn Fn(&Path, String) -> String) -> Result<()> {
    for file in files.files() {
        let target = folder.join(file.path());
        let parent = target.parent().unwrap_or(folder);
        std::fs::create_dir_all(parent)
            .map_err(|error| Error::environment(error.to_string()).at(parent.display()))?;
        let text = String::from_utf8_lossy(file.contents()).into_owned();
        write_new(&target, &text_of(file.path(), text))?;
    }
    files.dirs().try_for_each(|below| lay(below, folder, text_of))
}
