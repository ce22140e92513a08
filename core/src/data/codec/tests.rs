use proptest::prelude::*;

use super::super::ids::OwnedId;
use super::super::record::{Batch, Events, FieldColumn, Fitted, NONE, Record, Ties, Traits, Values};
use super::super::time::TIME_BOUND;
use super::*;
use crate::base::ErrorKind;

const IDS: u32 = 400;
const KEYS: u32 = 60;

fn number() -> impl Strategy<Value = f64> {
    prop_oneof![
        Just(f64::NAN),
        Just(-0.0),
        Just(0.0),
        (-300i32..300).prop_map(f64::from),
        any::<i32>().prop_map(f64::from),
        any::<f64>(),
        any::<u64>().prop_map(f64::from_bits),
    ]
}

fn below_or_none(bound: u32) -> impl Strategy<Value = u32> {
    prop_oneof![4 => 0..bound, 1 => Just(NONE)]
}

fn times(rows: usize, sorted: bool) -> impl Strategy<Value = Vec<i64>> {
    let step = prop_oneof![0..3i64, 0..100_000_000i64, -TIME_BOUND + 1..TIME_BOUND];
    prop::collection::vec(step, rows).prop_map(move |mut at| {
        if sorted {
            at.sort_unstable();
        }
        at
    })
}

fn values(rows: usize) -> impl Strategy<Value = Values> {
    let lists = prop::collection::vec(prop::collection::vec(0..KEYS, 0..4), rows);
    let texts = prop::collection::vec("[a-zé€]{0,9}", rows);
    prop_oneof![
        prop::collection::vec(number(), rows).prop_map(Values::Number),
        prop::collection::vec(-2i32..3, rows).prop_map(|v| Values::Number(v.into_iter().map(f64::from).collect())),
        prop::collection::vec(below_or_none(KEYS), rows).prop_map(Values::Key),
        lists.prop_map(|lists| Values::Keys { ends: ends(lists.iter().map(Vec::len)), keys: lists.concat() }),
        texts.prop_map(|texts| Values::Label {
            ends: ends(texts.iter().map(String::len)),
            bytes: texts.concat().into_bytes()
        }),
    ]
}

fn ends(lengths: impl Iterator<Item = usize>) -> Vec<u32> {
    lengths
        .scan(0, |end, length| {
            *end += length as u32;
            Some(*end)
        })
        .collect()
}

fn fields(rows: usize) -> impl Strategy<Value = Vec<FieldColumn>> {
    prop::collection::btree_map(0..KEYS, values(rows), 0..4)
        .prop_map(|fields| fields.into_iter().map(|(name, values)| FieldColumn { name, values }).collect())
}

fn events(rows: usize) -> impl Strategy<Value = Events> {
    let ids = || prop::collection::vec(below_or_none(IDS), rows);
    (prop::collection::vec(0..KEYS, rows), ids(), ids(), times(rows, true), fields(rows)).prop_map(
        |(kind, customer, mut peer, at, fields)| {
            for (peer, customer) in peer.iter_mut().zip(&customer) {
                if *customer == NONE && *peer == NONE {
                    *peer = 0;
                }
            }
            Events { kind, customer, peer, at, fields }
        },
    )
}

fn record() -> impl Strategy<Value = Record> {
    let ids = |rows| prop::collection::vec(0..IDS, rows);
    prop_oneof![
        4 => (0usize..40).prop_flat_map(events).prop_map(Record::Events),
        2 => (0usize..20)
            .prop_flat_map(move |rows| (ids(rows), times(rows, false), fields(rows)))
            .prop_map(|(customer, at, fields)| Record::Traits(Traits { customer, at, fields })),
        2 => (0usize..20)
            .prop_flat_map(move |rows| {
                let weight = prop::collection::vec(number(), rows);
                (prop::collection::vec(0..KEYS, rows), ids(rows), ids(rows), times(rows, false), weight)
            })
            .prop_map(|(layer, customer, peer, at, weight)| Record::Ties(Ties { layer, customer, peer, at, weight })),
        1 => ".{0,80}".prop_map(Record::Define),
        1 => (-TIME_BOUND + 1..TIME_BOUND).prop_map(Record::Advance),
        1 => prop::collection::vec(("[a-z]{1,5}", prop::collection::vec(any::<u8>(), 0..50)), 0..4)
            .prop_map(|parameters| Record::Fit(Fitted { at: 7, parameters })),
        1 => Just(Record::Merge(3, 9)),
        1 => Just(Record::Erase(3)),
    ]
}

