//! Reports of a real run, and secrets that must be in none of its outputs.

#![allow(clippy::unwrap_used)]

use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};

use assert_cmd::Command;
use quick_junit::{Report, TestCaseStatus};
use serde_json::Value;

/// Planted in the environment, in a URL, in the subject file and in SQL.
const SECRETS: [&str; 7] = [
    "env-s3cret-aa11",
    "url-s3cret-bb22",
    "toml-s3cret-cc33",
    "sql-s3cret-dd44",
    "word-s3cret-ee55",
    "log-s3cret-ff66",
    "typed-s3cret-0077",
];

/// What outputs must hold instead of each of them: the title repeats those that nothing else would show.
const IN_THEIR_PLACE: [&str; 7] = [
    "by variable ***;",
    "postgres://bob:***@db/x",
    "by program ***;",
    "by role ***;",
    "by URL ***;",
    "by log ***;",
    "postgres://bob:***@127.0.0.1:1/x",
];

fn gate() -> Command {
    let mut command = Command::cargo_bin("sor-gate").unwrap();
    command.env_remove("GITHUB_STEP_SUMMARY");
    command
}

fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let target = to.join(entry.file_name());
        if entry.file_type().unwrap().is_dir() {
            copy(&entry.path(), &target)
        } else {
            fs::copy(entry.path(), target).map(drop).unwrap()
        }
    }
}

/// The reference, with secrets planted, and one that the idempotent write carries into its statements.
fn planted(home: &Path) -> PathBuf {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    copy(&root.join("fixtures/reconciler"), &home.join("fixtures/reconciler"));
    copy(&root.join("migrations/reconciler"), &home.join("migrations/reconciler"));
    let file = home.join("fixtures/reconciler/sor-gate.toml");
    let text = fs::read_to_string(&file).unwrap();
    let told: String = IN_THEIR_PLACE
        .iter()
        .zip(SECRETS)
        .filter(|(place, _)| place.starts_with("by "))
        .map(|(place, secret)| place.replace("***", secret))
        .collect();
    let text =
        text.replacen("title = \"", &format!("title = \"postgres://bob:{}@db/x {told} ", SECRETS[1]), 1);
    let vendor = format!("env = {{ VENDOR_TOKEN = \"{}\", ", SECRETS[2]);
    let text = text.replacen("env = { ", &vendor, 1);
    assert!(SECRETS[1..3].iter().all(|secret| text.contains(secret)), "planted");
    fs::write(&file, text).unwrap();
    let seed = home.join("fixtures/reconciler/seed.sql");
    let sql = fs::read_to_string(&seed).unwrap();
    // What is raised stands in the server's log, with the statement that raised it.
    let logged = format!("DO $$ BEGIN RAISE LOG 'at postgres://eve:{}@db/x'; END $$;", SECRETS[5]);
    fs::write(seed, format!("{sql}\nALTER ROLE postgres PASSWORD '{}';\n{logged}\n", SECRETS[3])).unwrap();
    file
}

fn all_files(place: &Path, found: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(place).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() { all_files(&path, found) } else { found.push(path) }
    }
}

