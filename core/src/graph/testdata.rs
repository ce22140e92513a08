//! Real graphs for tests, from the folder that `BACTRIAN_DATA` names.

use super::Csr;
use std::path::PathBuf;
use std::process::Command;

/// Zachary's karate club (1977): 34 members, 78 ties; members from 0.
pub(crate) const KARATE: [(u32, u32); 78] = [
    (1, 0),
    (2, 0),
    (2, 1),
    (3, 0),
    (3, 1),
    (3, 2),
    (4, 0),
    (5, 0),
    (6, 0),
    (6, 4),
    (6, 5),
    (7, 0),
    (7, 1),
    (7, 2),
    (7, 3),
    (8, 0),
    (8, 2),
    (9, 2),
    (10, 0),
    (10, 4),
    (10, 5),
    (11, 0),
    (12, 0),
    (12, 3),
    (13, 0),
    (13, 1),
    (13, 2),
    (13, 3),
    (16, 5),
    (16, 6),
    (17, 0),
    (17, 1),
    (19, 0),
    (19, 1),
    (21, 0),
    (21, 1),
    (25, 23),
    (25, 24),
    (27, 2),
    (27, 23),
    (27, 24),
    (28, 2),
    (29, 23),
    (29, 26),
    (30, 1),
    (30, 8),
    (31, 0),
    (31, 24),
    (31, 25),
    (31, 28),
    (32, 2),
    (32, 8),
    (32, 14),
    (32, 15),
    (32, 18),
    (32, 20),
    (32, 22),
    (32, 23),
    (32, 29),
    (32, 30),
    (32, 31),
    (33, 8),
    (33, 9),
    (33, 13),
    (33, 14),
    (33, 15),
    (33, 18),
    (33, 19),
    (33, 20),
    (33, 22),
    (33, 23),
    (33, 26),
    (33, 27),
    (33, 28),
    (33, 29),
    (33, 30),
    (33, 31),
    (33, 32),
];

pub(crate) fn karate() -> Csr {
    let (source, target): (Vec<u32>, Vec<u32>) = KARATE.iter().copied().unzip();
    Csr::from_edges(34, &source, &target, None, false).unwrap()
}

/// The text of a data file, unpacked; `None` (with a line that says so) where the data are absent.
pub(crate) fn text(path: &str) -> Option<String> {
    let base = std::env::var_os("BACTRIAN_DATA").map(PathBuf::from);
    let base = base.unwrap_or_else(|| PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../../shared/data")));
    let file = base.join(path);
    if !file.exists() {
        eprintln!("skipped: `{}` is not there (set BACTRIAN_DATA)", file.display());
        return None;
    }
    if path.ends_with(".gz") {
        let out = Command::new("gzip").arg("-dc").arg(&file).output().unwrap();
        return Some(String::from_utf8(out.stdout).unwrap());
    }
    Some(std::fs::read_to_string(file).unwrap())
}

/// The numbers of each line of a data file; lines that do not begin with a digit are passed over.
pub(crate) fn numbers(path: &str) -> Option<Vec<Vec<f64>>> {
    let text = text(path)?;
    let rows = text.lines().filter(|line| line.starts_with(|c: char| c.is_ascii_digit()));
    Some(rows.map(|row| row.split([' ', '\t', ',']).filter_map(|x| x.parse().ok()).collect()).collect())
}

/// A graph from a file of pairs; `skip` lines of header that hold numbers are passed over.
pub(crate) fn pairs(path: &str, skip: usize, directed: bool) -> Option<Csr> {
    let rows = numbers(path)?;
    let source: Vec<u32> = rows[skip..].iter().map(|row| row[0] as u32).collect();
    let target: Vec<u32> = rows[skip..].iter().map(|row| row[1] as u32).collect();
    let nodes = source.iter().chain(&target).max().map_or(0, |&max| max as usize + 1);
    Some(Csr::from_edges(nodes, &source, &target, None, directed).unwrap())
}

/// A directed graph of 12 nodes with weights, for which other software gave figures.
pub(crate) const TWELVE: [(u32, u32, f64); 39] = [
    (0, 3, 7.0),
    (0, 9, 8.0),
    (1, 5, 4.0),
    (1, 6, 4.0),
    (1, 7, 1.0),
    (1, 8, 7.0),
    (2, 3, 6.0),
    (2, 6, 2.0),
    (2, 11, 6.0),
    (3, 1, 5.0),
    (3, 6, 3.0),
    (3, 10, 7.0),
    (4, 2, 5.0),
    (4, 3, 7.0),
    (4, 5, 2.0),
    (4, 9, 7.0),
    (4, 10, 7.0),
    (5, 1, 6.0),
    (5, 2, 6.0),
    (5, 6, 6.0),
    (5, 11, 4.0),
    (6, 4, 6.0),
    (6, 7, 7.0),
    (6, 8, 7.0),
    (6, 10, 2.0),
    (7, 1, 4.0),
    (7, 3, 6.0),
    (7, 5, 3.0),
    (8, 5, 7.0),
    (8, 6, 8.0),
    (8, 7, 3.0),
    (8, 9, 1.0),
    (9, 0, 2.0),
    (9, 11, 4.0),
    (10, 0, 4.0),
    (11, 1, 3.0),
    (11, 3, 3.0),
    (11, 6, 2.0),
    (11, 9, 1.0),
];

pub(crate) fn twelve() -> Csr {
    let source: Vec<u32> = TWELVE.iter().map(|e| e.0).collect();
    let target: Vec<u32> = TWELVE.iter().map(|e| e.1).collect();
    let weight: Vec<f64> = TWELVE.iter().map(|e| e.2).collect();
    Csr::from_edges(12, &source, &target, Some(&weight), true).unwrap()
}

#[track_caller]
pub(crate) fn assert_close(ours: &[f64], theirs: &[f64], tolerance: f64) {
    assert_eq!(ours.len(), theirs.len());
    for (i, (a, b)) in ours.iter().zip(theirs).enumerate() {
        assert!((a - b).abs() <= tolerance * b.abs().max(1.0) || a.is_nan() && b.is_nan(), "{i}: {a} against {b}");
    }
}