fn batch() -> impl Strategy<Value = Batch> {
    let id = prop_oneof![
        any::<u64>().prop_map(OwnedId::Number),
        "[a-zé]{1,9}".prop_map(|text| OwnedId::Text(text.into())),
        Just(OwnedId::Erased),
    ];
    let names = (prop::collection::vec(id, 0..20), prop::collection::vec("[a-zé]{0,9}", 0..9));
    (any::<u32>(), -TIME_BOUND + 1..TIME_BOUND, names, record())
        .prop_map(|(sequence, now, (ids, keys), record)| Batch { sequence: sequence.into(), now, ids, keys, record })
}

/// Equal to the bit; `==` of records takes NaN for unequal.
fn same(a: &Batch, b: &Batch) -> bool {
    format!("{a:?}") == format!("{b:?}") && bits(&a.record) == bits(&b.record)
}

fn bits(record: &Record) -> Vec<u64> {
    let numbers = |fields: &[FieldColumn]| {
        let of_field = |field: &FieldColumn| match &field.values {
            Values::Number(values) => values.iter().map(|value| value.to_bits()).collect(),
            _ => Vec::new(),
        };
        fields.iter().flat_map(of_field).collect()
    };
    match record {
        Record::Events(events) => numbers(&events.fields),
        Record::Traits(traits) => numbers(&traits.fields),
        Record::Ties(ties) => ties.weight.iter().map(|weight| weight.to_bits()).collect(),
        _ => Vec::new(),
    }
}

proptest! {
    #[test]
    fn a_batch_reads_back_to_the_bit(batch in batch()) {
        let values = encode(&batch, Mark::default()).unwrap();
        prop_assert_eq!(values.len(), 1);
        prop_assert_eq!(values[0].0, batch.sequence);
        let read = decode(&values[0].1).unwrap();
        prop_assert!(same(&read, &batch), "{:?}\n{:?}", read, batch);
        prop_assert!(read.validate(IDS as usize, KEYS as usize).is_ok());
    }

    #[test]
    fn changed_bytes_never_panic(batch in batch(), at in any::<prop::sample::Index>(), to: u8, cut in any::<prop::sample::Index>()) {
        let mut value = encode(&batch, Mark::default()).unwrap().remove(0).1;
        *at.get_mut(&mut value[..]) = to;
        if let Ok(batch) = decode(&value) {
            let _ = batch.validate(IDS as usize, KEYS as usize);
            let _ = encode(&batch, Mark::default());
        }
        value.truncate(cut.index(value.len()));
        if let Err(error) = decode(&value) {
            prop_assert!([ErrorKind::StoreCorrupt, ErrorKind::StoreVersion].contains(&error.kind()));
        }
    }

    #[test]
    fn random_bytes_never_panic(mut bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        let _ = decode(&bytes);
        bytes.splice(0..0, [MAGIC, VERSION]);
        let _ = decode(&bytes);
    }

    #[test]
    fn columns_read_back(u32s: Vec<u32>, u64s: Vec<u64>, i64s: Vec<i64>, f64s in prop::collection::vec(number(), 0..30), lengths in prop::collection::vec(0usize..70_000, 0..20)) {
        let ends = ends(lengths.into_iter());
        let mut to = Writer::default();
        to.u32s(&u32s);
        to.u64s(&u64s);
        to.i64s(&i64s);
        to.f64s(&f64s);
        to.ends(&ends);
        let bytes = to.into_bytes();
        let mut from = Reader::new(&bytes);
        prop_assert_eq!(from.u32s(u32s.len()).unwrap(), u32s);
        prop_assert_eq!(from.u64s(u64s.len()).unwrap(), u64s);
        prop_assert_eq!(from.i64s(i64s.len()).unwrap(), i64s);
        let read = from.f64s(f64s.len()).unwrap();
        prop_assert!(read.iter().map(|v| v.to_bits()).eq(f64s.iter().map(|v| v.to_bits())));
        prop_assert_eq!(from.ends(ends.len()).unwrap(), ends);
        from.finish().unwrap();
    }
}

