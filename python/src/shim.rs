//! Temporary.
pub(crate) trait Later {
    fn decide_batch(&self, _: Option<&[bactrian::Id<'_>]>, _: bactrian::Ask<'_>) -> bactrian::Result<bactrian::Table> {
        Err(bactrian::Error::new(bactrian::ErrorKind::Internal, "later"))
    }
    fn checkpoint(&self) -> bactrian::Result<()> {
        Ok(())
    }
}
impl Later for bactrian::Engine {}
