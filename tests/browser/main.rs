//! The report of the committed example in a real browser: rows opened by key and by click, both themes, a phone, paper.

#![allow(clippy::unwrap_used)]

mod chromium;

use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::Command;

use chromium::Chromium;

/// The page of the example, rendered by this build.
fn page() -> (tempfile::TempDir, PathBuf) {
    let home = tempfile::tempdir().unwrap();
    let file = home.path().join("report.html");
    let example = Path::new(env!("CARGO_MANIFEST_DIR")).join("evidence/example");
    let mut gate = Command::new(env!("CARGO_BIN_EXE_sor-gate"));
    gate.arg("report").arg(example).arg("--report").arg(format!("html:{}", file.display()));
    assert!(gate.status().unwrap().success());
    (home, file)
}

/// Where pictures are left for people to look at, when asked for.
fn keep(name: &str, content: &[u8]) {
    if let Some(folder) = std::env::var_os("SOR_GATE_TEST_PICTURES") {
        std::fs::write(Path::new(&folder).join(name), content).unwrap();
    }
}

const OPEN: &str = "[...document.querySelectorAll('details.drill')].map(drill => drill.open)";

#[test]
fn rows_open_by_key_and_by_click() {
    let (_home, file) = page();
    let Some(mut browser) = Chromium::open(&file, 1200) else { return };
    let shut = browser.eval(OPEN);
    assert_eq!(shut.as_array().unwrap().len(), 9);
    assert!(shut.as_array().unwrap().iter().all(|open| open == false), "{shut}");
    // The decision comes first; nothing but rows and links is in the way of the key.
    let first = browser.eval("document.querySelector('main').firstElementChild.innerText");
    assert!(first.as_str().unwrap().contains("PERMITTED"), "{first}");
    browser.press("Tab", 9);
    assert_eq!(browser.eval("document.activeElement.parentElement.id"), "migration_review");
    browser.press("Enter", 13);
    assert_eq!(browser.eval("document.querySelector('#migration_review').open"), true);
    let seen = browser.eval("document.querySelector('#migration_review .inner').innerText");
    for part in ["CLAIMS", "lock_safe", "rider_grant"] {
        let text = seen.as_str().unwrap();
        assert!(text.to_uppercase().contains(&part.to_uppercase()), "{part}: {text}");
    }
    browser.press("Enter", 13);
    assert_eq!(browser.eval("document.querySelector('#migration_review').open"), false);
    browser.click("#idempotency_retry_test > summary");
    assert_eq!(browser.eval("document.querySelector('#idempotency_retry_test').open"), true);
    browser.eval("location.hash = 'forensics_drill'");
    browser.eval("new Promise(done => setTimeout(done))");
    assert_eq!(browser.eval("document.querySelector('#forensics_drill').open"), true);
}

/// Nothing is wider than the window, in no theme; and the themes differ.
#[test]
fn the_page_fits_and_has_two_themes() {
    let (_home, file) = page();
    for width in [390, 1200] {
        let Some(mut browser) = Chromium::open(&file, width) else { return };
        let mut papers = Vec::new();
        for theme in ["light", "dark"] {
            browser.media("prefers-color-scheme", theme);
            keep(&format!("{theme}-{width}-shut.png"), &browser.picture());
            browser.eval("document.querySelectorAll('details').forEach(row => { row.open = true; })");
            let wide = browser.eval("document.documentElement.scrollWidth");
            assert!(wide.as_u64().unwrap() <= width.into(), "{theme}: {wide} of {width} pixels");
            keep(&format!("{theme}-{width}-open.png"), &browser.picture());
            papers.push(browser.eval("getComputedStyle(document.body).backgroundColor"));
            browser.eval("document.querySelectorAll('details').forEach(row => { row.open = false; })");
        }
        assert_ne!(papers[0], papers[1]);
    }
}

/// The contrast of text that WCAG 2.2 asks for at level AA (1.4.3), in both themes.
#[test]
fn text_is_readable_in_both_themes() {
    let (_home, file) = page();
    let Some(mut browser) = Chromium::open(&file, 1200) else { return };
    for theme in ["light", "dark"] {
        browser.media("prefers-color-scheme", theme);
        browser.eval("document.querySelectorAll('details').forEach(row => { row.open = true; })");
        let faint = browser.eval(include_str!("contrast.js"));
        assert_eq!(faint, serde_json::json!([]), "{theme}");
    }
}

#[test]
fn paper_shows_everything() {
    let (home, file) = page();
    let Some(mut browser) = Chromium::open(&file, 1200) else { return };
    let pdf = browser.printed();
    keep("paper.pdf", &pdf);
    assert!(pdf.starts_with(b"%PDF-"));
    assert_eq!(browser.eval("document.querySelectorAll('details[open]').length"), 0, "shut again");
    let place = home.path().join("paper.pdf");
    std::fs::write(&place, pdf).unwrap();
    let Ok(text) = Command::new("pdftotext").args(["-layout"]).arg(&place).arg("-").output() else {
        let _ = writeln!(std::io::stderr(), "skipped: there is no pdftotext; scripts/test.sh installs it");
        return;
    };
    let text = String::from_utf8_lossy(&text.stdout).into_owned();
    // A claim and a statement from within closed rows, and a digest from the last of them.
    for part in ["PERMITTED", "no_smuggling", "SQLSTATE", "sha256:"] {
        assert!(text.contains(part), "{part} is not on paper");
    }
}
