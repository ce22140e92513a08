//! Temporary.
use arrow_array::RecordBatch;
pub(crate) trait Later {
    fn decide_batch(&self, _: Option<&[bactrian::Id<'_>]>, _: bactrian::Ask<'_>) -> bactrian::Result<bactrian::Table> {
        Err(bactrian::Error::new(bactrian::ErrorKind::Internal, "later"))
    }
    fn checkpoint(&self) -> bactrian::Result<()> {
        Ok(())
    }
}
impl Later for bactrian::Engine {}
pub(crate) trait LaterTable {
    fn rows(&self) -> usize {
        0
    }
    fn to_batch(&self) -> bactrian::Result<RecordBatch> {
        Err(bactrian::Error::new(bactrian::ErrorKind::Internal, "later"))
    }
}
impl LaterTable for bactrian::Table {}
