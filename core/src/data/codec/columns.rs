//! Names and rows of a batch as columns.

use std::ops::Range;

use super::super::ids::OwnedId;
use super::super::record::{Events, FieldColumn, Ties, Traits, Values};
use super::bytes::{Reader, Writer, damaged};
use crate::base::Result;

const NUMBER_ID: u32 = 0;
const TEXT_ID: u32 = 1;
const ERASED_ID: u32 = 2;

pub(super) fn write_ids(to: &mut Writer, ids: &[OwnedId]) {
    let form = |id: &OwnedId| match id {
        OwnedId::Number(_) => NUMBER_ID,
        OwnedId::Text(_) => TEXT_ID,
        OwnedId::Erased => ERASED_ID,
    };
    to.count(ids.len());
    to.u32s(&ids.iter().map(form).collect::<Vec<_>>());
    let numbers = ids.iter().filter_map(|id| if let OwnedId::Number(number) = id { Some(*number) } else { None });
    to.u64s(&numbers.collect::<Vec<_>>());
    let texts = ids.iter().filter_map(|id| if let OwnedId::Text(text) = id { Some(&**text) } else { None });
    write_texts(to, &texts.collect::<Vec<_>>());
}

pub(super) fn read_ids(from: &mut Reader<'_>) -> Result<Vec<OwnedId>> {
    let count = from.count()?;
    let forms = from.u32s(count)?;
    let mut numbers = from.u64s(forms.iter().filter(|&&form| form == NUMBER_ID).count())?.into_iter();
    let mut texts = read_texts(from)?.into_iter();
    let ids = forms.into_iter().map(|form| match form {
        NUMBER_ID => numbers.next().map(OwnedId::Number),
        TEXT_ID => texts.next().map(|text| OwnedId::Text(text.into())),
        ERASED_ID => Some(OwnedId::Erased),
        _ => None,
    });
    let ids: Option<Vec<_>> = ids.collect();
    match (ids, texts.next()) {
        (Some(ids), None) => Ok(ids),
        _ => Err(damaged("its ids don't add up")),
    }
}

pub(super) fn write_texts<T: AsRef<str>>(to: &mut Writer, texts: &[T]) {
    to.count(texts.len());
    for text in texts {
        to.text(text.as_ref());
    }
}

pub(super) fn read_texts(from: &mut Reader<'_>) -> Result<Vec<String>> {
    (0..from.count()?).map(|_| from.text().map(str::to_owned)).collect()
}

pub(super) fn write_events(to: &mut Writer, events: &Events, rows: Range<usize>) {
    to.count(rows.len());
    to.u32s(cut(&events.kind, &rows));
    to.u32s(cut(&events.customer, &rows));
    to.u32s(cut(&events.peer, &rows));
    to.i64s(cut(&events.at, &rows));
    write_fields(to, &events.fields, &rows);
}

pub(super) fn read_events(from: &mut Reader<'_>) -> Result<Events> {
    let rows = from.count()?;
    Ok(Events {
        kind: from.u32s(rows)?,
        customer: from.u32s(rows)?,
        peer: from.u32s(rows)?,
        at: from.i64s(rows)?,
        fields: read_fields(from, rows)?,
    })
}

pub(super) fn write_traits(to: &mut Writer, traits: &Traits, rows: Range<usize>) {
    to.count(rows.len());
    to.u32s(cut(&traits.customer, &rows));
    to.i64s(cut(&traits.at, &rows));
    write_fields(to, &traits.fields, &rows);
}

pub(super) fn read_traits(from: &mut Reader<'_>) -> Result<Traits> {
    let rows = from.count()?;
    Ok(Traits { customer: from.u32s(rows)?, at: from.i64s(rows)?, fields: read_fields(from, rows)? })
}

pub(super) fn write_ties(to: &mut Writer, ties: &Ties, rows: Range<usize>) {
    to.count(rows.len());
    to.u32s(cut(&ties.layer, &rows));
    to.u32s(cut(&ties.customer, &rows));
    to.u32s(cut(&ties.peer, &rows));
    to.i64s(cut(&ties.at, &rows));
    to.f64s(cut(&ties.weight, &rows));
}

pub(super) fn read_ties(from: &mut Reader<'_>) -> Result<Ties> {
    let rows = from.count()?;
    Ok(Ties {
        layer: from.u32s(rows)?,
        customer: from.u32s(rows)?,
        peer: from.u32s(rows)?,
        at: from.i64s(rows)?,
        weight: from.f64s(rows)?,
    })
}

const NUMBERS: u8 = 0;
const KEY: u8 = 1;
const KEYS: u8 = 2;
const LABEL: u8 = 3;

fn write_fields(to: &mut Writer, fields: &[FieldColumn], rows: &Range<usize>) {
    to.count(fields.len());
    for field in fields {
        to.u32(field.name);
        match &field.values {
            Values::Number(values) => {
                to.u8(NUMBERS);
                to.f64s(cut(values, rows));
            }
            Values::Key(keys) => {
                to.u8(KEY);
                to.u32s(cut(keys, rows));
            }
            Values::Keys { ends, keys } => {
                to.u8(KEYS);
                let inner = write_ends(to, ends, rows);
                to.u32s(cut(keys, &inner));
            }
            Values::Label { ends, bytes } => {
                to.u8(LABEL);
                let inner = write_ends(to, ends, rows);
                to.bytes(cut(bytes, &inner));
            }
        }
    }
}

fn write_ends(to: &mut Writer, ends: &[u32], rows: &Range<usize>) -> Range<usize> {
    let inner = inner_rows(ends, rows);
    let ends: Vec<u32> = cut(ends, rows).iter().map(|&end| end.wrapping_sub(inner.start as u32)).collect();
    to.ends(&ends);
    inner
}

/// What the lists of some rows hold together.
pub(super) fn inner_rows(ends: &[u32], rows: &Range<usize>) -> Range<usize> {
    let end_of = |count: usize| count.checked_sub(1).and_then(|row| ends.get(row)).map_or(0, |&end| end as usize);
    end_of(rows.start)..end_of(rows.end)
}

fn read_fields(from: &mut Reader<'_>, rows: usize) -> Result<Vec<FieldColumn>> {
    (0..from.count()?).map(|_| Ok(FieldColumn { name: from.u32()?, values: read_values(from, rows)? })).collect()
}

fn read_values(from: &mut Reader<'_>, rows: usize) -> Result<Values> {
    match from.u8()? {
        NUMBERS => Ok(Values::Number(from.f64s(rows)?)),
        KEY => Ok(Values::Key(from.u32s(rows)?)),
        KEYS => {
            let ends = from.ends(rows)?;
            let keys = from.u32s(ends.last().map_or(0, |&end| end as usize))?;
            Ok(Values::Keys { ends, keys })
        }
        LABEL => {
            let ends = from.ends(rows)?;
            let bytes = from.bytes()?;
            let text = std::str::from_utf8(bytes).map_err(|_| damaged("a text is not UTF-8"))?;
            let whole = ends.last().map_or(0, |&end| end as usize) == bytes.len();
            if !whole || !ends.iter().all(|&end| text.is_char_boundary(end as usize)) {
                return Err(damaged("its texts don't add up"));
            }
            Ok(Values::Label { ends, bytes: bytes.to_vec() })
        }
        _ => Err(damaged("a field has an unknown type")),
    }
}

/// Columns of one batch are equally long, so the empty answer never shows.
pub(super) fn cut<'a, T>(column: &'a [T], rows: &Range<usize>) -> &'a [T] {
    column.get(rows.clone()).unwrap_or_default()
}
