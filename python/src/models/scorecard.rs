//! `bactrian.models.Scorecard`.

use bactrian::models::linear::LogisticRegression;
use bactrian::models::scorecard::{self, Holds, Scaling, ScorecardFit};
use bactrian::models::watch::Signature;
use bactrian::{Error, ErrorKind};
use pyo3::prelude::*;
use pyo3::types::{PyDict, PyMapping};

use super::binning::{OptimalBinning, labels};
use super::matrix::{Count, Matrix, array, category, learnt, marks, names, numbers, optional, slice};
use super::saved::{Reduced, reduced};
use crate::error::{OrRaise, call, raised};

/// A scorecard: points for the bin of each feature, added up; a higher score means fewer events.
///
/// ``fit`` bins each feature, weighs the bins by a logistic regression, and scales the log odds to
/// points. A row is a value for every feature, in the order of ``features``, or a dict of them by name; several
/// rows are a matrix, or a frame or dict with columns of these names. Categories that the fit knew as texts are
/// given as texts, in a matrix as their places in the alphabet, from 0.
///
/// >>> age = [i % 100 for i in range(200)]
/// >>> defaulted = [(a < 30 and i % 3 > 0) or i % 11 == 0 for i, a in enumerate(age)]
/// >>> card = bt.models.Scorecard.fit({"age": age}, defaulted)
/// >>> young, old = card.score([[20], [80]])
/// >>> bool(young < old)
/// True
/// >>> card.reasons([20])[0]["feature"]
/// 'age'
/// >>> bool(card.to_reach([20], old)[0]["gain"] == old - young)
/// True
#[pyclass(module = "bactrian.models", frozen)]
pub(crate) struct Scorecard {
    core: scorecard::Scorecard,
    signature: Signature,
}

impl Scorecard {
    pub(crate) fn of(core: scorecard::Scorecard) -> Self {
        let signature = core.signature();
        Scorecard { core, signature }
    }
}

