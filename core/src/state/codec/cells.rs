//! Cells as bytes.

use super::super::cell::list::is_ticks;
use super::super::cell::{Cell, KeyBucket, Sequence, Settled, Sketch, Weight, each_count, is_set, stride};
use super::{Bounds, damaged, hold, rising, time, time_or_never};
use crate::base::Result;
use crate::data::codec::{Reader, Writer};
use crate::definition::model::Window;
use crate::program::{Op, Shape};

const NOTHING: u8 = 0;
const KEYS: u8 = 1;
const RECENT: u8 = 2;
const KEY_SPAN: u8 = 3;
const LIST: u8 = 4;
const SEQUENCE: u8 = 5;
const SKETCH: u8 = 7;
const LATEST: u8 = 8;
const SKETCHES: u8 = 9;

pub(super) fn encode(cell: Option<&Cell>, out: &mut Writer) {
    let Some(cell) = cell else { return out.u8(NOTHING) };
    out.u8(tag(cell));
    match cell {
        Cell::Keys(weights) => {
            out.count(weights.len());
            for Weight { key, weight, at } in weights {
                out.u32(*key);
                out.f64(*weight);
                out.i64(*at);
            }
        }
        Cell::Recent(events) => encode_events(events, out),
        Cell::KeySpan(buckets) => {
            out.count(buckets.len());
            for KeyBucket { start, key, count } in buckets {
                out.i64(*start);
                out.u32(*key);
                out.u32(*count);
            }
        }
        Cell::List(words) => {
            out.count(words.len());
            out.u64s(words);
        }
        Cell::Sequence(sequence) => {
            out.u64s(&sequence.settled.words);
            out.i64(sequence.settled.last);
            encode(sequence.settled.cell.as_deref(), out);
            encode_events(&sequence.tail, out);
        }
        Cell::Sketch(sketch) => encode_sketch(sketch, out),
        Cell::Latest(values) => {
            out.count(values.len());
            for (bits, start) in values {
                out.u64(*bits);
                out.i64(*start);
            }
        }
        Cell::Sketches(hops) => {
            out.count(hops.len());
            for (start, sketch) in hops {
                out.i64(*start);
                encode_sketch(sketch, out);
            }
        }
    }
}

fn tag(cell: &Cell) -> u8 {
    match cell {
        Cell::Keys(_) => KEYS,
        Cell::Recent(_) => RECENT,
        Cell::KeySpan(_) => KEY_SPAN,
        Cell::List(_) => LIST,
        Cell::Sequence(_) => SEQUENCE,
        Cell::Sketch(_) => SKETCH,
        Cell::Latest(_) => LATEST,
        Cell::Sketches(_) => SKETCHES,
    }
}

/// A cell of an aggregate over a window, which tells what kind of cell it must be.
pub(super) fn decode(from: &mut Reader<'_>, shape: Shape, bounds: &Bounds<'_>) -> Result<Option<Box<Cell>>> {
    let given = from.u8()?;
    if given == NOTHING {
        return Ok(None);
    }
    let expected = Cell::new(shape);
    hold(given == tag(&expected), "a cell has the form of another aggregate")?;
    let cell = match expected {
        Cell::Keys(_) => {
            let weights =
                several(from, |from| Ok(Weight { key: from.u32()?, weight: from.f64()?, at: time(from.i64()?)? }))?;
            rising(weights.iter().map(|entry| entry.key))?;
            hold(weights.iter().all(|entry| entry.weight >= 0.0 && entry.weight.is_finite()), "a weight is no number")?;
            if !matches!(shape.op, Op::Quantile(_)) {
                weights.iter().try_for_each(|entry| bounds.key(entry.key).map(drop))?;
            }
            Cell::Keys(weights)
        }
        Cell::Recent(_) => Cell::Recent(decode_events(from)?),
        Cell::KeySpan(_) => {
            let bucket = |from: &mut Reader<'_>| {
                Ok(KeyBucket { start: start(from.i64()?)?, key: bounds.key(from.u32()?)?, count: from.u32()? })
            };
            let buckets = several(from, bucket)?;
            rising(buckets.iter().map(|bucket| (bucket.start, bucket.key)))?;
            Cell::KeySpan(buckets)
        }
        Cell::List(_) => {
            let count = from.count()?;
            let words = from.u64s(count)?;
            list(&words, shape, bounds)?;
            Cell::List(words)
        }
        Cell::Sequence(_) => Cell::Sequence(Box::new(decode_sequence(from, shape, bounds)?)),
        Cell::Sketch(_) => Cell::Sketch(decode_sketch(from)?),
        Cell::Latest(_) => {
            let values = several(from, |from| Ok((from.u64()?, start(from.i64()?)?)))?;
            rising(values.iter().map(|(bits, _)| *bits))?;
            Cell::Latest(values)
        }
        Cell::Sketches(_) => {
            let hops = several(from, |from| Ok((start(from.i64()?)?, decode_sketch(from)?)))?;
            rising(hops.iter().map(|(start, _)| *start))?;
            Cell::Sketches(hops)
        }
    };
    Ok(Some(Box::new(cell)))
}

