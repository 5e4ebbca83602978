//! diesel (guide "Migrations"; `diesel_migrations`, file_based_migrations): a folder a migration, named by its version
//! and ordered by it; `metadata.toml` may say `run_in_transaction = false`.

use std::path::Path;

use super::folder;
use crate::error::{Error, Result};
use crate::migration::{Migration, Script, Sending};

pub(super) fn read(folder: &Path) -> Result<Vec<Migration>> {
    let mut found = Vec::new();
    for path in folder::entries(folder)?.into_iter().filter(|path| path.join("up.sql").is_file()) {
        let stem = folder::name(&path);
        let (version, name) = stem.split_once('_').unwrap_or((stem, ""));
        let metadata = path.join("metadata.toml");
        let mut sending = Sending::Transaction;
        if metadata.is_file() {
            let text = Script::read(&metadata)?.text;
            let said = text.lines().filter_map(|line| line.split('#').next()?.split_once('='));
            let mut said = said.map(|(key, value)| (key.trim(), value.trim()));
            if said.any(|pair| pair == ("run_in_transaction", "false")) {
                sending = Sending::Whole;
            }
        }
        let script = |file: &str| -> Result<Script> {
            Ok(Script { sending: sending.clone(), ..Script::read(&path.join(file))? })
        };
        let down = path.join("down.sql").is_file().then(|| script("down.sql")).transpose()?;
        found.push(Migration::new(version, name, script("up.sql")?, down));
    }
    // Versions compare as text, their dashes left out.
    found.sort_by_key(|step| step.version.replace('-', ""));
    if let Some(twins) =
        found.windows(2).find(|two| two[0].version.replace('-', "") == two[1].version.replace('-', ""))
    {
        return Err(Error::usage(format!("two migrations share version {}", twins[1].version))
            .at(folder.display())
            .fix("give each migration a version of its own"));
    }
    Ok(found)
}