#[pymethods]
impl Scorecard {
    /// Fit a card to rows and to whether each had the event (0 or 1).
    ///
    /// ``features`` names the columns of a matrix (of a frame: those to take; by default all), and
    /// ``categorical`` those of them that hold categories: texts, whose names the card keeps, or codes. ``binning`` says how they are cut. ``l1`` and
    /// ``l2`` penalise the regression. ``score`` points stand for ``odds`` non-events to one event, and
    /// ``pdo`` points double the odds; the points of a bin are whole numbers unless ``rounded`` is false.
    #[staticmethod]
    #[pyo3(signature = (rows, y, /, weights=None, *, features=None, categorical=Vec::new(), binning=None, l1=0.0, l2=0.0,
        score=600.0, odds=50.0, pdo=20.0, rounded=true))]
    #[expect(clippy::too_many_arguments, reason = "each has a name in Python")]
    fn fit(
        py: Python<'_>,
        rows: &Bound<'_, PyAny>,
        y: &Bound<'_, PyAny>,
        weights: Option<&Bound<'_, PyAny>>,
        features: Option<Vec<String>>,
        categorical: Vec<String>,
        binning: Option<PyRef<'_, OptimalBinning>>,
        l1: f64,
        l2: f64,
        score: f64,
        odds: f64,
        pdo: f64,
        rounded: bool,
    ) -> PyResult<Self> {
        let features = match features {
            Some(features) => features,
            None => names(rows)?.ok_or_else(|| {
                let error = Error::new(ErrorKind::SchemaMissing, "the columns of a matrix have no names");
                raised(&error.hint("give `features`, or a frame"))
            })?,
        };
        if let Some(stray) = categorical.iter().find(|name| !features.contains(name)) {
            return Err(raised(&Error::new(ErrorKind::UnknownColumn, format!("no feature is called `{stray}`"))));
        }
        let holds = |name: &String| if categorical.contains(name) { Holds::Categories } else { Holds::Numbers };
        let described: Vec<(&str, Holds)> = features.iter().map(|name| (name.as_str(), holds(name))).collect();
        let fit = ScorecardFit {
            binning: binning.map(|binning| binning.0.clone()).unwrap_or_default(),
            regression: LogisticRegression { l1, l2, ..LogisticRegression::default() },
            scaling: Scaling { score, odds, pdo, rounded },
        };
        let (matrix, categories) = taught(rows, &features, &categorical)?;
        let (slices, y, weights) = (matrix.slices()?, marks(y)?, optional(weights)?);
        let weights = weights.as_ref().map(slice).transpose()?;
        let card = call(py, || fit.fit(&slices.inputs()?, &described, &y, weights)?.with_categories(categories));
        card.map(Scorecard::of)
    }

    /// Read a card that ``to_json`` wrote: the same scores, to the bit. Such a file serves as ``model`` of a score
    /// in a definition.
    #[staticmethod]
    fn from_json(py: Python<'_>, text: &str) -> PyResult<Self> {
        call(py, || scorecard::Scorecard::from_json(text.as_bytes())).map(Scorecard::of)
    }

    /// The card as the text of a file.
    fn to_json(&self) -> String {
        self.core.to_json()
    }

    /// Names of the features, in the order of a row.
    #[getter]
    fn features(&self) -> Vec<&str> {
        self.core.features().iter().map(|feature| feature.name.as_str()).collect()
    }

    /// The intercept of the log odds of an event.
    #[getter]
    fn intercept(&self) -> f64 {
        self.core.intercept()
    }

    /// The coefficient of each feature's weight of evidence in the log odds of an event, by name.
    #[getter]
    fn coefficients<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyDict>> {
        let coefficients = PyDict::new(py);
        for feature in self.core.features() {
            coefficients.set_item(&feature.name, feature.coefficient)?;
        }
        Ok(coefficients)
    }

    /// The score of each row.
    #[pyo3(signature = (rows, /))]
    fn score(&self, py: Python<'_>, rows: &Bound<'_, PyAny>) -> PyResult<Py<PyAny>> {
        let matrix = Matrix::bound(rows, &self.signature)?;
        let slices = matrix.slices()?;
        let out = call(py, || {
            let inputs = slices.inputs()?;
            let mut out = vec![0.0; inputs.rows()];
            self.core.score_rows(&inputs, &mut out)?;
            Ok(out)
        })?;
        array(py, out, &[])
    }

    /// The points of each feature of one row, by name; they add up to its score.
    ///
    /// >>> card = bt.models.Scorecard.fit({"age": list(range(100))}, [int(i < 40 or i % 9 == 0) for i in range(100)])
    /// >>> bool(sum(card.points([20]).values()) == card.score([[20]])[0])
    /// True
    #[pyo3(signature = (row, /))]
    fn points<'py>(&self, py: Python<'py>, row: &Bound<'_, PyAny>) -> PyResult<Bound<'py, PyDict>> {
        let points = self.core.points(&self.row(row)?).or_raise()?;
        let dict = PyDict::new(py);
        for (feature, points) in self.core.features().iter().zip(points) {
            dict.set_item(&feature.name, points)?;
        }
        Ok(dict)
    }

    /// The probability of an event at a score without rounding.
    #[pyo3(signature = (score, /))]
    fn event_probability(&self, score: f64) -> f64 {
        self.core.event_probability(score)
    }

    /// The ``n`` features that hold the score of a row back most: dicts of ``feature``, ``bin``,
    /// ``points``, and ``short``, the points that its best bin would give beyond.
    #[pyo3(signature = (row, n=Count(4)))]
    fn reasons<'py>(&self, py: Python<'py>, row: &Bound<'_, PyAny>, n: Count) -> PyResult<Vec<Bound<'py, PyDict>>> {
        let reasons = self.core.reasons(&self.row(row)?, n.0).or_raise()?;
        let shown = |reason: &scorecard::Reason| {
            let dict = self.described(py, reason.feature, &[("bin", reason.bin)])?;
            dict.set_item("points", reason.points)?;
            dict.set_item("short", reason.short)?;
            Ok(dict)
        };
        reasons.iter().map(shown).collect()
    }

    /// The fewest changes that take the score of a row to ``target``: dicts of ``feature``, the bin to
    /// come ``from``, the bin to go ``to``, and ``gain``; ``None`` where no change of the features that
    /// are not ``fixed`` does.
    #[pyo3(signature = (row, target, *, fixed=Vec::new()))]
    fn to_reach<'py>(
        &self,
        py: Python<'py>,
        row: &Bound<'_, PyAny>,
        target: f64,
        fixed: Vec<String>,
    ) -> PyResult<Option<Vec<Bound<'py, PyDict>>>> {
        let words: Vec<&str> = self.features();
        let fixed = named(&fixed, &words).or_raise()?;
        let Some(changes) = self.core.to_reach(&self.row(row)?, target, &fixed).or_raise()? else { return Ok(None) };
        let shown = |change: &scorecard::Change| {
            let dict = self.described(py, change.feature, &[("from", change.from), ("to", change.to)])?;
            dict.set_item("gain", change.gain)?;
            Ok(dict)
        };
        changes.iter().map(shown).collect::<PyResult<_>>().map(Some)
    }

    /// The card as it is printed, as columns: ``feature``, ``bin``, ``points``, ``weight_of_evidence``.
    fn table<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyDict>> {
        let (mut names, mut bins, mut points, mut evidence) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
        for feature in self.core.features() {
            names.extend(feature.points.iter().map(|_| feature.name.as_str()));
            bins.extend(labels(&feature.binning));
            points.extend_from_slice(&feature.points);
            evidence.extend(feature.binning.weights_of_evidence());
        }
        let table = PyDict::new(py);
        table.set_item("feature", names)?;
        table.set_item("bin", bins)?;
        table.set_item("points", points)?;
        table.set_item("weight_of_evidence", evidence)?;
        Ok(table)
    }

    fn __reduce__<'py>(&self, py: Python<'py>) -> PyResult<Reduced<'py>> {
        reduced(py, &self.core)
    }

    fn __repr__(&self) -> String {
        format!("Scorecard({})", self.features().join(", "))
    }
}

