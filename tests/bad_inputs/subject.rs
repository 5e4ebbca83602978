//! Subject files and migrations that are wrong: said with file, line and column.

use std::path::{Path, PathBuf};

use crate::ground::Ground;

/// The reference system, copied so that it can be spoiled.
struct Copy {
    ground: Ground,
}

fn copy(from: &Path, to: &Path) {
    std::fs::create_dir_all(to).unwrap();
    for entry in std::fs::read_dir(from).unwrap().flatten() {
        let (path, to) = (entry.path(), to.join(entry.file_name()));
        if path.is_dir() {
            copy(&path, &to);
        } else {
            std::fs::copy(path, to).unwrap();
        }
    }
}

impl Copy {
    fn new() -> Self {
        let (ground, root) = (Ground::new(), Path::new(env!("CARGO_MANIFEST_DIR")));
        for folder in ["fixtures/reconciler", "migrations/reconciler"] {
            copy(&root.join(folder), &ground.path(folder));
        }
        Self { ground }
    }

    fn file(&self) -> PathBuf {
        self.ground.path("fixtures/reconciler/sor-gate.toml")
    }

    /// What is said of the subject file after this replacement, which must fit.
    fn with(&self, old: &str, new: &str) -> String {
        let text = std::fs::read_to_string(self.file()).unwrap();
        assert!(text.contains(old), "the reference's subject file has no `{old}` any more");
        std::fs::write(self.file(), text.replacen(old, new, 1)).unwrap();
        let told = self.refused();
        std::fs::write(self.file(), text).unwrap();
        told
    }

    fn refused(&self) -> String {
        let file = self.file().display().to_string();
        self.ground.refused(self.ground.gate(&["run", "--subject", &file]), 2)
    }
}

fn first_line(told: &str) -> &str {
    told.lines().find(|line| line.starts_with("error: ")).unwrap()
}

#[test]
fn wrong_subject_files() {
    let copy = Copy::new();
    let told = copy.with("name = \"reconciler\"", "name = 7");
    assert!(first_line(&told).contains("`name`"), "{told}");
    assert!(told.contains("(HERE/fixtures/reconciler/sor-gate.toml:2:8)"), "{told}");
    let told = copy.with("[roles]\n", "[rolls]\n");
    assert!(first_line(&told).contains("`roles`") || first_line(&told).contains("`rolls`"), "{told}");
    let told = copy.with("[roles]\n", "[roles]\ncolour = 7\n");
    assert!(first_line(&told).contains("`colour`"), "{told}");
    assert!(told.contains("(HERE/fixtures/reconciler/sor-gate.toml:11:1)"), "{told}");
    let told = copy.with("proposed = \"0008_expense_notes\"", "proposed = \"0009_gone\"");
    assert!(first_line(&told).contains("the proposed migration `0009_gone` is not there"), "{told}");
    assert!(told.contains("0008_expense_notes"), "{told}");
}

#[test]
fn files_that_are_not_there() {
    let copy = Copy::new();
    let told = copy.with("setup = [\"roles.sql\"]", "setup = [\"rolls.sql\"]");
    assert!(first_line(&told).contains("rolls.sql"), "{told}");
    assert!(told.contains("(HERE/fixtures/reconciler/sor-gate.toml:6:10)"), "{told}");
    let told = copy.with("../../migrations/reconciler", "../../migrations/reconciled");
    assert!(first_line(&told).contains("there is no folder") && told.contains("reconciled"), "{told}");
    let ground = Ground::new();
    let told = ground.refused(ground.gate(&["run", "--subject", "nowhere.toml"]), 2);
    assert!(first_line(&told).contains("No such file") && told.contains("(nowhere.toml)"), "{told}");
    assert!(told.contains("try: name an existing file with --subject"), "{told}");
    std::fs::write(ground.path("sor-gate.toml"), "").unwrap();
    let told = ground.refused(ground.gate(&["run"]), 2);
    assert!(told.contains("`name`") && told.contains("HERE/sor-gate.toml"), "{told}");
}

#[test]
fn migrations_that_are_refused() {
    let copy = Copy::new();
    let file = copy.ground.path("migrations/reconciler/0005_expenses.up.sql");
    let sql = std::fs::read_to_string(&file).unwrap();
    std::fs::write(&file, format!("SELECT 1;\n\nSELEC 2;\n{sql}")).unwrap();
    let told = copy.refused();
    assert!(first_line(&told).contains("42601: syntax error at or near \"SELEC\""), "{told}");
    assert!(told.contains("0005_expenses.up.sql:3)"), "{told}");
    std::fs::write(&file, format!("{sql}\nSELECT count(*)\nFROM no_such_table;\n")).unwrap();
    let told = copy.refused();
    assert!(first_line(&told).contains("42P01: relation \"no_such_table\" does not exist"), "{told}");
    let line = sql.lines().count() + 3;
    assert!(told.contains(&format!("0005_expenses.up.sql:{line})")), "{told}");
    std::fs::write(&file, b"SELECT '\xff';").unwrap();
    let told = copy.refused();
    assert!(told.contains("0005_expenses.up.sql") && told.contains("UTF-8"), "{told}");
}
