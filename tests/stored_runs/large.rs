//! A record of 100 MB is rendered within a few times its size.

use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};

use sor_gate::evidence::{Exhibit, ExhibitKind};
use sor_gate::record::Record;

const SIZE: usize = 100 << 20;
/// At most so many times the record's size at once.
const TIMES: usize = 4;

/// A record in which all grows that can: statements, timeline, exhibits.
fn large(root: &Path) {
    let example = Path::new(env!("CARGO_MANIFEST_DIR")).join("evidence/example");
    let text = fs::read_to_string(example.join("record.json")).unwrap();
    let mut record: Record = serde_json::from_str(&text).unwrap();
    let few = record.drills.clone();
    for drill in &mut record.drills[..3] {
        let statements: Vec<_> = few[2].log.statements.iter().take(5).cloned().collect();
        let timeline: Vec<_> = few[1].log.timeline.iter().take(5).cloned().collect();
        for at in 0..10_000 {
            drill.log.statements.extend(statements.iter().cloned().map(|mut statement| {
                statement.at_ms += at;
                statement.sql.push_str(&format!(" -- {at}"));
                statement
            }));
            drill.log.timeline.extend(timeline.iter().cloned());
        }
    }
    let wanting = SIZE.saturating_sub(record.to_json().unwrap().len());
    let (diff, text) =
        ("-type: text\n+type: varchar\n".repeat(10_000), "a line of proof\n".repeat(wanting / 17 + 1));
    for (kind, body) in [(ExhibitKind::Diff, diff), (ExhibitKind::Text, text)] {
        record.drills[0].exhibits.push(Exhibit { title: "Large".into(), kind, body });
    }
    fs::copy(example.join("bundle.json"), root.join("bundle.json")).unwrap();
    fs::write(root.join("record.json"), record.to_json().unwrap()).unwrap();
}

/// Runs the gate and gives the most memory that it held at once, in bytes.
fn peak(args: &[String]) -> usize {
    let mut gate = Command::new(env!("CARGO_BIN_EXE_sor-gate"));
    let mut gate = gate.args(args).stdout(Stdio::null()).spawn().unwrap();
    let status = format!("/proc/{}/status", gate.id());
    let mut most = 0;
    // The high-water mark is the kernel's, so that looking now and then misses nothing but the last moment.
    while gate.try_wait().unwrap().is_none() {
        let text = fs::read_to_string(&status).unwrap_or_default();
        let mark = text.lines().find_map(|line| line.strip_prefix("VmHWM:"));
        let kib = mark.and_then(|mark| mark.trim().trim_end_matches(" kB").parse().ok());
        most = most.max(kib.unwrap_or(0) * 1024);
        std::thread::sleep(std::time::Duration::from_millis(2));
    }
    assert!(gate.wait().unwrap().success(), "{args:?}");
    most
}

#[test]
fn a_large_record_is_rendered_within_a_few_times_its_size() {
    let home = tempfile::tempdir().unwrap();
    large(home.path());
    let size = fs::metadata(home.path().join("record.json")).unwrap().len() as usize;
    assert!(size >= SIZE, "{size} bytes");
    let mut args = vec!["report".to_owned(), home.path().display().to_string()];
    for kind in ["html", "junit", "sarif", "summary"] {
        args.extend(["--report".into(), format!("{kind}:{}", home.path().join(kind).display())]);
    }
    let most = peak(&args);
    assert!(most > size / 2, "{most} bytes is no measurement");
    assert!(most < TIMES * size, "{most} bytes for a record of {size}");
    println!("{:.1} times the size of the record", most as f64 / size as f64);
}