impl Scorecard {
    /// A row as numbers: a value for every feature in their order, or a mapping from their names.
    fn row(&self, row: &Bound<'_, PyAny>) -> PyResult<Vec<f64>> {
        let inputs = &self.signature.inputs;
        let values: Vec<Bound<'_, PyAny>> = match row.cast::<PyMapping>() {
            Ok(mapping) => {
                let words = names(mapping)?.unwrap_or_default();
                self.signature.bind(&words.iter().map(String::as_str).collect::<Vec<_>>()).or_raise()?;
                inputs.iter().map(|input| mapping.get_item(&input.name)).collect::<PyResult<_>>()?
            }
            Err(_) if inputs.iter().all(|input| input.categories.is_empty()) => {
                return Ok(slice(&numbers(row)?)?.to_vec());
            }
            Err(_) => row.try_iter()?.collect::<PyResult<_>>()?,
        };
        let known = values.iter().zip(inputs).map(|(value, input)| match input.categories.is_empty() {
            true if value.is_none() => Ok(f64::NAN),
            true => value.extract::<f64>(),
            false => Ok(category(value)?.code(&input.codes())),
        });
        // A row that is too long or too short stays so, for core to refuse.
        known.chain(values.iter().skip(inputs.len()).map(|_| Ok(f64::NAN))).collect()
    }

    /// A feature's name, and labels of some of its bins.
    fn described<'py>(&self, py: Python<'py>, feature: usize, bins: &[(&str, usize)]) -> PyResult<Bound<'py, PyDict>> {
        let dict = PyDict::new(py);
        if let Some(feature) = self.core.features().get(feature) {
            dict.set_item("feature", &feature.name)?;
            for (key, bin) in bins {
                dict.set_item(key, feature.binning.label(*bin))?;
            }
        }
        Ok(dict)
    }
}

/// The columns to fit on, and the names of the categories of those that hold texts.
fn taught<'py>(
    rows: &Bound<'py, PyAny>,
    features: &[String],
    categorical: &[String],
) -> PyResult<(Matrix<'py>, Vec<Vec<String>>)> {
    let Some(words) = names(rows)? else { return Ok((Matrix::whole(rows)?, vec![Vec::new(); features.len()])) };
    named(features, &words.iter().map(String::as_str).collect::<Vec<_>>()).or_raise()?;
    let column = |name: &String| match categorical.contains(name) {
        true => learnt(&rows.get_item(name)?),
        false => Ok((numbers(&rows.get_item(name)?)?, Vec::new())),
    };
    let (columns, categories) = features.iter().map(column).collect::<PyResult<Vec<_>>>()?.into_iter().unzip();
    Ok((Matrix::Columns(columns), categories))
}

/// The places of `names` among `words`.
fn named(names: &[String], words: &[&str]) -> bactrian::Result<Vec<usize>> {
    let place = |name: &String| {
        let found = words.iter().position(|word| word == name);
        found.ok_or_else(|| Error::new(ErrorKind::UnknownColumn, format!("no column is called `{name}`")))
    };
    names.iter().map(place).collect()
}
