//! Several names a row: lists of any layout, or texts with a separator.

use arrow_array::cast::AsArray;
use arrow_array::{Array, ArrayRef, OffsetSizeTrait};
use arrow_schema::DataType;

use super::super::super::keys::{MAX_KEY_BYTES, word_of_set};
use super::super::super::record::{NONE, Values};
use super::super::convert::{Fault, MAX_VALUES};
use super::super::plan::FieldKind;
use super::words::end_of;
use super::{Data, Decoded, Form, Local, decode as decode_column, words};
use crate::base::Result;

pub(super) fn decode(array: &dyn Array, split: Option<char>, name: &str, local: &mut Local) -> Result<Option<Decoded>> {
    if let Some((child, rows)) = of_lists(array) {
        let form = Form::Field(FieldKind::Category, None);
        let names = decode_column(child.as_ref(), form, name, local)?;
        return joined(&names, rows).map(Some);
    }
    let mut rows = Rows::default();
    let read = words::each_word(array, |row, word| {
        match (word, split) {
            (Ok(None), _) => (),
            (Ok(Some(word)), None) => rows.push(row, word, local)?,
            (Ok(Some(word)), Some(split)) => {
                for part in word.split(split).map(str::trim).filter(|part| !part.is_empty()) {
                    rows.push(row, part, local)?;
                }
            }
            (Err(fault), _) => rows.fail(row, fault),
        }
        rows.end(row)
    })?;
    Ok(read.map(|()| rows.into_decoded()))
}

/// Lists of at most one name.
pub(super) fn decode_one(array: &dyn Array, name: &str, local: &mut Local) -> Result<Option<Decoded>> {
    let Some(mut decoded) = decode(array, None, name, local)? else { return Ok(None) };
    let Data::Values(Values::Keys { ends, keys }) = &decoded.data else { return Ok(None) };
    let mut one = Vec::with_capacity(ends.len());
    let mut faults = Vec::new();
    let mut start = 0;
    for (row, &end) in (0u32..).zip(ends) {
        let names = keys.get(start..end as usize).unwrap_or_default();
        one.push(names.first().copied().unwrap_or(NONE));
        if names.len() > 1 {
            faults.push((row, Fault::NotOne));
        }
        start = end as usize;
    }
    decoded.data = Data::Values(Values::Key(one));
    decoded.fail(faults);
    Ok(Some(decoded))
}

/// Lists of names, each as the one word of its set.
pub(super) fn decode_set(array: &dyn Array, name: &str, local: &mut Local) -> Result<Option<Decoded>> {
    let Some(mut decoded) = decode(array, None, name, local)? else { return Ok(None) };
    let Data::Values(Values::Keys { ends, keys }) = &decoded.data else { return Ok(None) };
    let mut sets = Vec::with_capacity(ends.len());
    let mut faults = Vec::new();
    let mut start = 0;
    for (row, &end) in (0u32..).zip(ends) {
        let names = keys.get(start..end as usize).unwrap_or_default();
        let word = word_of_set(names.iter().map(|key| local.keys.text(*key)));
        sets.push(match word.len() {
            0 => NONE,
            length if length > MAX_KEY_BYTES => {
                faults.push((row, Fault::LongCategory));
                NONE
            }
            _ => local.keys.intern(&word)?,
        });
        start = end as usize;
    }
    decoded.data = Data::Values(Values::Key(sets));
    decoded.fail(faults);
    Ok(Some(decoded))
}

/// Rows under way.
#[derive(Default)]
struct Rows {
    ends: Vec<u32>,
    keys: Vec<u32>,
    faults: Vec<(u32, Fault)>,
}

impl Rows {
    fn push(&mut self, row: u32, word: &str, local: &mut Local) -> Result<()> {
        if word.len() > MAX_KEY_BYTES {
            self.fail(row, Fault::LongCategory);
        } else {
            self.keys.push(local.keys.intern(word)?);
        }
        Ok(())
    }

