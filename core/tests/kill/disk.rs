//! A disk that is full and one that can't be written: real ones, in a name space of their own.

use std::path::Path;
use std::process::Command;

use super::*;

/// Runs only as the process that has a small disk of its own.
#[test]
fn tenant() {
    let Ok(folder) = std::env::var("BACTRIAN_SMALL_DISK") else { return };
    let path = Path::new(&folder).join("shop.bactrian");
    let engine = Engine::open(&path, Some(&definition(false, "all")), Options::default()).unwrap();
    let full = (0..).find_map(|number| {
        let before = engine.digest().unwrap();
        let error = engine.observe(&[batch(number)], &Call { kind: Some("purchase"), roles: &[] }).err()?;
        assert_eq!(error.kind(), ErrorKind::StoreIo, "{error}");
        assert_eq!(engine.digest().unwrap(), before);
        Some(before)
    });
    let full = full.unwrap();
    assert!(!engine.score(None, None, None, None).unwrap().is_empty());
    drop(engine.close());

    assert!(Command::new("mount").args(["-o", "remount,ro", &folder]).status().unwrap().success());
    let error = Engine::open(&path, None, Options::default()).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::StoreIo, "{error}");
    let reader = Engine::open(&path, None, Options { read_only: true, ..Options::default() }).unwrap();
    assert_eq!(reader.digest().unwrap(), full);
    assert_eq!(purchase(&reader, 1).unwrap_err().kind(), ErrorKind::ReadOnly);
    assert_eq!(reader.checkpoint().unwrap_err().kind(), ErrorKind::ReadOnly);
    assert_eq!(reader.digest().unwrap(), full);
    println!("tenant is done");
}

#[test]
#[cfg(target_os = "linux")]
fn a_full_disk_and_a_read_only_one_leave_the_engine_readable() {
    let folder = tempfile::tempdir().unwrap();
    let small = folder.path().join("small");
    std::fs::create_dir(&small).unwrap();
    let within = |script: &str| {
        let mut command = Command::new("unshare");
        command.args(["--mount", "--map-root-user", "sh", "-c", script, "sh"]);
        command.arg(&small).arg(std::env::current_exe().unwrap()).env("BACTRIAN_SMALL_DISK", &small).output()
    };
    let mount = "mount -t tmpfs -o size=6m none \"$1\"";
    if !within(mount).is_ok_and(|output| output.status.success()) {
        println!("skipped: this system does not let a test mount a disk of its own");
        return;
    }
    let run = format!("{mount} && exec \"$2\" --exact disk::tenant --nocapture --test-threads=1");
    let output = within(&run).unwrap();
    let said = String::from_utf8_lossy(&output.stdout);
    assert!(
        output.status.success() && said.contains("tenant is done"),
        "{said}{}",
        String::from_utf8_lossy(&output.stderr)
    );
}
