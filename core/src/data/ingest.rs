//! Stub to be replaced.
#![expect(missing_docs, reason = "replaced by the real module within the day")]
use super::record::{Events, Ties, Traits};
use super::{Id, Ids, Keys};
use crate::base::Result;
use arrow_array::RecordBatch;
#[derive(Debug, Clone, Default)]
pub struct EventPlan {
    pub kinds: Vec<KindPlan>,
}
#[derive(Debug, Clone)]
pub struct KindPlan {
    pub name: u32,
    pub word: String,
    pub customer: Option<String>,
    pub peer: Option<String>,
    pub at: Option<String>,
    pub fields: Vec<FieldPlan>,
}
#[derive(Debug, Clone)]
pub struct FieldPlan {
    pub role: u32,
    pub word: String,
    pub kind: FieldKind,
    pub column: String,
    pub split: Option<char>,
}
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FieldKind {
    Number,
    Bool,
    Category,
    Categories,
    Time,
    Label,
}
#[derive(Debug, Clone, Default)]
pub struct TraitPlan {
    pub fields: Vec<FieldPlan>,
}
#[derive(Debug, Clone, Default)]
pub struct TiePlan {
    pub layers: Vec<(u32, String)>,
}
#[derive(Debug, Clone, Copy, Default)]
pub struct Call<'a> {
    pub kind: Option<&'a str>,
    pub roles: &'a [(&'a str, &'a str)],
}
#[derive(Debug, Clone, PartialEq)]
pub struct Reject {
    pub row: u64,
    pub reason: String,
}
pub struct Taken<T> {
    pub record: T,
    pub rejects: Vec<Reject>,
}
#[derive(Debug, Clone, Copy)]
pub struct RowEvent<'a> {
    pub kind: &'a str,
    pub customer: Option<Id<'a>>,
    pub peer: Option<Id<'a>>,
    pub at: i64,
    pub fields: &'a [(&'a str, Value<'a>)],
}
#[derive(Debug, Clone, Copy)]
pub enum Value<'a> {
    Null,
    Number(f64),
    Bool(bool),
    Text(&'a str),
    Texts(&'a [&'a str]),
    Time(i64),
}
pub fn read_events(
    _: &RecordBatch,
    _: &EventPlan,
    _: &Call<'_>,
    _: i64,
    _: &mut Ids,
    _: &mut Keys,
) -> Result<Taken<Events>> {
    todo!()
}
pub fn read_row(
    _: &RowEvent<'_>,
    _: &EventPlan,
    _: i64,
    _: &mut Ids,
    _: &mut Keys,
) -> Result<std::result::Result<Events, Reject>> {
    todo!()
}
pub fn read_traits(
    _: &RecordBatch,
    _: &TraitPlan,
    _: &Call<'_>,
    _: i64,
    _: i64,
    _: &mut Ids,
    _: &mut Keys,
) -> Result<Taken<Traits>> {
    todo!()
}
pub fn read_trait_row(
    _: Id<'_>,
    _: i64,
    _: &[(&str, Value<'_>)],
    _: &TraitPlan,
    _: i64,
    _: &mut Ids,
    _: &mut Keys,
) -> Result<std::result::Result<Traits, Reject>> {
    todo!()
}
pub fn read_ties(
    _: &RecordBatch,
    _: &TiePlan,
    _: &Call<'_>,
    _: i64,
    _: i64,
    _: &mut Ids,
    _: &mut Keys,
) -> Result<Taken<Ties>> {
    todo!()
}
