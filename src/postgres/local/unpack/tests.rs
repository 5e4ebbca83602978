use super::*;
use crate::postgres::local::pack::{is_whole, pack};

struct Packed {
    folder: tempfile::TempDir,
    pack: PathBuf,
}

fn packed(frozen: &[&str]) -> Packed {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("data");
    fs::create_dir_all(data.join("base/1")).unwrap();
    fs::create_dir_all(data.join("base/5")).unwrap();
    fs::create_dir(data.join("empty")).unwrap();
    fs::write(data.join("PG_VERSION"), "15\n").unwrap();
    fs::write(data.join("base/1/1259"), vec![1; 10]).unwrap();
    fs::write(data.join("base/1/pg_internal.init"), "passing").unwrap();
    fs::write(data.join("base/5/16384"), vec![7; 3 * CHUNK + 1]).unwrap();
    fs::write(data.join("postmaster.pid"), "1").unwrap();
    let file = folder.path().join("pack");
    pack(&data, frozen.iter().map(PathBuf::from).collect(), &file).unwrap();
    Packed { folder, pack: file }
}

impl Packed {
    fn unpack(&self, name: &str) -> Result<PathBuf> {
        let copy = self.folder.path().join(name);
        unpack(&self.pack, &copy, None, &Frozen::new(self.folder.path())).map(|()| copy)
    }
}

#[test]
fn comes_back_the_same() {
    let packed = packed(&[]);
    let copy = packed.unpack("copy").unwrap();
    assert_eq!(fs::read(copy.join("base/5/16384")).unwrap(), vec![7; 3 * CHUNK + 1]);
    assert!(copy.join("empty").is_dir());
    assert!(!copy.join("postmaster.pid").exists() && !copy.join("base/1/pg_internal.init").exists());
}

#[test]
fn what_is_frozen_is_there_once() {
    let packed = packed(&["base/1"]);
    let (one, other) = (packed.unpack("one").unwrap(), packed.unpack("other").unwrap());
    let frozen = |copy: &Path| fs::read_link(copy.join("base/1")).unwrap();
    assert_eq!(frozen(&one), frozen(&other));
    assert_eq!(fs::read(other.join("base/1/1259")).unwrap(), vec![1; 10]);
    assert!(fs::symlink_metadata(one.join("base/5")).unwrap().is_dir());
    fs::remove_dir_all(one).unwrap();
    assert!(other.join("base/1/1259").exists());
}

#[test]
fn half_a_pack_is_none_and_a_changed_byte_is_noticed() {
    let packed = packed(&[]);
    let bytes = fs::read(&packed.pack).unwrap();
    fs::write(&packed.pack, &bytes[..bytes.len() - 1]).unwrap();
    assert!(!is_whole(&packed.pack));
    let mut changed = bytes;
    *changed.last_mut().unwrap() ^= 1;
    fs::write(&packed.pack, &changed).unwrap();
    assert!(is_whole(&packed.pack));
    let error = packed.unpack("copy").unwrap_err();
    assert!(error.what.starts_with(DAMAGED), "{error}");
}