    /// The first fault of a row counts.
    fn fail(&mut self, row: u32, fault: Fault) {
        if self.faults.last().is_none_or(|&(last, _)| last != row) {
            self.faults.push((row, fault));
        }
    }

    fn end(&mut self, row: u32) -> Result<()> {
        let start = self.ends.last().map_or(0, |&end| end as usize);
        if self.keys.len() - start > MAX_VALUES {
            self.fail(row, Fault::ManyValues);
            self.keys.truncate(start);
        }
        self.ends.push(end_of(self.keys.len())?);
        Ok(())
    }

    fn into_decoded(self) -> Decoded {
        Decoded { data: Data::Values(Values::Keys { ends: self.ends, keys: self.keys }), faults: self.faults }
    }
}

/// Lists over the names of their elements; unknown elements are left out.
fn joined(names: &Decoded, lists: Vec<std::ops::Range<usize>>) -> Result<Decoded> {
    let mut rows = Rows::default();
    let keys = if let Data::Values(Values::Key(keys)) = &names.data { keys.as_slice() } else { &[] };
    for (row, list) in (0u32..).zip(lists) {
        let next = names.faults.partition_point(|&(element, _)| (element as usize) < list.start);
        match names.faults.get(next) {
            // Views may overlap, so that few bytes make many long lists.
            _ if list.len() > MAX_VALUES => rows.fail(row, Fault::ManyValues),
            Some(&(element, fault)) if (element as usize) < list.end => rows.fail(row, fault),
            _ => rows.keys.extend(keys.get(list).unwrap_or_default().iter().filter(|&&key| key != NONE)),
        }
        rows.end(row)?;
    }
    Ok(rows.into_decoded())
}

/// The elements of all lists, and those of each row; a row that is null has none.
fn of_lists(array: &dyn Array) -> Option<(ArrayRef, Vec<std::ops::Range<usize>>)> {
    let (child, mut rows) = match array.data_type() {
        DataType::List(_) => of_offsets::<i32>(array)?,
        DataType::LargeList(_) => of_offsets::<i64>(array)?,
        DataType::ListView(_) => of_views::<i32>(array)?,
        DataType::LargeListView(_) => of_views::<i64>(array)?,
        DataType::FixedSizeList(_, size) => {
            let lists = array.as_fixed_size_list_opt()?;
            let size = usize::try_from(*size).ok()?;
            // `values` of a slice begins with the slice.
            (lists.values().clone(), (0..lists.len()).map(|row| row * size..(row + 1) * size).collect())
        }
        _ => return None,
    };
    if let Some(nulls) = array.nulls() {
        for (row, known) in rows.iter_mut().zip(nulls) {
            if !known {
                *row = 0..0;
            }
        }
    }
    Some((child, rows))
}

fn of_offsets<O: OffsetSizeTrait>(array: &dyn Array) -> Option<(ArrayRef, Vec<std::ops::Range<usize>>)> {
    let lists = array.as_list_opt::<O>()?;
    let offsets = lists.value_offsets();
    // A slice of a long array shares its elements; only those between its offsets are read.
    let first = offsets.first()?.as_usize();
    let count = offsets.last()?.as_usize().checked_sub(first)?;
    let ends = offsets.iter().zip(offsets.iter().skip(1));
    let rows = ends.map(|(start, end)| start.as_usize() - first..end.as_usize() - first).collect();
    Some((lists.values().slice(first, count), rows))
}

fn of_views<O: OffsetSizeTrait>(array: &dyn Array) -> Option<(ArrayRef, Vec<std::ops::Range<usize>>)> {
    let lists = array.as_list_view_opt::<O>()?;
    let spans = lists.value_offsets().iter().zip(lists.value_sizes());
    let rows = spans.map(|(start, size)| start.as_usize()..start.as_usize() + size.as_usize()).collect();
    Some((lists.values().clone(), rows))
}