/// A batch as ingest makes it: ids and keys numbered in order of first sight, over ones known before.
fn long_batch(rows: usize, id_bytes: usize) -> (Batch, Mark) {
    let before = Mark { now: 1_000, ids: 50, keys: 10 };
    let new_every = 3;
    let customer = (0..rows as u32).map(|row| 50 + row / new_every).collect();
    let ids = (0..=(rows as u32 - 1) / new_every).map(|n| OwnedId::Text(format!("{n:0>id_bytes$}x").into()));
    let key: Vec<u32> = (0..rows as u32).map(|row| 10 + row / 1000).collect();
    let keys = (0..=(rows as u32 - 1) / 1000).map(|n| format!("k{n}"));
    let events = Events {
        kind: vec![2; rows],
        customer,
        peer: vec![NONE; rows],
        at: (0..rows as i64).map(|row| 500 + row).collect(),
        fields: vec![
            FieldColumn { name: 4, values: Values::Number((0..rows).map(|row| row as f64 + 0.25).collect()) },
            FieldColumn { name: 5, values: Values::Keys { ends: (1..=rows as u32).collect(), keys: key } },
            FieldColumn {
                name: 6,
                values: Values::Label {
                    ends: (1..=rows as u32).map(|end| 2 * end).collect(),
                    bytes: "é".repeat(rows).into(),
                },
            },
        ],
    };
    let now = events.at.iter().fold(before.now, |now, &at| now.max(at));
    let record = Record::Events(events);
    (Batch { sequence: 77, now, ids: ids.collect(), keys: keys.collect(), record }, before)
}

#[test]
fn a_long_batch_is_cut_between_rows_and_adds_up() {
    for (rows, id_bytes) in [(1, 5), (10_000, 5), (100_000, 5), (5_000, 900), (1_000, 1_000)] {
        let (batch, before) = long_batch(rows, id_bytes);
        let values = encode(&batch, before).unwrap();
        assert!(values.iter().all(|(_, value)| value.len() <= MAX_VALUE));
        let (mut ids, mut keys) = (before.ids, before.keys);
        let (mut sequence, mut clock) = (batch.sequence, before.now);
        let mut whole: Option<Batch> = None;
        for (key, value) in &values {
            let part = decode(value).unwrap();
            assert_eq!((*key, part.sequence), (sequence, sequence));
            sequence += part.record.rows();
            ids += part.ids.len();
            keys += part.keys.len();
            // Each part stands by itself: its names suffice, its clock is that of its rows.
            part.validate(ids, keys).unwrap();
            let Record::Events(events) = &part.record else { panic!() };
            clock = clock.max(*events.at.last().unwrap());
            assert_eq!(part.now, clock);
            match &mut whole {
                None => whole = Some(Batch { sequence: batch.sequence, ..part }),
                Some(whole) => join(whole, part),
            }
        }
        assert_eq!(whole.unwrap(), batch);
        assert_eq!(sequence, batch.sequence + rows as u64);
    }
}

