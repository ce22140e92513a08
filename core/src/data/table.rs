//! Stub to be replaced.
#![expect(missing_docs, reason = "replaced by the real module within the day")]
use super::OwnedId;
#[derive(Debug, Clone, PartialEq)]
pub enum Column {
    Number(Vec<f64>),
    Bool(Vec<Option<bool>>),
    Integer(Vec<i64>),
    Time(Vec<Option<i64>>),
    Id(Vec<OwnedId>),
    Text(Vec<Option<String>>),
}
impl Column {
    pub fn text(t: impl Iterator<Item = Option<String>>) -> Self {
        Column::Text(t.collect())
    }
}
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Table {
    pub columns: Vec<(String, Column)>,
}
impl Table {
    pub fn new() -> Self {
        Self::default()
    }
    pub fn push(&mut self, n: &str, c: Column) {
        self.columns.push((n.to_owned(), c));
    }
}
