//! Reads the real data: what is shipped from the repository, the rest from `BACTRIAN_DATA`.

use std::fs::File;
use std::io::Read;
use std::path::{Path, PathBuf};

fn repository() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

/// The rows of a gzipped CSV file whose fields hold no commas, without the header.
fn rows(path: &Path) -> Result<Vec<Vec<String>>, String> {
    let file = File::open(path).map_err(|error| format!("{}: {error}", path.display()))?;
    let mut text = String::new();
    flate2::read::GzDecoder::new(file).read_to_string(&mut text).map_err(|error| error.to_string())?;
    Ok(text.lines().skip(1).map(|line| line.split(',').map(str::to_owned).collect()).collect())
}

/// A file that the repository ships.
pub(crate) fn shipped(path: &str) -> Vec<Vec<String>> {
    rows(&repository().join(path)).unwrap()
}

/// Where a file would be that may not be shipped.
pub(crate) fn outside_path(path: &str) -> PathBuf {
    let root = std::env::var_os("BACTRIAN_DATA").map_or_else(|| repository().join("../shared/data"), PathBuf::from);
    root.join(path)
}

/// A file that may not be shipped; the reason why it is absent otherwise.
pub(crate) fn outside(path: &str) -> Result<Vec<Vec<String>>, String> {
    rows(&outside_path(path))
}

/// A file that the repository ships uncompressed.
pub(crate) fn plain(path: &str) -> Vec<Vec<String>> {
    let text = std::fs::read_to_string(repository().join(path)).unwrap();
    text.lines().skip(1).map(|line| line.split(',').map(str::to_owned).collect()).collect()
}
