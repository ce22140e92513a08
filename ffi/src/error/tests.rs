use std::ffi::CStr;

use super::*;

fn text(pointer: *const c_char) -> String {
    // SAFETY: the texts of the last error are valid until the next failure.
    unsafe { CStr::from_ptr(pointer) }.to_str().unwrap().to_owned()
}

#[test]
fn a_panic_is_a_status() {
    assert_eq!(guard(|| panic!("a {}", "reason")), Status::Internal);
    assert_eq!(text(bactrian_error_message()), "the library failed: a reason");
    assert_eq!(guard_or(7, || panic!("again")), 7);
    assert_eq!(text(bactrian_error_message()), "the library failed: again");
    assert_eq!(bactrian_error_status(), Status::Internal);
}

#[test]
fn errors_are_of_their_thread_and_outlive_success() {
    let error = || Err(Error::new(ErrorKind::UnknownColumn, "no column `a`").hint("did you mean `b`?"));
    assert_eq!(guard(error), Status::UnknownColumn);
    assert_eq!(guard(|| Ok(())), Status::Ok);
    assert_eq!(text(bactrian_error_hint()), "did you mean `b`?");
    std::thread::spawn(|| {
        assert_eq!(bactrian_error_status(), Status::Ok);
        assert_eq!(text(bactrian_error_message()), "");
        assert!(bactrian_error_hint().is_null());
        assert!(bactrian_error_problem(0).is_null());
    })
    .join()
    .unwrap();
}
