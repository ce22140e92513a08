//! `include/bactrian.h` is what cbindgen makes of `src`. `BACTRIAN_WRITE_HEADER=1 cargo test -p
//! bactrian-ffi --test header` writes it anew.

#![cfg(test)]

use std::path::Path;

fn generated(crate_root: &Path) -> String {
    let config = cbindgen::Config::from_file(crate_root.join("cbindgen.toml")).unwrap();
    let bindings = cbindgen::Builder::new().with_crate(crate_root).with_config(config).generate().unwrap();
    let mut bytes = Vec::new();
    bindings.write(&mut bytes);
    String::from_utf8(bytes).unwrap().replace("const char * ", "const char *")
}

#[test]
fn the_header_is_that_of_the_source() {
    let crate_root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let path = crate_root.join("../include/bactrian.h");
    let generated = generated(crate_root);
    if std::env::var_os("BACTRIAN_WRITE_HEADER").is_some() {
        std::fs::write(&path, &generated).unwrap();
    }
    let committed = std::fs::read_to_string(&path).unwrap();
    let differing = committed.lines().zip(generated.lines()).position(|(committed, generated)| committed != generated);
    assert!(
        committed == generated,
        "include/bactrian.h differs from ffi/src, first in line {}: write it anew with BACTRIAN_WRITE_HEADER=1",
        differing.map_or(committed.lines().count().min(generated.lines().count()), |line| line) + 1
    );
}

#[test]
fn package_files_have_the_version_of_the_crate() {
    let include = Path::new(env!("CARGO_MANIFEST_DIR")).join("../include");
    let version = env!("CARGO_PKG_VERSION");
    let package = std::fs::read_to_string(include.join("bactrian.pc")).unwrap();
    assert!(package.contains(&format!("\nVersion: {version}\n")));
    let cmake = std::fs::read_to_string(include.join("bactrian-config-version.cmake")).unwrap();
    assert!(cmake.contains(&format!("set(PACKAGE_VERSION \"{version}\")")));
}