fn join(whole: &mut Batch, part: Batch) {
    whole.ids.extend(part.ids);
    whole.keys.extend(part.keys);
    whole.now = part.now;
    let (Record::Events(to), Record::Events(from)) = (&mut whole.record, part.record) else { panic!() };
    to.kind.extend(from.kind);
    to.customer.extend(from.customer);
    to.peer.extend(from.peer);
    to.at.extend(from.at);
    for (to, from) in to.fields.iter_mut().zip(from.fields) {
        assert_eq!(to.name, from.name);
        match (&mut to.values, from.values) {
            (Values::Number(to), Values::Number(from)) => to.extend(from),
            (Values::Keys { ends, keys }, Values::Keys { ends: more_ends, keys: more }) => {
                let start = keys.len() as u32;
                ends.extend(more_ends.iter().map(|end| start + end));
                keys.extend(more);
            }
            (Values::Label { ends, bytes }, Values::Label { ends: more_ends, bytes: more }) => {
                let start = bytes.len() as u32;
                ends.extend(more_ends.iter().map(|end| start + end));
                bytes.extend(more);
            }
            _ => panic!(),
        }
    }
}

#[test]
fn a_late_batch_keeps_the_clock() {
    let (mut batch, mut before) = long_batch(50_000, 5);
    before.now = TIME_BOUND - 1;
    batch.now = before.now;
    let values = encode(&batch, before).unwrap();
    assert!(values.len() > 1);
    assert!(values.iter().all(|(_, value)| decode(value).unwrap().now == before.now));
}

#[test]
fn a_fit_above_the_bound_stays_whole() {
    let fit = Fitted { at: 5, parameters: vec![("clv".into(), vec![7; 2 * MAX_VALUE])] };
    let batch = Batch { sequence: 1, now: 5, ids: Vec::new(), keys: Vec::new(), record: Record::Fit(fit) };
    let values = encode(&batch, Mark::default()).unwrap();
    assert_eq!(values.len(), 1);
    assert_eq!(decode(&values[0].1).unwrap(), batch);
}

#[test]
fn a_newer_version_says_so() {
    let batch = Batch { sequence: 1, now: 5, ids: Vec::new(), keys: Vec::new(), record: Record::Advance(5) };
    let mut value = encode(&batch, Mark::default()).unwrap().remove(0).1;
    value[1] = VERSION + 1;
    assert_eq!(decode(&value).unwrap_err().kind(), ErrorKind::StoreVersion);
}

#[test]
fn few_bytes_never_claim_much_memory() {
    // A column of equal entries takes no bytes, whatever its count.
    let mut to = Writer::default();
    to.count(MAX_ENTRIES);
    to.u32s(&[]);
    let bytes = to.into_bytes();
    let mut from = Reader::new(&bytes);
    let count = from.count().unwrap();
    assert_eq!(from.u32s(count).unwrap_err().kind(), ErrorKind::StoreCorrupt);
    assert!(Reader::with_entries(&bytes, 9).count().is_err());
}

#[test]
fn a_batch_that_makes_no_sense_is_damaged() {
    let (batch, before) = long_batch(100, 5);
    let (ids, keys) = (before.ids + batch.ids.len(), before.keys + batch.keys.len());
    batch.validate(ids, keys).unwrap();
    assert!(batch.validate(ids - 1, keys).is_err());
    assert!(batch.validate(ids, keys - 1).is_err());
    let spoil: [fn(&mut Events); 8] = [
        |events| events.at[99] = TIME_BOUND,
        |events| events.customer[5] = NONE,
        |events| events.kind[5] = NONE,
        |events| events.fields.swap(0, 1),
        |events| events.fields[0].name = NONE,
        |events| events.peer.truncate(99),
        |events| {
            let Values::Label { ends, .. } = &mut events.fields[2].values else { panic!() };
            ends[3] += 1;
        },
        |events| {
            let Values::Keys { ends, .. } = &mut events.fields[1].values else { panic!() };
            ends[3] = 100_000;
        },
    ];
    for (number, spoil) in spoil.iter().enumerate() {
        let mut bad = batch.clone();
        let Record::Events(events) = &mut bad.record else { panic!() };
        spoil(events);
        let error = bad.validate(ids, keys).expect_err(&number.to_string());
        assert_eq!(error.kind(), ErrorKind::StoreCorrupt, "{number}");
    }
}
