//! Both tests in one answer.

use super::dip::{dip_of_sorted, sorted};
use super::gaussians::{TwoGaussians, two_gaussians};
use super::table::{dip_critical, dip_p_value};
use crate::base::{Claim, Result, Verdict};

/// Both tests of two humps, and the verdict that joins them.
#[derive(Debug, Clone, PartialEq)]
pub struct TwoHumps {
    /// The value is the dip; its interval is the dip plus and minus the critical value at 5%, so that
    /// it covers 0, the dip of one hump, unless the dip test rejects one hump.
    pub verdict: Verdict,
    /// The dip.
    pub dip: f64,
    /// The p-value of the dip test against one hump.
    pub p: f64,
    /// The components; `None` where there are too few values for them.
    pub gaussians: Option<TwoGaussians>,
    /// Whether the dip test and BIC agree; false without components.
    pub agree: bool,
}

/// Does `x` have two humps? By the dip test at 5%, and by BIC of two Gaussian components.
///
/// "effect" needs both: a dip test that rejects one hump, and two components that are better than one
/// and have a valley between them. "no evidence" if both deny it. "cannot tell" if they disagree (a
/// skewed sample takes two Gaussians for its one hump; a small one hides its dip), with both figures in
/// `why`. Unknown values (NaN) take no part; an infinite one is an error.
///
/// ```
/// use bactrian::Claim;
/// use bactrian::models::humps::two_humps;
///
/// let x: Vec<f64> = (0..200).map(|i| f64::from(i % 20) + if i % 2 == 0 { 0.0 } else { 100.0 }).collect();
/// assert_eq!(two_humps(&x)?.verdict.claim, Claim::Effect);
/// # Ok::<(), bactrian::Error>(())
/// ```
pub fn two_humps(x: &[f64]) -> Result<TwoHumps> {
    let sorted = sorted(x)?;
    let n = sorted.len();
    let dip = dip_of_sorted(&sorted);
    let p = dip_p_value(dip, n);
    let Ok(gaussians) = two_gaussians(&sorted) else {
        let verdict = Verdict::cannot_tell(n as u64, "fewer than five values, or all of them equal");
        return Ok(TwoHumps { verdict, dip, p, gaussians: None, agree: false });
    };
    let by_dip = p < 0.05;
    let better = gaussians.bic_two < gaussians.bic_one;
    let by_bic = better && gaussians.antimode.is_finite();
    let critical = dip_critical(0.05, n);
    let says = |two: bool| if two { "two humps" } else { "one" };
    let shape = if better && !by_bic { ", without a valley" } else { "" };
    let why = format!(
        "dip test says {} (p {p:.4}), BIC says {} ({:.3} of one component, {:.3} of two{shape}), Ashman's D {:.2}",
        says(by_dip),
        says(by_bic),
        gaussians.bic_one,
        gaussians.bic_two,
        gaussians.ashman_d
    );
    let mut verdict = Verdict::from_interval(dip, (dip - critical, dip + critical), 0.0, n as u64, why);
    verdict.claim = match (by_dip, by_bic) {
        (true, true) => Claim::Effect,
        (false, false) => Claim::NoEvidence,
        _ => Claim::CannotTell,
    };
    Ok(TwoHumps { verdict, dip, p, gaussians: Some(gaussians), agree: by_dip == by_bic })
}
