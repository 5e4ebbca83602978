//! The judge's edge cases.

use sor_gate::verdict::Verdict;

use super::*;

fn got(id: &str) -> Attempt {
    Attempt::Claimed(id.into())
}

fn pair(second: &str, waited: bool, calibration: Option<Calibration>) -> Pair {
    let (first, second) = (got("1"), got(second));
    Pair { first, second, waited, open: !waited, lock_timeout: "0".into(), calibration }
}

#[test]
fn the_pair() {
    let good = || Some(Calibration { waited: true, took: got("1") });
    assert_eq!(exclusive(&pair("2", false, good())).verdict, Verdict::Pass);
    assert_eq!(exclusive(&pair("1", true, None)).verdict, Verdict::Fail);
    let blunt = Some(Calibration { waited: true, took: got("3") });
    assert_eq!(exclusive(&pair("2", false, blunt)).verdict, Verdict::Error);
    assert_eq!(no_wait(&pair("2", true, None)).verdict, Verdict::Fail);
    assert_eq!(no_wait(&pair("2", false, good())).verdict, Verdict::Pass);
    let blind = Some(Calibration { waited: false, took: got("1") });
    assert_eq!(no_wait(&pair("2", false, blind)).verdict, Verdict::Error);
}

#[test]
fn the_fleet() {
    let seen = |histories: Vec<Vec<Attempt>>, left: &[&str]| Fleet {
        rows: vec!["1".into(), "2".into(), "3".into()],
        histories,
        left: left.iter().map(ToString::to_string).collect(),
        held: true,
    };
    let once = vec![vec![got("1"), got("3")], vec![got("2")]];
    assert_eq!(fleet(&seen(once.clone(), &[])).verdict, Verdict::Pass);
    assert_eq!(fleet(&seen(once, &["3"])).verdict, Verdict::Fail);
    assert_eq!(
        fleet(&seen(vec![vec![got("1"), got("2")], vec![got("2"), got("3")]], &[])).verdict,
        Verdict::Fail
    );
    assert_eq!(fleet(&seen(vec![vec![got("1"), got("2"), got("3")], vec![]], &[])).verdict, Verdict::Fail);
}
