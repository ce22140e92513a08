//! Tree ensembles that others trained: LightGBM, XGBoost, and any that an exporter hands over.
//!
//! A raw score has the bits of the trainer's own: LightGBM's f64 sums and XGBoost's f32 margins are
//! added in the trainer's order, whichever form below computes them, on any processor. An ensemble
//! is immutable, has no locks, and starts no thread unless asked.
//!
//! Three forms, built at load: one row walks eight trees at once; blocks of 256 rows meet every
//! split under masks, on codes of one or two bytes, where trees have at most some 400 splits; rows
//! walk wider trees eight at a time. Costs (one thread, 2.1 GHz, AVX-512, 500 trees of 63 leaves on
//! 30 features) stand at each function.
//!
//! An unknown value is NaN, and goes where the trainer sends it. A category is the number that the
//! trainer saw: encode it as for training.

mod kernel;
mod link;
mod parts;
mod read;
mod signature;

#[cfg(test)]
mod tests;

pub use link::Link;
pub use parts::{Best, MissingMode, Node, Parts, Precision, Test, Tree};

use std::path::Path;
use std::sync::OnceLock;

use kernel::{Explainer, Kernel};

use crate::base::files::read_whole;
use crate::base::{Error, ErrorKind, Result};
use crate::models::Inputs;
use crate::models::saved::{is_saved, load, save};
use crate::models::watch::Signature;

/// An ensemble of trees, ready to score.
///
/// ```
/// use bactrian::models::Inputs;
/// use bactrian::models::trees::{Link, MissingMode, Node, Parts, Precision, Test, Tree, Trees};
///
/// let split = Node::Split {
///     feature: 0,
///     test: Test::AtMost(3.0),
///     mode: MissingMode::Nan,
///     missing_yes: true,
///     yes: 1,
///     no: 2,
///     cover: 10.0,
/// };
/// let leaf = |value, cover| Node::Leaf { value, cover };
/// let trees = Trees::new(Parts {
///     features: vec!["visits".into()],
///     categories: vec![],
///     trees: vec![Tree { output: 0, nodes: vec![split, leaf(-1.0, 4.0), leaf(2.0, 6.0)] }],
///     base: vec![0.5],
///     divisor: 1.0,
///     inputs: Precision::Double,
///     sums: Precision::Double,
///     link: Link::Sigmoid(1.0),
///     best: None,
/// })?;
/// let mut raw = [0.0; 3];
/// trees.raw(&Inputs::from_rows(&[3.0, 3.5, f64::NAN], 1)?, 1, &mut raw)?;
/// assert_eq!(raw, [-0.5, 2.5, -0.5]);
/// # Ok::<(), bactrian::Error>(())
/// ```
#[derive(Debug)]
pub struct Trees {
    parts: Parts,
    kernel: Kernel,
    explainer: OnceLock<Explainer>,
    signature: Signature,
}

impl Trees {
    /// An ensemble from its parts.
    ///
    /// Errors with [`ErrorKind::SchemaRange`] where an index is out of range, a node has two parents
    /// or is its own ancestor, a number is not finite, or a tree is deeper than 1,024 splits.
    pub fn new(parts: Parts) -> Result<Self> {
        let parts = parts::checked(parts)?;
        let (kernel, signature) = (Kernel::new(&parts), signature::signature(&parts));
        Ok(Trees { parts, kernel, explainer: OnceLock::new(), signature })
    }

    /// Reads a model file: LightGBM text (`save_model`), XGBoost JSON (`save_model("x.json")`), or what
    /// [`Trees::save`] wrote.
    ///
    /// Time and memory are linear in its length. Errors with [`ErrorKind::SchemaType`] where
    /// it is neither or uses what is not supported (linear trees, leaves of several outputs, linear
    /// boosters, an unknown objective), with [`ErrorKind::SchemaMissing`] where something is absent,
    /// with [`ErrorKind::InvalidUtf8`], and as [`Trees::new`].
    pub fn read(file: &[u8]) -> Result<Self> {
        if is_saved(file) {
            return Self::new(load(file)?);
        }
        let text = file.trim_ascii_start();
        if text.first() == Some(&b'{') {
            return Self::new(read::xgboost(text)?);
        }
        let text = std::str::from_utf8(text).map_err(|error| {
            let text = format!("the model file is no text from byte {} on", error.valid_up_to());
            Error::new(ErrorKind::InvalidUtf8, text)
                .hint("of other libraries, LightGBM's text and XGBoost's JSON are read, and no binary file")
        })?;
        Self::new(read::lightgbm(text)?)
    }