#[test]
fn reports_hold_what_the_record_says_and_no_secret() {
    let home = tempfile::tempdir().unwrap();
    let subject = planted(home.path());
    let (out, sarif, step) =
        (home.path().join("out"), home.path().join("x/gate.sarif"), home.path().join("step.md"));
    let output = gate()
        .args(["run", "--prove", "none", "--postgres", "local", "--format", "json", "-v"])
        .args(["--break", "migration_review.unguarded_drop", "--report", "junit", "--report", "summary"])
        .arg("--report")
        .arg(format!("sarif:{}", sarif.display()))
        .arg("--subject")
        .arg(&subject)
        .arg("--out")
        .arg(&out)
        .env("GITHUB_STEP_SUMMARY", &step)
        .env("PAYMENT_SECRET", SECRETS[0])
        .env("REPLICA", format!("postgres://carol:{}@replica/x", SECRETS[4]))
        .output()
        .unwrap();
    assert_eq!(output.status.code(), Some(1), "{}", String::from_utf8_lossy(&output.stderr));
    let place = fs::canonicalize(out.join("latest")).unwrap();

    let junit = Report::deserialize_from_str(&fs::read_to_string(place.join("junit.xml")).unwrap()).unwrap();
    let record: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(junit.test_suites.len(), record["drills"].as_array().unwrap().len());
    assert!(junit.failures > 0);
    let document: Value = serde_json::from_slice(&fs::read(&sarif).unwrap()).unwrap();
    assert_is_sarif(&document);
    let results = document["runs"][0]["results"].as_array().unwrap();
    let dropped = results.iter().find(|result| result["ruleId"] == "migration_review.drop_guard").unwrap();
    let place_of = &dropped["locations"][0]["physicalLocation"];
    assert!(place_of["artifactLocation"]["uri"].as_str().unwrap().ends_with(".up.sql"), "{dropped:#}");
    let line = usize::try_from(place_of["region"]["startLine"].as_u64().unwrap()).unwrap();
    assert!(line > 0);
    assert_is_junit(&place.join("junit.xml"));
    let page = fs::read_to_string(place.join("report.html")).unwrap();
    for outside in ["src=\"", "href=\"http", "@import", "url("] {
        assert!(!page.contains(outside), "the page reaches outside with {outside}");
    }
    assert!(page.find("BLOCKED").unwrap() < page.find("migration_review").unwrap());
    assert!(fs::read_to_string(&step).unwrap().starts_with("## sor-gate: BLOCKED"));
    let again = gate().arg("report").arg(&place).args(["--report", "html"]).output().unwrap();
    assert_eq!(
        String::from_utf8(again.stdout).unwrap().trim_end(),
        page.trim_end(),
        "the same page from the record alone"
    );
    let verified = gate().arg("verify").arg(&out).output().unwrap();
    assert!(String::from_utf8(verified.stderr).unwrap().contains("intact"));

    let mut files = vec![sarif, step];
    all_files(&place, &mut files);
    let mut texts: Vec<(String, Vec<u8>)> =
        files.into_iter().map(|file| (file.display().to_string(), fs::read(file).unwrap())).collect();
    texts.push(("standard output".into(), output.stdout));
    texts.push(("standard error".into(), output.stderr));
    texts.extend(said_later(home.path(), &subject));
    let mut masked = [false; SECRETS.len()];
    for (name, text) in texts {
        let text = String::from_utf8_lossy(&text).into_owned();
        for (at, secret) in SECRETS.iter().enumerate() {
            assert!(!text.contains(secret), "{name} holds {secret}: {text}");
            masked[at] |= text.contains(IN_THEIR_PLACE[at]);
        }
    }
    assert_eq!(masked, [true; SECRETS.len()], "each has come as far as an output: {SECRETS:?}");
}

/// What other commands say of the same evidence and the same subject, and what the errors of some say.
fn said_later(home: &Path, subject: &Path) -> Vec<(String, Vec<u8>)> {
    let typed = format!("postgres://bob:{}@127.0.0.1:1/x", SECRETS[6]);
    let subject = subject.to_str().unwrap();
    let text = fs::read_to_string(subject).unwrap();
    // The server's own words, which its log holds too, end a run whose seed is refused.
    let refused = home.join("fixtures/reconciler/seed.sql");
    let sql = fs::read_to_string(&refused).unwrap().replace("RAISE LOG", "RAISE EXCEPTION");
    let other = home.join("fixtures/reconciler/wrong.toml");
    fs::write(&other, text.replacen("title = ", "titel = ", 1)).unwrap();
    let other = other.to_str().unwrap();
    let mut said = Vec::new();
    let mut say = |args: &[&str]| {
        let mut gate = gate();
        gate.args(args).current_dir(home).env("PAYMENT_SECRET", SECRETS[0]);
        gate.env("REPLICA", format!("postgres://carol:{}@replica/x", SECRETS[4]));
        let output = gate.output().unwrap();
        assert!(output.stdout.len() + output.stderr.len() > 0, "{args:?} said nothing");
        said.push((args.join(" "), [output.stdout, output.stderr].concat()));
    };
    for format in ["human", "json"] {
        for args in [
            &["history", "out"][..],
            &["diff", "out/latest", "out/latest"],
            &["verify", "out"],
            &["decide", "out/latest"],
            &["check", "--subject", subject],
            &["check", "--subject", other],
            &["drill", "mcp", "--subject", subject, "-v", "--break", "connection_string_told"],
            &["run", "--subject", subject, "--postgres", &typed, "--out", "more"],
            &["forensics", "--subject", subject, "--run-id", "x", "--database-url", &typed],
            &["init", "--database-url", &typed, "--output", "made.toml"],
            &["diff", &typed, "out/latest"],
            &["no-such-command", &typed],
        ] {
            say(&[args, &["--format", format]].concat());
        }
    }
    for kind in ["html", "junit", "sarif", "summary"] {
        say(&["report", "out/latest", "--report", kind]);
    }
    fs::write(refused, sql).unwrap();
    say(&["drill", "idempotency", "--subject", subject]);
    assert!(String::from_utf8_lossy(&said.last().unwrap().1).contains("at postgres://eve:***@db/x"));
    said
}

