//! Tables out: results in columns, and as Arrow.

use std::sync::Arc;

use arrow_array::builder::{GenericStringBuilder, UInt64Builder};
use arrow_array::{
    ArrayRef, BooleanArray, Float64Array, Int64Array, OffsetSizeTrait, RecordBatch, RecordBatchIterator,
    RecordBatchOptions, RecordBatchReader, TimestampMicrosecondArray,
};
use arrow_buffer::NullBuffer;
use arrow_schema::{ArrowError, Field, Schema};

use super::ids::OwnedId;
use crate::base::{Error, ErrorKind, Result, Verdict};

/// A column of a result.
#[derive(Debug, Clone, PartialEq)]
pub enum Column {
    /// Numbers; NaN is unknown, and null in Arrow.
    Number(Vec<f64>),
    /// Flags.
    Bool(Vec<Option<bool>>),
    /// Whole numbers.
    Integer(Vec<i64>),
    /// Microseconds since 1970 UTC.
    Time(Vec<Option<i64>>),
    /// Ids; an erased one is null. In Arrow u64 if all are numbers, else text.
    Id(Vec<OwnedId>),
    /// Texts.
    Text(Vec<Option<String>>),
}

impl Column {
    /// A column of texts.
    pub fn text(texts: impl Iterator<Item = Option<String>>) -> Self {
        Column::Text(texts.collect())
    }

    /// Rows.
    pub fn len(&self) -> usize {
        match self {
            Column::Number(values) => values.len(),
            Column::Bool(values) => values.len(),
            Column::Integer(values) => values.len(),
            Column::Time(values) => values.len(),
            Column::Id(values) => values.len(),
            Column::Text(values) => values.len(),
        }
    }

    /// Whether there are no rows.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The column as an Arrow array: f64, boolean, i64, timestamp in microseconds UTC, u64 or text.
    pub fn to_arrow(&self) -> ArrayRef {
        match self {
            Column::Number(values) => {
                let nulls = NullBuffer::from_iter(values.iter().map(|value| !value.is_nan()));
                let nulls = Some(nulls).filter(|nulls| nulls.null_count() > 0);
                Arc::new(Float64Array::new(values.clone().into(), nulls))
            }
            Column::Bool(values) => Arc::new(BooleanArray::from(values.clone())),
            Column::Integer(values) => Arc::new(Int64Array::from(values.clone())),
            Column::Time(values) => Arc::new(TimestampMicrosecondArray::from(values.clone()).with_timezone("UTC")),
            Column::Id(ids) if ids.iter().any(|id| matches!(id, OwnedId::Text(_))) => {
                let texts: Vec<Option<String>> = ids.iter().map(|id| id.borrow().map(|id| id.to_string())).collect();
                texts_to_arrow(&texts)
            }
            Column::Id(ids) => {
                let mut numbers = UInt64Builder::with_capacity(ids.len());
                for id in ids {
                    numbers.append_option(if let OwnedId::Number(number) = id { Some(*number) } else { None });
                }
                Arc::new(numbers.finish())
            }
            Column::Text(texts) => texts_to_arrow(texts),
        }
    }
}

fn texts_to_arrow(texts: &[Option<String>]) -> ArrayRef {
    fn of<O: OffsetSizeTrait>(texts: &[Option<String>], bytes: usize) -> ArrayRef {
        let mut builder = GenericStringBuilder::<O>::with_capacity(texts.len(), bytes);
        texts.iter().for_each(|text| builder.append_option(text.as_deref()));
        Arc::new(builder.finish())
    }
    let bytes = texts.iter().flatten().map(String::len).sum();
    // Offsets of 32 bits count 2 GiB.
    if bytes <= i32::MAX as usize { of::<i32>(texts, bytes) } else { of::<i64>(texts, bytes) }
}

/// A result: named columns of equal length.
///
/// ```
/// use bactrian::{Column, Table};
///
/// let mut table = Table::new();
/// table.push("spend", Column::Number(vec![12.5, f64::NAN]));
/// let batch = table.to_arrow()?;
/// assert_eq!((batch.num_rows(), batch.column(0).null_count()), (2, 1));
/// # Ok::<(), bactrian::Error>(())
/// ```
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Table {
    /// Name and column.
    pub columns: Vec<(String, Column)>,
}

impl Table {
    /// A table without columns.
    pub fn new() -> Self {
        Self::default()
    }

    /// A verdict as one row: `value`, `lower`, `upper`, `null_value`, `rows`, `claim`, `why`.
    pub fn of_verdict(verdict: &Verdict) -> Self {
        let mut table = Table::new();
        let (lower, upper) = verdict.interval;
        let numbers = [("value", verdict.value), ("lower", lower), ("upper", upper), ("null_value", verdict.null)];
        numbers.into_iter().for_each(|(name, number)| table.push(name, Column::Number(vec![number])));
        table.push("rows", Column::Integer(vec![verdict.n as i64]));
        table.push("claim", Column::text([Some(verdict.claim.to_string())].into_iter()));
        table.push("why", Column::text([Some(verdict.why.clone())].into_iter()));
        table
    }

    /// Appends a column.
    pub fn push(&mut self, name: &str, column: Column) {
        self.columns.push((name.to_owned(), column));
    }

    /// Rows.
    pub fn len(&self) -> usize {
        self.columns.first().map_or(0, |(_, column)| column.len())
    }

    /// Whether there are no rows.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The column of a name.
    pub fn column(&self, name: &str) -> Option<&Column> {
        self.columns.iter().find(|(known, _)| known == name).map(|(_, column)| column)
    }

    /// The table as one Arrow batch. Cost: a copy of every column.
    ///
    /// # Errors
    ///
    /// `Internal` if its columns differ in length.
    pub fn to_arrow(&self) -> Result<RecordBatch> {
        let arrays: Vec<ArrayRef> = self.columns.iter().map(|(_, column)| column.to_arrow()).collect();
        let field =
            |((name, _), array): (&(String, Column), &ArrayRef)| Field::new(name, array.data_type().clone(), true);
        let fields: Vec<Field> = self.columns.iter().zip(&arrays).map(field).collect();
        let options = RecordBatchOptions::new().with_row_count(Some(self.len()));
        RecordBatch::try_new_with_options(Arc::new(Schema::new(fields)), arrays, &options)
            .map_err(|error| Error::new(ErrorKind::Internal, format!("a result is uneven: {error}")))
    }

    /// The table as an Arrow stream of one batch, for export over the C interface.
    ///
    /// # Errors
    ///
    /// As [`Table::to_arrow`].
    pub fn to_reader(&self) -> Result<Box<dyn RecordBatchReader + Send>> {
        let batch = self.to_arrow()?;
        let schema = batch.schema();
        Ok(Box::new(RecordBatchIterator::new([Ok::<_, ArrowError>(batch)], schema)))
    }
}

/// All batches of an Arrow stream, which share their columns with it.
///
/// # Errors
///
/// `SchemaArrow` where the stream fails.
pub fn read_stream(stream: impl RecordBatchReader) -> Result<Vec<RecordBatch>> {
    stream
        .collect::<std::result::Result<_, _>>()
        .map_err(|error| Error::new(ErrorKind::SchemaArrow, format!("the Arrow stream failed: {error}")))
}

#[cfg(test)]
mod tests;
