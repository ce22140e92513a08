//! Checkpoints: what was encoded decodes to the same bytes and goes on in the same way; anything else
//! is an error.

use proptest::prelude::*;

use super::*;
use crate::base::ErrorKind;

fn folded(text: &str, seed: u64, count: usize) -> (Program, State) {
    let (program, keys) = program(text);
    let mut state = empty(&program, &keys);
    let events = record(&made(seed, count, 25), &program, &mut state);
    state.apply_events(&program, &events);
    (program, state)
}

fn decoded(program: &Program, state: &State, bytes: &[u8]) -> Result<State> {
    State::decode(program, state.ids.clone(), state.keys.clone(), bytes)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(12))]

    #[test]
    fn a_checkpoint_reads_back(seed in any::<u64>(), count in 0..300usize, messages in any::<bool>()) {
        let text = if messages { replies() } else { everything() };
        let (program, mut state) = folded(&text, seed, count);
        let bytes = state.encode();
        let mut again = decoded(&program, &state, &bytes).unwrap();
        prop_assert!(again.encode() == bytes, "it re-encodes to other bytes");
        // It goes on as if it had never been written.
        let more = record(&made(seed ^ 1, 150, 25), &program, &mut state);
        (again.ids, again.keys) = (state.ids.clone(), state.keys.clone());
        state.apply_events(&program, &more);
        again.apply_events(&program, &more);
        prop_assert!(again.encode() == state.encode(), "it goes on differently");
        for feature in 0..program.features.len() {
            let (own, other) = (state.feature(&program, feature, 3, state.now), again.feature(&program, feature, 3, state.now));
            prop_assert_eq!(own.to_bits(), other.to_bits());
        }
    }

    #[test]
    fn hostile_bytes_are_errors(seed in any::<u64>(), messages in any::<bool>(), cuts in proptest::collection::vec((any::<u32>(), any::<u8>()), 60)) {
        let text = if messages { replies() } else { everything() };
        let (program, state) = folded(&text, seed % 4, 60);
        let bytes = state.encode();
        for (place, byte) in cuts {
            let place = place as usize % bytes.len();
            let kind = decoded(&program, &state, &bytes[..place]).unwrap_err().kind();
            prop_assert_eq!(kind, ErrorKind::StoreCorrupt);
            let mut changed = bytes.clone();
            changed[place] = byte;
            // A changed number may be as good as any; then the state can be read and goes on.
            match decoded(&program, &state, &changed) {
                Err(error) => prop_assert!(matches!(error.kind(), ErrorKind::StoreCorrupt | ErrorKind::StoreVersion)),
                Ok(mut state) => {
                    for feature in 0..program.features.len() {
                        for customer in 0..state.customers() {
                            state.feature(&program, feature, customer, state.now);
                        }
                    }
                    let events = record(&made(seed, 130, 25), &program, &mut state);
                    state.apply_events(&program, &events);
                    state.encode();
                }
            }
        }
    }
}

#[test]
fn a_newer_version_is_named_as_such() {
    let (program, state) = folded(HEAD, 1, 10);
    let mut bytes = state.encode();
    bytes[0] = 3;
    assert_eq!(decoded(&program, &state, &bytes).unwrap_err().kind(), ErrorKind::StoreVersion);
}