/// A password that stands in no file, which the server logs when a write is refused, and says once more without its name.
#[test]
fn what_only_the_servers_log_calls_a_password_is_in_no_output() {
    let secret = "drawn-s3cret-88";
    let said = |logs: &str| {
        let home = tempfile::tempdir().unwrap();
        let subject = planted(home.path());
        let seed = home.path().join("fixtures/reconciler/seed.sql");
        let sql = fs::read_to_string(&seed).unwrap();
        let guard = format!(
            "CREATE FUNCTION public.guard() RETURNS trigger LANGUAGE plpgsql AS $$
            DECLARE word text := 'drawn-s3cret-' || (80 + 8);
            BEGIN
                IF NEW.idempotency_key IS NULL THEN
                    {logs}
                    RAISE EXCEPTION USING ERRCODE = 'not_null_violation', MESSAGE = 'no key for ' || word;
                END IF;
                RETURN NEW;
            END $$;
            CREATE TRIGGER guard BEFORE INSERT ON public.expenses FOR EACH ROW EXECUTE FUNCTION public.guard();"
        );
        fs::write(&seed, format!("{sql}\n{guard}\n")).unwrap();
        let mut said = Vec::new();
        for format in ["human", "json", "ndjson-events"] {
            let mut gate = gate();
            gate.args(["drill", "idempotency", "--postgres", "local", "-v", "--no-progress"]);
            let output = gate.args(["--format", format, "--subject"]).arg(&subject).output().unwrap();
            let told = [output.stdout, output.stderr].concat();
            said.push(String::from_utf8(told).unwrap());
        }
        said
    };
    for told in said("") {
        assert!(told.contains(&format!("no key for {secret}")), "nobody calls it a password: {told}");
    }
    for told in said("RAISE LOG 'ALTER ROLE reports PASSWORD %', quote_literal(word);") {
        assert!(told.contains("no key for ***") && !told.contains(secret), "{told}");
    }
}

/// As OASIS publishes it for SARIF 2.1.0.
fn assert_is_sarif(document: &Value) {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/published/sarif-schema-2.1.0.json");
    // One of its patterns closes a bracket that it never opened.
    let schema = fs::read_to_string(file).unwrap().replace("{2}]?$", "{2}?$");
    let schema = serde_json::from_str(&schema).unwrap();
    let validator = jsonschema::options()
        .with_draft(jsonschema::Draft::Draft7)
        .should_validate_formats(true)
        .build(&schema);
    let validator = validator.unwrap();
    let errors: Vec<String> =
        validator.iter_errors(document).map(|error| format!("{}: {error}", error.instance_path())).collect();
    assert!(errors.is_empty(), "{errors:#?}");
    let mut wrong = document.clone();
    wrong["runs"][0]["results"] = Value::from("none");
    assert!(!validator.is_valid(&wrong), "the schema can say no");
}

/// As the Jenkins project publishes it for what reads JUnit.
fn assert_is_junit(file: &Path) {
    let schema = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/published/junit-10.xsd");
    let valid = |file: &Path| {
        let mut xmllint = std::process::Command::new("xmllint");
        xmllint.arg("--noout").arg("--schema").arg(&schema).arg(file).output()
    };
    let Ok(output) = valid(file) else {
        let _ = writeln!(std::io::stderr(), "skipped: there is no xmllint; scripts/test.sh installs it");
        return;
    };
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let wrong = tempfile::NamedTempFile::new().unwrap();
    fs::write(&wrong, fs::read_to_string(file).unwrap().replace("<testcase ", "<case ")).unwrap();
    assert!(!valid(wrong.path()).unwrap().status.success(), "the schema can say no");
}

