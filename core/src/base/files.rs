//! Files whose whole content is taken into memory.

use std::io::{Error, ErrorKind, Read, Result};
use std::path::Path;

/// Most bytes of a file that is read whole.
const LONGEST: u64 = 256 << 20;

/// The content of a file that is one (no device, no pipe, no directory), and has at most 256 MiB.
pub(crate) fn read_whole(path: &Path) -> Result<Vec<u8>> {
    let refused = |why| Err(Error::new(ErrorKind::InvalidInput, why));
    if !std::fs::metadata(path)?.is_file() {
        return refused("it is no file");
    }
    let mut content = Vec::new();
    std::fs::File::open(path)?.take(LONGEST + 1).read_to_end(&mut content)?;
    match content.len() as u64 > LONGEST {
        true => refused("it is longer than 256 MiB"),
        false => Ok(content),
    }
}