    /// As [`Trees::read`], the file at a path.
    ///
    /// Errors, too, with [`ErrorKind::StoreIo`] where it can't be read, is no file (a device, a pipe), or has more
    /// than 256 MiB.
    pub fn from_file(path: impl AsRef<Path>) -> Result<Self> {
        let path = path.as_ref();
        let unread = |error| Error::new(ErrorKind::StoreIo, format!("`{}` can't be read: {error}", path.display()));
        Self::read(&read_whole(path).map_err(unread)?)
    }

    /// Writes the ensemble to a file that [`Trees::from_file`] and a definition (`model = "forest.bmdl"`) read: scores
    /// have the same bits, wherever the trees came from.
    ///
    /// Errors with [`ErrorKind::StoreIo`] where it can't be written.
    pub fn save(&self, path: impl AsRef<Path>) -> Result<()> {
        let path = path.as_ref();
        let unwritten =
            |error| Error::new(ErrorKind::StoreIo, format!("`{}` can't be written: {error}", path.display()));
        std::fs::write(path, save(&self.parts)?).map_err(unwritten)
    }

    /// The trees up to the round at which early stopping found the model best ([`Parts::best`]), as XGBoost's
    /// estimators predict; all trees where the file names none, or that is the last. Time and memory are linear in
    /// the model's size.
    pub fn at_best(&self) -> Result<Self> {
        let mut parts = self.parts.clone();
        if let Some(best) = parts.best {
            parts.trees.truncate(best.trees);
        }
        Self::new(parts)
    }

    /// The ensemble as data: nodes in preorder.
    pub fn parts(&self) -> &Parts {
        &self.parts
    }

    /// Names and kinds of the features, number of outputs, and a hash of the meaning.
    pub fn signature(&self) -> &Signature {
        &self.signature
    }

    /// Numbers in a row.
    pub fn features(&self) -> usize {
        self.parts.features.len()
    }

    /// Numbers that a row gives: 1, or one a class.
    pub fn outputs(&self) -> usize {
        self.parts.base.len()
    }

    /// The raw scores of one row, the sums of its leaves: `out` has [`Trees::outputs`] numbers.
    ///
    /// Errors with [`ErrorKind::SchemaRange`] where `row` has not a number for every feature.
    pub fn raw_row(&self, row: &[f64], out: &mut [f64]) -> Result<()> {
        self.check_row(row.len())?;
        if out.len() != self.outputs() {
            let message = format!("a row gives {} numbers, and the place has {}", self.outputs(), out.len());
            return Err(Error::new(ErrorKind::SchemaRange, message));
        }
        self.kernel.row(row, out);
        Ok(())
    }

    /// As [`Trees::raw_row`], divided in a forest, and with the link.
    pub fn predict_row(&self, row: &[f64], out: &mut [f64]) -> Result<()> {
        self.raw_row(row, out)?;
        self.finish(out);
        Ok(())
    }

    /// The raw scores of many rows, on at most `threads` threads (0 and 1: on the
    /// caller's): `out` has [`Trees::outputs`] numbers a row, row after row.
    ///
    /// Errors with [`ErrorKind::SchemaRange`] where `inputs` has not every feature, or `out` is of
    /// another length.
    pub fn raw(&self, inputs: &Inputs<'_>, threads: usize, out: &mut [f64]) -> Result<()> {
        self.check(inputs, self.outputs(), out.len())?;
        share(inputs.rows(), threads, self.outputs(), out, |first, out| self.kernel.rows(inputs, first, out));
        Ok(())
    }