/// What a folder's record says, as the report of that kind.
fn rendered(folder: &Path, kind: &str, file: &Path) {
    let wanted = format!("{kind}:{}", file.display());
    let output = gate().arg("report").arg(folder).args(["--report", &wanted]).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
}

#[test]
fn reports_are_what_their_published_schemas_say() {
    let example = Path::new(env!("CARGO_MANIFEST_DIR")).join("evidence/example");
    let home = tempfile::tempdir().unwrap();
    let (sarif, junit) = (home.path().join("sarif.json"), home.path().join("junit.xml"));
    rendered(&example, "sarif", &sarif);
    rendered(&example, "junit", &junit);
    assert_is_sarif(&serde_json::from_slice(&fs::read(sarif).unwrap()).unwrap());
    assert_is_junit(&junit);
}

/// What broke is a failure; what could not be told, or is not described, is an error, and neither is a pass. A migration
/// keeps its name, whatever letters it is made of.
#[test]
fn failures_and_errors_are_told_apart() {
    let example = Path::new(env!("CARGO_MANIFEST_DIR")).join("evidence/example");
    let home = tempfile::tempdir().unwrap();
    let mut record: Value =
        serde_json::from_str(&fs::read_to_string(example.join("record.json")).unwrap()).unwrap();
    let migration = "migrations/täglich, neu/2_a.up.sql";
    record["subjects"][0]["schema_files"][0]["path"] = migration.into();
    for (at, verdict, observed) in [
        (0, "fail", "2_a.up.sql:7:3 drops a table"),
        (1, "error", "not proven: the server died"),
        (2, "not_testable", "not testable: [outbox]"),
    ] {
        let finding = &mut record["drills"][0]["findings"][at];
        finding["verdict"] = verdict.into();
        finding["observed"] = observed.into();
        finding["witness"] = Value::Array(Vec::new());
    }
    record["drills"][1]["breaks"][0]["proof"] = "missed".into();
    fs::write(home.path().join("record.json"), format!("{record:#}\n")).unwrap();
    fs::copy(example.join("bundle.json"), home.path().join("bundle.json")).unwrap();
    let (sarif, junit) = (home.path().join("sarif.json"), home.path().join("junit.xml"));
    rendered(home.path(), "sarif", &sarif);
    rendered(home.path(), "junit", &junit);

    assert_is_junit(&junit);
    let report = Report::deserialize_from_str(&fs::read_to_string(&junit).unwrap()).unwrap();
    assert_eq!((report.failures, report.errors), (2, 2), "a claim and a break; two that nobody could tell");
    let kinds: Vec<String> = report.test_suites[0].test_cases[..4]
        .iter()
        .map(|case| match &case.status {
            TestCaseStatus::Success { .. } => "pass".into(),
            TestCaseStatus::NonSuccess { kind, message, .. } => {
                format!("{kind:?} {}", message.as_ref().unwrap().as_str())
            }
            TestCaseStatus::Skipped { .. } => "skipped".into(),
        })
        .collect();
    let told = |kind: &str, at: usize| kinds[at].starts_with(kind) && kinds[at].contains("observed");
    assert!(told("Failure", 0) && told("Error", 1) && told("Error", 2) && kinds[3] == "pass", "{kinds:?}");

    let document: Value = serde_json::from_slice(&fs::read(&sarif).unwrap()).unwrap();
    assert_is_sarif(&document);
    let results = document["runs"][0]["results"].as_array().unwrap();
    let levels: Vec<&str> = results.iter().map(|result| result["level"].as_str().unwrap()).collect();
    assert_eq!(levels, ["error", "warning", "warning"]);
    let place = &results[0]["locations"][0]["physicalLocation"];
    assert_eq!(place["artifactLocation"]["uri"], "migrations/t%C3%A4glich,%20neu/2_a.up.sql");
    assert_eq!((&place["region"]["startLine"], &place["region"]["startColumn"]), (&7.into(), &3.into()));
}