/// Holds a list to what the fold relies on.
pub(super) fn list(words: &[u64], shape: Shape, bounds: &Bounds<'_>) -> Result<()> {
    match (shape.op, shape.window) {
        _ if is_ticks(shape) => rising(each_count(words).map(|(hop, _)| hop)),
        (op, Window::Span { .. }) => {
            hold(words.len() % stride(op) == 0, "a window has a part of a hop")?;
            let starts = || words.iter().step_by(stride(op)).map(|at| *at as i64);
            starts().try_for_each(|at| start(at).map(drop))?;
            rising(starts())
        }
        (Op::Distinct, _) => hold(is_set(words), "a set is damaged"),
        _ => {
            each_count(words).try_for_each(|(key, _)| bounds.key(key).map(drop))?;
            rising(each_count(words).map(|(key, _)| key))
        }
    }
}

fn decode_sequence(from: &mut Reader<'_>, shape: Shape, bounds: &Bounds<'_>) -> Result<Sequence> {
    let words = from.u64s(3)?.try_into().map_err(|_| damaged("it ends early"))?;
    let last = time_or_never(from.i64()?)?;
    let whole = shape.op.is_gap() || shape.op.words() > 0;
    let cell = if whole {
        hold(from.u8()? == NOTHING, "a session has a cell that it does not need")?;
        None
    } else {
        decode(from, shape.lifetime(), bounds)?
    };
    let tail = decode_events(from)?;
    hold(tail.first().is_none_or(|(at, _)| *at >= last), "its entries are out of order")?;
    Ok(Sequence { settled: Settled { words, cell, last }, tail })
}

fn encode_sketch(sketch: &Sketch, out: &mut Writer) {
    match sketch {
        Sketch::Exact(values) => {
            out.u8(0);
            out.count(values.len());
            values.iter().for_each(|value| out.f64(*value));
        }
        Sketch::Buckets(buckets) => {
            out.u8(1);
            out.count(buckets.len());
            for (bucket, count) in buckets {
                out.u32(*bucket as u32);
                out.u32(*count);
            }
        }
    }
}

fn decode_sketch(from: &mut Reader<'_>) -> Result<Sketch> {
    match from.u8()? {
        0 => {
            let values = several(from, |from| from.f64())?;
            let sorted = values.is_sorted_by(|a, b| a <= b);
            hold(sorted && values.len() <= Sketch::EXACT && !values.iter().any(|x| x.is_nan()), "a sample is damaged")?;
            Ok(Sketch::Exact(values))
        }
        1 => {
            let buckets = several(from, |from| Ok((from.u32()? as i32, from.u32()?)))?;
            rising(buckets.iter().map(|(bucket, _)| *bucket))?;
            Ok(Sketch::Buckets(buckets))
        }
        _ => Err(damaged("a sketch has an unknown form")),
    }
}

pub(super) fn encode_events(events: &[(i64, f64)], out: &mut Writer) {
    out.count(events.len());
    for (at, value) in events {
        out.i64(*at);
        out.f64(*value);
    }
}

fn decode_events(from: &mut Reader<'_>) -> Result<Vec<(i64, f64)>> {
    let events = several(from, |from| Ok((time(from.i64()?)?, from.f64()?)))?;
    hold(events.is_sorted_by(|a, b| a.0 <= b.0), "its entries are out of order")?;
    Ok(events)
}

/// The start of a hop, which may lie a hop before every time.
fn start(at: i64) -> Result<i64> {
    hold(at > i64::MIN / 4 && at < i64::MAX / 4, "a time is out of range")?;
    Ok(at)
}

/// A list whose entries take bytes, so that it is never longer than they are.
fn several<T>(from: &mut Reader<'_>, mut entry: impl FnMut(&mut Reader<'_>) -> Result<T>) -> Result<Vec<T>> {
    let count = from.count()?;
    (0..count).map(|_| entry(from)).collect()
}
