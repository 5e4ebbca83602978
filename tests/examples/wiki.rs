//! A wiki by Python's own HTTP server, psycopg and redis-py: pages with revisions, read through a cache.

use crate::ground::Example;

#[test]
fn it_checks_clean() {
    Example::named("wiki_python").checks(&[]);
}

#[test]
fn its_cache_is_coherent() {
    let told = Example::named("wiki_python").drill(&["cache_coherence"]);
    assert_eq!(told.with("pass").len(), 11, "{}", told.said);
}

#[test]
fn fills_without_a_lease_leave_old_pages_behind() {
    let example = Example::named("wiki_python").with_file(
        "wiki.py",
        "if redis.call('GET', KEYS[2]) ~= ARGV[1] then return 0 end",
        "",
    );
    let told = example.drill(&["cache_coherence"]);
    assert_eq!(told.with("fail"), ["no_stale_fill"], "{}", told.said);
}

#[test]
fn a_write_that_forgets_no_entry_is_noticed() {
    let example = Example::named("wiki_python").with_file(
        "wiki.py",
        "            cache.forget(slug)\n            if rows",
        "            if rows",
    );
    let told = example.drill(&["cache_coherence"]);
    assert!(told.with("fail").contains(&"write_invalidates"), "{}", told.said);
}

#[test]
fn its_edits_are_held_against_their_revision() {
    let told = Example::named("wiki_python").drill(&["version_conflict"]);
    assert_eq!(told.with("pass").len(), 5, "{}", told.said);
}

#[test]
fn edits_on_any_revision_are_noticed() {
    let example = Example::named("wiki_python").with_file(
        "wiki.py",
        "WHERE slug = %s AND revision = %s RETURNING",
        "WHERE slug = %s AND %s > 0 RETURNING",
    );
    let told = example.drill(&["version_conflict"]);
    assert!(told.with("fail").contains(&"conflict_answered"), "{}", told.said);
    assert!(told.with("pass").contains(&"stale_write_refused"), "{}", told.said);
}
