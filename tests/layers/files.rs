//! Rules of every file.

use crate::source::Source;

/// How many lines a file may have,
const LONGEST: usize = 300;
/// and how many where it is a list of scenarios.
const LONGEST_TEST: usize = 400;

/// The compiler forbids it through the workspace's lints; a package that forgot to take them is found here.
pub fn nothing_is_unsafe(source: &Source) -> Vec<String> {
    source.words.iter().filter(|word| word.text == "unsafe").map(|word| word.told()).collect()
}

/// `#[path]` lets code reach what is private to another layer. The one use is main's, of the drills.
pub fn modules_lie_where_they_are_named(source: &Source) -> Vec<String> {
    let ours = |name: &str| source.place == "src/main.rs" && name == "drills";
    let moved = source.moved_modules.iter().filter(|module| !ours(&module.text));
    moved.map(|module| format!("line {}: #[path] on `{}`", module.line, module.text)).collect()
}

/// A file has one job.
pub fn is_short(source: &Source) -> Vec<String> {
    let long = source.lines > if source.lies_in("tests") { LONGEST_TEST } else { LONGEST };
    long.then(|| format!("{} lines", source.lines)).into_iter().collect()
}

#[test]
fn they_fail_on_bad_sources() {
    let parse = |text: &str| Source::parse("src/postgres/cluster.rs", text);
    assert_eq!(nothing_is_unsafe(&parse("fn f() { unsafe { g() } }")).len(), 1);
    assert_eq!(nothing_is_unsafe(&parse("fn f() { vec![unsafe { g() }]; }")).len(), 1);
    assert_eq!(nothing_is_unsafe(&parse("#![forbid(unsafe_code)] // unsafe\nfn f() {}")).len(), 0);
    let moved = "#[path = \"../../drills/mod.rs\"] mod drills;";
    assert_eq!(modules_lie_where_they_are_named(&parse(moved)).len(), 1);
    assert_eq!(modules_lie_where_they_are_named(&Source::parse("src/main.rs", moved)).len(), 0);
    assert_eq!(is_short(&parse(&"// more\n".repeat(LONGEST + 1))), ["301 lines"]);
    assert_eq!(is_short(&parse(&"// more\n".repeat(LONGEST))).len(), 0);
}
