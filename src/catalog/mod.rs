//! What a database holds, apart from its rows: a catalog snapshot to compare, and digests of the rows.
//!
//! A snapshot lists every schema, table, column, constraint, index, trigger, rule, policy, view, routine, type,
//! sequence, extension, publication, foreign server, role, membership, setting, grant, default privilege, comment
//! and security label, each with its owner and its definition, printed under one fixed `search_path`.
//!
//! Left out, because they are no difference in what the database is:
//! - object ids, the order of columns (a column that is dropped and added again moves to the end), the slots of
//!   dropped columns;
//! - the number in a name that Postgres made up (`expenses_pkey1`) when the rest is the name that it makes up for
//!   that table and those columns; a name that a person chose is compared as it stands;
//! - whether privileges are written out or left at their default (`acldefault()`), and the order inside an ACL;
//! - the values of sequences, planner statistics, large objects, tablespaces;
//! - the members of an extension (but not privileges granted on them later);
//! - the server's own marks on columns (`pg_attver`, since the minor releases of 2026);
//! - what came with the server (but not privileges granted on it later);
//! - passwords, and the values of user-mapping options, which have no place in evidence;
//! - the name of the database, so that two copies compare equal.

mod diff;
mod digest;
mod snapshot;

pub use diff::{CatalogDiff, Change, unified};
pub use digest::{DigestDiff, Follow, TableDigest, TableDigests};
pub use snapshot::{Item, Reader, Snapshot};
