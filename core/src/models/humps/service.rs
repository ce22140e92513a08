//! Who is served with intimacy, and who with efficiency, by the hump that each stands in.

use crate::base::{Error, ErrorKind, Result};

/// What one way of serving brings.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Service {
    /// Margin per unit of value of a customer of the lower hump, and of one of the upper hump.
    pub margin: [f64; 2],
    /// Cost to serve one customer.
    pub cost: f64,
}

/// How each customer is served.
#[derive(Debug, Clone, PartialEq)]
pub struct ServicePlan {
    /// Whether the customer is served with intimacy.
    pub intimate: Vec<bool>,
    /// What intimacy gains over efficiency, in money.
    pub gain: Vec<f64>,
    /// The most that serving the customer as planned may cost without a loss: the expected margin.
    pub cap: Vec<f64>,
    /// Expected margin less cost, over all.
    pub total: f64,
}

/// Serves at most `capacity` customers with intimacy, the others with efficiency.
///
/// The expected margin of a service is `value` (p margin of the upper hump + (1 - p) margin of the lower),
/// p the chance `upper` that the customer is of the upper hump. Intimacy goes to the largest gains above 0,
/// ties to the first: with one capacity this is the optimum of the linear programme, which is whole. A
/// customer of whom either number is unknown (NaN) is served with efficiency and counts nothing.
/// Errors: columns of different lengths, a chance outside of [0, 1], another number that is not finite.
///
/// ```
/// use bactrian::models::humps::{Service, service_plan};
///
/// let efficient = Service { margin: [0.10, 0.10], cost: 1.0 };
/// let intimate = Service { margin: [0.10, 0.40], cost: 20.0 };
/// let plan = service_plan(&[0.9, 0.1, 0.9], &[200.0, 200.0, 50.0], efficient, intimate, 2)?;
/// assert_eq!(plan.intimate, [true, false, false]);
/// # Ok::<(), bactrian::Error>(())
/// ```
pub fn service_plan(
    upper: &[f64],
    value: &[f64],
    efficient: Service,
    intimate: Service,
    capacity: usize,
) -> Result<ServicePlan> {
    check(upper, value, [efficient, intimate])?;
    let known = |row: usize| !upper[row].is_nan() && !value[row].is_nan();
    let margin = |service: Service, row: usize| {
        let [low, high] = service.margin;
        if known(row) { value[row] * (upper[row] * high + (1.0 - upper[row]) * low) } else { f64::NAN }
    };
    let n = upper.len();
    let net = |service: Service, row: usize| margin(service, row) - service.cost;
    let gain: Vec<f64> = (0..n).map(|row| net(intimate, row) - net(efficient, row)).collect();
    let mut order: Vec<usize> = (0..n).filter(|row| gain[*row] > 0.0).collect();
    order.sort_by(|a, b| gain[*b].total_cmp(&gain[*a]).then(a.cmp(b)));
    let mut chosen = vec![false; n];
    for row in order.into_iter().take(capacity) {
        chosen[row] = true;
    }
    let of = |row: usize| if chosen[row] { intimate } else { efficient };
    let cap = (0..n).map(|row| margin(of(row), row)).collect();
    let total = (0..n).filter(|row| known(*row)).map(|row| net(of(row), row)).sum();
    Ok(ServicePlan { intimate: chosen, gain, cap, total })
}

fn check(upper: &[f64], value: &[f64], services: [Service; 2]) -> Result<()> {
    let wrong = |message: String| Err(Error::new(ErrorKind::SchemaRange, message));
    if upper.len() != value.len() {
        return wrong(format!("{} chances and {} values", upper.len(), value.len()));
    }
    if let Some(row) = upper.iter().position(|p| !(p.is_nan() || (0.0..=1.0).contains(p))) {
        return wrong(format!("the chance of customer {row} is {}, but must be from 0 to 1", upper[row]));
    }
    if let Some(row) = value.iter().position(|value| value.is_infinite()) {
        return wrong(format!("the value of customer {row} is not finite"));
    }
    if services.iter().any(|s| !(s.cost.is_finite() && s.margin.iter().all(|margin| margin.is_finite()))) {
        return wrong("a margin or a cost is not finite".to_owned());
    }
    Ok(())
}
