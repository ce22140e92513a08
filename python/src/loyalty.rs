//! `bactrian.loyalty`: which share of their needs customers meet where.

use bactrian::models::loyalty::{self, BrandForecast, NbdDirichletParams};
use numpy::PyReadonlyArray1;
use pyo3::prelude::*;
use pyo3::types::PyDict;

use crate::error::{OrRaise, call};
use crate::input::{Count, Real, numbers, real};

/// NBD-Dirichlet: how often a category is bought, and how its purchases split over brands (Goodhardt,
/// Ehrenberg, Chatfield 1984).
///
/// ``m`` is purchases of the category per person in the period, ``k`` their exponent, ``s`` the sum of
/// the Dirichlet's parameters (the smaller, the more loyal), ``shares`` the brands' shares of purchases.
/// ``fit`` finds them. Brands are numbered from 0 in the order of ``shares``.
///
/// >>> shares = [0.25, 0.19, 0.10, 0.10, 0.09, 0.08, 0.03, 0.02]  # toothpaste
/// >>> model = bt.loyalty.NBDDirichlet.fit(0.56, 2.6, shares, [0.20, 0.17, 0.09, 0.08, 0.08, 0.07, 0.03, 0.02])
/// >>> round(model.params_["K"], 2), round(model.params_["S"], 1)
/// (0.78, 1.3)
/// >>> round(model.brand(0)["frequency"], 2)
/// 1.82
#[pyclass(module = "bactrian.loyalty", frozen)]
pub(crate) struct NBDDirichlet {
    core: loyalty::NbdDirichlet,
    /// What each brand alone says of S, and whether it took part, after a fit.
    by_brand: Vec<(f64, bool)>,
}

#[pymethods]
impl NBDDirichlet {
    #[new]
    #[pyo3(signature = (*, m, k, s, shares))]
    fn new(m: Real, k: Real, s: Real, shares: &Bound<'_, PyAny>) -> PyResult<Self> {
        let shares = numbers("shares", shares)?.values;
        let core = NbdDirichletParams { m: m.0, k: k.0, s: s.0, shares }.check().or_raise()?;
        Ok(NBDDirichlet { core, by_brand: Vec::new() })
    }

    /// The model of a category's penetration and frequency (purchases per buyer) in a period, and of its
    /// brands' shares of purchases and penetrations.
    #[staticmethod]
    fn fit(
        py: Python<'_>,
        penetration: Real,
        frequency: Real,
        shares: &Bound<'_, PyAny>,
        penetrations: &Bound<'_, PyAny>,
    ) -> PyResult<Self> {
        let (shares, brands) = (numbers("shares", shares)?.values, numbers("penetrations", penetrations)?.values);
        let fitted = call(py, || loyalty::NbdDirichlet::fit(penetration.0, frequency.0, &shares, &brands))?;
        Ok(NBDDirichlet { core: fitted.model, by_brand: fitted.s_by_brand.into_iter().zip(fitted.used).collect() })
    }

    /// M, K and S.
    #[getter]
    fn params_<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyDict>> {
        let of = self.core.params();
        let dict = PyDict::new(py);
        dict.set_item("M", of.m)?;
        dict.set_item("K", of.k)?;
        dict.set_item("S", of.s)?;
        Ok(dict)
    }

    /// The brands' shares of purchases.
    #[getter]
    fn shares(&self) -> Vec<f64> {
        self.core.params().shares.clone()
    }

    /// After a fit: the S at which each brand's penetration is that observed (NaN where there is none),
    /// and whether the brand took part in S.
    #[getter]
    fn s_by_brand_(&self) -> Vec<(f64, bool)> {
        self.by_brand.clone()
    }

    /// Share of the population that buys the category in the period.
    #[getter]
    fn penetration(&self) -> f64 {
        self.core.penetration()
    }

    /// The chance of exactly ``n`` purchases of the category.
    fn probability_of(&self, n: Count<u32>) -> f64 {
        self.core.probability_of(n.0)
    }

    /// The same model for a period ``t`` times as long.
    fn over(&self, t: Real) -> PyResult<Self> {
        Ok(NBDDirichlet { core: self.core.over(t.0).or_raise()?, by_brand: Vec::new() })
    }

    /// What the model says of a brand: ``penetration``, ``frequency`` (purchases per buyer),
    /// ``category_frequency`` (of the category, per buyer of the brand), ``share_of_requirements`` and
    /// ``sole`` (the share of its buyers who buy nothing else).
    fn brand<'py>(&self, py: Python<'py>, brand: Count<usize>) -> PyResult<Bound<'py, PyDict>> {
        let BrandForecast { penetration, frequency, category_frequency, share_of_requirements, sole } =
            self.core.brand(brand.0).or_raise()?;
        let dict = PyDict::new(py);
        dict.set_item("penetration", penetration)?;
        dict.set_item("frequency", frequency)?;
        dict.set_item("category_frequency", category_frequency)?;
        dict.set_item("share_of_requirements", share_of_requirements)?;
        dict.set_item("sole", sole)?;
        Ok(dict)
    }

    /// The share of the buyers of ``brand`` who buy ``other`` too.
    fn duplication(&self, brand: Count<usize>, other: Count<usize>) -> PyResult<f64> {
        self.core.duplication(brand.0, other.0).or_raise()
    }

    /// A customer's share of each brand given the purchases so far, one count a brand; ``elsewhere``
    /// counts those of brands outside of the model.
    #[pyo3(signature = (purchases, elsewhere=0.0))]
    fn posterior_shares(
        &self,
        purchases: &Bound<'_, PyAny>,
        #[pyo3(from_py_with = real)] elsewhere: f64,
    ) -> PyResult<Vec<f64>> {
        let purchases = numbers("purchases", purchases)?.values;
        self.core.posterior_shares(&purchases, elsewhere).or_raise()
    }

    /// What a customer who bought ``brand`` ``own`` times spends in all, rivals unseen: the expected
    /// purchases of the category, and the brand's expected long-run share.
    fn wallet(&self, brand: Count<usize>, own: Count<u32>) -> PyResult<(f64, f64)> {
        let found = self.core.wallet(brand.0, own.0).or_raise()?;
        Ok((found.total, found.share))
    }

    fn __repr__(&self) -> String {
        let of = self.core.params();
        format!("NBDDirichlet(m={}, k={}, s={}, {} brands)", of.m, of.k, of.s, of.shares.len())
    }
}

/// D, and the share of each brand's customers who bought each other brand, of numbered customers and brands.
#[pyfunction]
pub(crate) fn _duplication(
    py: Python<'_>,
    customer: PyReadonlyArray1<'_, u64>,
    brand: PyReadonlyArray1<'_, u32>,
    brands: usize,
) -> PyResult<(f64, Vec<Vec<f64>>)> {
    let (customer, brand) = (customer.as_slice()?, brand.as_slice()?);
    call(py, || loyalty::duplication(customer, brand, brands)).map(|found| (found.d, found.shared))
}

/// The share of requirements of each brand, of numbered customers and brands.
#[pyfunction]
pub(crate) fn _share_of_requirements(
    py: Python<'_>,
    customer: PyReadonlyArray1<'_, u64>,
    brand: PyReadonlyArray1<'_, u32>,
    brands: usize,
) -> PyResult<Vec<f64>> {
    let (customer, brand) = (customer.as_slice()?, brand.as_slice()?);
    call(py, || loyalty::share_of_requirements(customer, brand, brands))
}
