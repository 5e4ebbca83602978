//! A Worker on DBOS, a library for durable execution: its journal lies in the library's own tables.

use crate::ground::Example;

#[test]
fn its_subject_file_checks_clean() {
    Example::named("dbos").checks(&[]);
}