    /// As [`Trees::raw`], divided in a forest, and with the link.
    pub fn predict(&self, inputs: &Inputs<'_>, threads: usize, out: &mut [f64]) -> Result<()> {
        self.raw(inputs, threads, out)?;
        out.chunks_mut(self.outputs()).for_each(|row| self.finish(row));
        Ok(())
    }

    /// The output with the largest raw score of each row, the first of equal ones: the class that a model of classes
    /// decides for, as XGBoost's `multi:softmax` predicts it. `out` has a number a row.
    ///
    /// Errors as [`Trees::raw`].
    pub fn classes(&self, inputs: &Inputs<'_>, threads: usize, out: &mut [f64]) -> Result<()> {
        self.check(inputs, 1, out.len())?;
        let mut raw = vec![0.0; out.len().saturating_mul(self.outputs())];
        self.raw(inputs, threads, &mut raw)?;
        for (class, row) in out.iter_mut().zip(raw.chunks(self.outputs())) {
            let best = row.iter().enumerate().reduce(|best, next| if next.1 > best.1 { next } else { best });
            *class = best.map_or(0.0, |(output, _)| output as f64);
        }
        Ok(())
    }

    /// What each feature adds to the raw score of each row, against what is expected where nothing
    /// is known: for every row and output, a number a feature and then the expected score, which
    /// together sum to the raw score (for f32 margins, to their rounding). `out` has
    /// `outputs x (features + 1)` numbers a row.
    ///
    /// The path-dependent Shapley values of Lundberg, Erion and Lee (2018), as LightGBM's
    /// `pred_contrib` and XGBoost's `pred_contribs`, with the covers of the model file: unknown
    /// features follow the training rows. Where no training row came, both sides count half.
    ///
    /// Errors as [`Trees::raw`].
    pub fn contributions(&self, inputs: &Inputs<'_>, threads: usize, out: &mut [f64]) -> Result<()> {
        let width = self.outputs() * (self.features() + 1);
        self.check(inputs, width, out.len())?;
        let explainer = self.explainer.get_or_init(|| Explainer::new(&self.parts));
        share(inputs.rows(), threads, width, out, |first, out| explainer.rows(&self.kernel, inputs, first, out));
        Ok(())
    }

    /// From the raw scores of a row to its predictions, in place: what a forest divides by, and the link.
    pub fn finish(&self, row: &mut [f64]) {
        if self.parts.divisor != 1.0 {
            row.iter_mut().for_each(|x| *x /= self.parts.divisor);
        }
        self.parts.link.apply(row);
    }

    fn check(&self, inputs: &Inputs<'_>, width: usize, out: usize) -> Result<()> {
        self.check_row(inputs.features())?;
        let rows = inputs.rows();
        if Some(out) != rows.checked_mul(width) {
            let message = format!("{rows} rows give {width} numbers each, and the place has {out}");
            return Err(Error::new(ErrorKind::SchemaRange, message));
        }
        Ok(())
    }

    fn check_row(&self, features: usize) -> Result<()> {
        if features == self.features() {
            return Ok(());
        }
        let message = format!("the model takes {} features, not {features}", self.features());
        Err(Error::new(ErrorKind::SchemaRange, message))
    }
}

/// Splits rows of `width` numbers among at most `threads` threads, the caller's one of them.
fn share(rows: usize, threads: usize, width: usize, out: &mut [f64], work: impl Fn(usize, &mut [f64]) + Sync) {
    let share = rows.div_ceil(threads.max(1)).max(1).next_multiple_of(kernel::BLOCK);
    let mut parts = out.chunks_mut(share * width).zip((0..).step_by(share));
    let own = parts.next();
    std::thread::scope(|scope| {
        let work = &work;
        for (part, first) in parts {
            scope.spawn(move || work(first, part));
        }
        if let Some((part, first)) = own {
            work(first, part);
        }
    });
}
