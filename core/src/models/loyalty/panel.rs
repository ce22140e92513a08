//! Who bought what, counted.

use crate::base::{Error, ErrorKind, Result};

/// Purchases of each customer by brand.
///
/// ```
/// use bactrian::models::loyalty::Panel;
///
/// // Three customers, brands 0 and 1.
/// let panel = Panel::new(&[7, 7, 8, 9], &[0, 1, 0, 0], 2)?;
/// assert_eq!(panel.customers(), &[7, 8, 9]);
/// let brand = panel.brands()[0];
/// assert_eq!((brand.share, brand.penetration, brand.sole), (0.75, 1.0, 2.0 / 3.0));
/// # Ok::<(), bactrian::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct Panel {
    brands: usize,
    customers: Vec<u64>,
    /// Purchases, customer by customer.
    counts: Vec<f64>,
}

/// What a brand is in a panel; shares of the panel's customers, who each bought at least once.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Brand {
    /// Share of all purchases.
    pub share: f64,
    /// Share of customers who bought it.
    pub penetration: f64,
    /// Purchases of it per customer who bought it; NaN of none.
    pub frequency: f64,
    /// Purchases of it as a share of all purchases of those who bought it (share of category
    /// requirements); NaN of none.
    pub share_of_requirements: f64,
    /// Share of its customers who bought nothing else; NaN of none.
    pub sole: f64,
}

/// Duplication of purchase: which customers brands have in common.
#[derive(Debug, Clone, PartialEq)]
pub struct Duplication {
    /// Row i, column j: the share of brand i's customers who bought brand j; 1 on the diagonal, NaN
    /// in the row of a brand that nobody bought.
    pub shared: Vec<Vec<f64>>,
    /// D of the law shared(i, j) = D penetration(j) (Ehrenberg 1972), by least squares through the
    /// origin over all pairs; NaN of fewer than two brands.
    pub d: f64,
}

impl Panel {
    /// The panel of purchases: `brand[i]` below `brands` was bought once by `customer[i]`. Errors:
    /// columns of different lengths, no purchase, a brand out of range. One sort.
    pub fn new(customer: &[u64], brand: &[u32], brands: usize) -> Result<Panel> {
        if customer.len() != brand.len() {
            let error = format!("{} customers and {} brands", customer.len(), brand.len());
            return Err(Error::new(ErrorKind::SchemaRange, error));
        }
        if customer.is_empty() {
            return Err(Error::new(ErrorKind::NotEnoughData, "a panel needs at least one purchase"));
        }
        if let Some(row) = brand.iter().position(|brand| *brand as usize >= brands) {
            let error = format!("brand {} in row {row}, of {brands}", brand[row]);
            return Err(Error::new(ErrorKind::SchemaRange, error));
        }
        let mut order: Vec<usize> = (0..customer.len()).collect();
        order.sort_by_key(|&row| customer[row]);
        let mut panel = Panel { brands, customers: Vec::new(), counts: Vec::new() };
        for rows in order.chunk_by(|&a, &b| customer[a] == customer[b]) {
            let start = panel.counts.len();
            panel.customers.extend(rows.first().map(|&row| customer[row]));
            panel.counts.resize(start + brands, 0.0);
            for &row in rows {
                panel.counts[start + brand[row] as usize] += 1.0;
            }
        }
        Ok(panel)
    }

    /// The customers, sorted.
    pub fn customers(&self) -> &[u64] {
        &self.customers
    }

    /// The purchases of each customer by brand, in the order of [`Panel::customers`].
    pub fn rows(&self) -> impl Iterator<Item = &[f64]> {
        self.counts.chunks(self.brands)
    }

    /// Each brand's figures.
    pub fn brands(&self) -> Vec<Brand> {
        let total: f64 = self.counts.iter().sum();
        let customers = self.customers.len() as f64;
        let one = |brand: usize| {
            let (mut bought, mut buyers, mut all, mut sole) = (0.0, 0.0, 0.0, 0.0);
            for row in self.rows().filter(|row| row[brand] > 0.0) {
                let needs: f64 = row.iter().sum();
                bought += row[brand];
                all += needs;
                buyers += 1.0;
                sole += f64::from(u8::from(row[brand] == needs));
            }
            Brand {
                share: bought / total,
                penetration: buyers / customers,
                frequency: bought / buyers,
                share_of_requirements: bought / all,
                sole: sole / buyers,
            }
        };
        (0..self.brands).map(one).collect()
    }

    /// Purchases per customer.
    pub fn frequency(&self) -> f64 {
        self.counts.iter().sum::<f64>() / self.customers.len() as f64
    }

    /// The number of brands that each customer bought, in the order of [`Panel::customers`].
    pub fn repertoire(&self) -> Vec<u32> {
        self.rows().map(|row| row.iter().filter(|count| **count > 0.0).count() as u32).collect()
    }

    /// The share of customers who bought more than one brand.
    pub fn multi_brand_share(&self) -> f64 {
        let several = self.repertoire().iter().filter(|brands| **brands > 1).count();
        several as f64 / self.customers.len() as f64
    }

    /// Duplication of purchase between brands.
    pub fn duplication(&self) -> Duplication {
        let k = self.brands;
        let mut both = vec![vec![0.0; k]; k];
        for row in self.rows() {
            for (i, shared) in both.iter_mut().enumerate().filter(|(i, _)| row[*i] > 0.0) {
                for (j, count) in shared.iter_mut().enumerate() {
                    *count += f64::from(u8::from(row[i] > 0.0 && row[j] > 0.0));
                }
            }
        }
        let customers = self.customers.len() as f64;
        let penetration: Vec<f64> = (0..k).map(|i| both[i][i] / customers).collect();
        let buyers: Vec<f64> = (0..k).map(|i| both[i][i]).collect();
        for (shared, buyers) in both.iter_mut().zip(&buyers) {
            for count in shared {
                *count /= buyers;
            }
        }
        let (mut product, mut square) = (0.0, 0.0);
        for (i, shared) in both.iter().enumerate().filter(|(i, _)| buyers[*i] > 0.0) {
            for (j, share) in shared.iter().enumerate().filter(|(j, _)| *j != i) {
                product += share * penetration[j];
                square += penetration[j] * penetration[j];
            }
        }
        Duplication { shared: both, d: product / square }
    }
}

/// D, and which customers brands have in common: [`Panel::duplication`] of purchases.
pub fn duplication(customer: &[u64], brand: &[u32], brands: usize) -> Result<Duplication> {
    Ok(Panel::new(customer, brand, brands)?.duplication())
}

/// The share of requirements that each brand meets: [`Brand::share_of_requirements`] of purchases.
pub fn share_of_requirements(customer: &[u64], brand: &[u32], brands: usize) -> Result<Vec<f64>> {
    let brands = Panel::new(customer, brand, brands)?.brands();
    Ok(brands.iter().map(|brand| brand.share_of_requirements).collect())
}
