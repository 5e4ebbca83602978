//! The worked example of docs/put-your-system-under-the-gate.md, step by step: its files are taken from the page, its commands
//! are run, and they say what the page says.

#![allow(clippy::unwrap_used)]

use std::fs;
use std::path::{Path, PathBuf};

use assert_cmd::Command;
use regex::Regex;

/// Blocks of a page between fences, with their language, in order.
fn blocks(page: &str) -> Vec<(String, String)> {
    let text = fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("docs").join(page)).unwrap();
    let fenced = Regex::new(r"(?ms)^```(\w+)\n(.*?)^```$").unwrap();
    fenced.captures_iter(&text).map(|block| (block[1].to_owned(), block[2].to_owned())).collect()
}

/// What differs from run to run, in other words.
fn steady(text: &str) -> String {
    let mut text = text.to_owned();
    for (changing, word) in [
        (r"\d+ ms", "N ms"),
        (r"seed \d+", "seed N"),
        (r"run \d{8}T\d{6}Z-\w{6}", "run R"),
        (r"Postgres \d+ \(\w+\)", "Postgres"),
    ] {
        text = Regex::new(changing).unwrap().replace_all(&text, word).into_owned();
    }
    text
}

/// Whether a command said what the page says; `…` stands for anything within a line.
fn says(page: &str, said: &str) {
    let (page, said) = (steady(page), steady(said));
    let pattern = regex::escape(page.trim_end()).replace('…', ".*");
    let fits = Regex::new(&format!("^{pattern}$")).unwrap();
    assert!(fits.is_match(said.trim_end()), "the page says\n{page}\nand the command\n{said}");
}

/// The example in its folder, and what of the page is still to come.
struct Example {
    folder: PathBuf,
    to_come: std::vec::IntoIter<(String, String)>,
}

impl Example {
    /// The next block, which is in this language.
    fn next(&mut self, language: &str) -> String {
        let (found, block) = self.to_come.next().unwrap();
        assert_eq!(found, language, "{block}");
        block
    }

    /// The next block's commands say what stands below each, and the last one exits so.
    fn console(&mut self, code: i32) {
        let block = self.next("console");
        let mut exit = 0;
        for step in block.split("$ ").filter(|step| !step.is_empty()) {
            let (command, wanted) = step.split_once('\n').unwrap();
            let Some(words) = command.strip_prefix("sor-gate ") else {
                assert_eq!(command, "cd my-queue");
                continue;
            };
            let mut gate = Command::cargo_bin("sor-gate").unwrap();
            gate.args(words.split(' ')).current_dir(&self.folder).env("SOR_GATE_POSTGRES", "local");
            let output = gate.env_remove("GITHUB_STEP_SUMMARY").output().unwrap();
            says(wanted, &String::from_utf8([output.stdout, output.stderr].concat()).unwrap());
            exit = output.status.code().unwrap();
        }
        assert_eq!(exit, code, "{block}");
    }

    fn subject(&self) -> PathBuf {
        self.folder.join("sor-gate.toml")
    }

    fn append(&self, more: &str) {
        let text = fs::read_to_string(self.subject()).unwrap();
        fs::write(self.subject(), format!("{text}\n{more}")).unwrap();
    }
}

#[test]
fn it_goes_from_nothing_to_a_verdict() {
    let home = tempfile::tempdir().unwrap();
    let to_come = blocks("put-your-system-under-the-gate.md").into_iter();
    let mut example = Example { folder: home.path().join("my-queue"), to_come };
    for _ in ["up", "down"] {
        let sql = example.next("sql");
        let name = sql.lines().next().unwrap().strip_prefix("-- ").unwrap();
        let file = example.folder.join(name);
        fs::create_dir_all(file.parent().unwrap()).unwrap();
        fs::write(file, &sql).unwrap();
    }
    example.console(0);
    let claims = example.next("toml");
    example.append(&claims);
    example.console(0);

    let right = fs::read_to_string(example.subject()).unwrap();
    let wrong = right.replace("SELECT id, status FROM jobs", "SELECT id, status AS state FROM jobs");
    assert_ne!(right, wrong);
    fs::write(example.subject(), wrong).unwrap();
    example.console(2);
    fs::write(example.subject(), right).unwrap();

    example.console(0);
    example.console(1);
    example.append(&waivers());
    example.console(0);
}

/// The waiver of the other page, for each drill that has no section, and for a month from now.
fn waivers() -> String {
    let (_, waiver) = blocks("waivers.md").into_iter().find(|(language, _)| language == "toml").unwrap();
    let month = jiff::Span::new().days(30);
    let until = jiff::Timestamp::now().to_zoned(jiff::tz::TimeZone::UTC).checked_add(month).unwrap().date();
    let waiver = Regex::new(r#"expires( *)= "[^"]*""#)
        .unwrap()
        .replace(&waiver, format!("expires$1= \"{until}\""))
        .into_owned();
    let drills = [
        "migration_review",
        "run_journal_resume_drill",
        "idempotency_retry_test",
        "outbox_relay_retry_test",
        "append_only_event_test",
        "rls_identity_flip_test",
        "mcp_boundary_test",
        "forensics_drill",
    ];
    assert!(waiver.contains("\"mcp_boundary_test\""), "{waiver}");
    drills.map(|drill| waiver.replace("\"mcp_boundary_test\"", &format!("{drill:?}"))).join("\n")
}
