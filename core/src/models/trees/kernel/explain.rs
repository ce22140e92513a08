//! Contributions of many rows.

use super::Kernel;
use super::shapley::{LANES, Shapley};
use super::sources::Sources;
use crate::base::numeric::simd::{self, Work};
use crate::models::Inputs;
use crate::models::trees::parts::Parts;

/// What explains an ensemble: built from its parts when first asked for.
#[derive(Debug)]
pub(in crate::models::trees) struct Explainer {
    shapley: Shapley,
}

impl Explainer {
    pub(in crate::models::trees) fn new(parts: &Parts) -> Self {
        Explainer { shapley: Shapley::new(parts, &Sources::new(parts).1) }
    }

    /// The contributions of the rows from `first` on: for each row and output a number a feature,
    /// then what is expected where nothing is known.
    pub(in crate::models::trees) fn rows(&self, kernel: &Kernel, inputs: &Inputs<'_>, first: usize, out: &mut [f64]) {
        simd::run(Explain { shapley: &self.shapley, kernel, inputs, first, out });
    }
}

struct Explain<'a> {
    shapley: &'a Shapley,
    kernel: &'a Kernel,
    inputs: &'a Inputs<'a>,
    first: usize,
    out: &'a mut [f64],
}

impl Work for Explain<'_> {
    type Output = ();

    #[inline(always)]
    fn run(self) {
        let sources = &self.kernel.sources;
        let (width, features) = (sources.width(), self.inputs.features());
        let stride = self.kernel.base.len() * (features + 1);
        let mut columns = vec![0.0; width * LANES];
        let mut totals = vec![[0.0; LANES]; stride];
        for (tile, out) in self.out.chunks_mut(stride * LANES).enumerate() {
            for (lane, columns) in columns.chunks_mut(width).enumerate() {
                let row = self.first + tile * LANES + lane;
                sources.expand_row(|feature| self.inputs.value(row, feature as usize), columns);
            }
            let rows: [&[f64]; LANES] = std::array::from_fn(|lane| &columns[lane * width..][..width]);
            totals.fill([0.0; LANES]);
            self.shapley.add(&rows, sources, features, &mut totals);
            for (lane, out) in out.chunks_mut(stride).enumerate() {
                for (slot, total) in out.iter_mut().zip(&totals) {
                    *slot = total[lane];
                }
                let means = out.iter_mut().skip(features).step_by(features + 1);
                means.zip(&self.shapley.expected).for_each(|(slot, mean)| *slot = *mean);
            }
        }
    }
}
