//! Testing characteristics, and parting rows by one.

use super::{Question, values};
use crate::base::numeric::special::gamma_inc_upper;
use crate::models::associate::Characteristic;

/// Whether a characteristic has to do with the response of some rows.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Test {
    pub statistic: f64,
    pub p_value: f64,
}

/// Sum of responses and number of rows, of one value.
#[derive(Debug, Clone, Copy)]
pub(super) struct Run {
    value: f64,
    rows: usize,
    sum: f64,
}

/// Rows with a known value, run by run of equal values, rising.
pub(super) fn runs(column: &Characteristic<'_>, response: &[f64], rows: &[usize]) -> Vec<Run> {
    let of = values(column);
    let mut known: Vec<(f64, f64)> =
        rows.iter().filter(|row| !of[**row].is_nan()).map(|row| (of[*row] + 0.0, response[*row])).collect();
    known.sort_by(|a, b| a.0.total_cmp(&b.0));
    let one = |same: &[(f64, f64)]| {
        same.first().map(|first| Run { value: first.0, rows: same.len(), sum: same.iter().map(|row| row.1).sum() })
    };
    known.chunk_by(|a, b| a.0 == b.0).filter_map(one).collect()
}

/// (n - 1) R^2 of the response on midranks or labels; `None` where either does not vary.
pub(super) fn test(column: &Characteristic<'_>, response: &[f64], rows: &[usize], runs: &[Run]) -> Option<Test> {
    let of = values(column);
    let known: Vec<f64> = rows.iter().filter(|row| !of[**row].is_nan()).map(|row| response[*row]).collect();
    let n = known.len() as f64;
    if runs.len() < 2 || n < 3.0 {
        return None;
    }
    let mean = known.iter().sum::<f64>() / n;
    let total: f64 = known.iter().map(|value| (value - mean) * (value - mean)).sum();
    if total <= 1e-14 * n * (mean * mean + 1.0) {
        return None;
    }
    let (explained, degrees) = match column {
        Characteristic::Label(_) => {
            let off = |run: &Run| run.sum - run.rows as f64 * mean;
            (runs.iter().map(|run| off(run) * off(run) / run.rows as f64).sum::<f64>(), runs.len() as f64 - 1.0)
        }
        Characteristic::Number(_) => {
            let (mut below, mut cross, mut spread) = (0.0, 0.0, 0.0);
            for run in runs {
                let rank = below + 0.5 * (run.rows as f64 + 1.0) - 0.5 * (n + 1.0);
                cross += rank * (run.sum - run.rows as f64 * mean);
                spread += run.rows as f64 * rank * rank;
                below += run.rows as f64;
            }
            (cross * cross / spread, 1.0)
        }
    };
    let statistic = (n - 1.0) * explained / total;
    Some(Test { statistic, p_value: gamma_inc_upper(0.5 * degrees, 0.5 * statistic) })
}

/// The question that parts runs best, each side having at least `minimum` rows; `None` where there is none.
pub(super) fn best(column: &Characteristic<'_>, mut runs: Vec<Run>, minimum: usize) -> Option<Question> {
    let is_label = matches!(column, Characteristic::Label(_));
    if is_label {
        let mean = |run: &Run| run.sum / run.rows as f64;
        runs.sort_by(|a, b| mean(a).total_cmp(&mean(b)).then(a.value.total_cmp(&b.value)));
    }
    let all: usize = runs.iter().map(|run| run.rows).sum();
    let total: f64 = runs.iter().map(|run| run.sum).sum();
    let (mut rows, mut sum, mut found) = (0, 0.0, None::<(f64, usize)>);
    for (place, run) in runs.iter().enumerate() {
        rows += run.rows;
        sum += run.sum;
        let rest = all - rows;
        if rows < minimum || rest < minimum {
            continue;
        }
        let gap = sum / rows as f64 - (total - sum) / rest as f64;
        let statistic = gap * gap * rows as f64 * rest as f64;
        if found.is_none_or(|(most, _)| statistic > most) {
            found = Some((statistic, place));
        }
    }
    let (_, place) = found?;
    if !is_label {
        let (low, high) = (runs.get(place)?.value, runs.get(place + 1)?.value);
        // Midway, unless rounding would put the lower value on the upper side.
        let middle = low + 0.5 * (high - low);
        return Some(Question::Below(if middle > low { middle } else { high }));
    }
    let mut labels: Vec<f64> = runs.iter().take(place + 1).map(|run| run.value).collect();
    labels.sort_by(f64::total_cmp);
    Some(Question::Among(labels))
}
