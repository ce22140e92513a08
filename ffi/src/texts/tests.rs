use std::ffi::CStr;

use super::*;

#[test]
fn addresses_stay_while_texts_are_added() {
    let mut texts = Texts::default();
    let words: Vec<String> = (0..3000).map(|n| format!("{n}").repeat(1 + n % 97)).collect();
    let kept: Vec<_> = words.iter().map(|word| texts.add(word)).collect();
    for (word, kept) in words.iter().zip(kept) {
        // SAFETY: `texts` is alive.
        assert_eq!(unsafe { CStr::from_ptr(kept) }.to_str().unwrap(), word);
    }
    assert!(texts.add_if(None).is_null());
}
