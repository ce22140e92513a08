//! Loyalty that is split, from C.

use std::mem::MaybeUninit;

use bactrian::models::loyalty::{
    NbdDirichlet, NbdDirichletParams, duplication, loyalty_and_profit, share_of_requirements,
};

use super::{answer, place};
use crate::error::{guard, guard_or};
use crate::pointer::{given, hand_out, slice};
use crate::status::Status;

/// NBD-Dirichlet: how often a category is bought, and how its purchases split over brands.
pub struct Dirichlet {
    model: NbdDirichlet,
}

/// Fits the model of a category's penetration and frequency (purchases per buyer) in a period, and of its
/// brands' shares of purchases and penetrations. Free it.
///
/// Errors: `SCHEMA_RANGE` for shares that sum to more than 1 and other figures that can't be;
/// `NOT_ENOUGH_DATA` where they determine no model.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn bactrian_dirichlet_fit(
    penetration: f64,
    frequency: f64,
    shares: *const f64,
    penetrations: *const f64,
    brands: usize,
    dirichlet: Option<&mut MaybeUninit<*mut Dirichlet>>,
) -> Status {
    guard(|| {
        let place = given(dirichlet, "dirichlet")?;
        // SAFETY: the caller promises `brands` numbers in each column.
        let (shares, penetrations) =
            unsafe { (slice(shares, brands, "shares")?, slice(penetrations, brands, "penetrations")?) };
        let fitted = NbdDirichlet::fit(penetration, frequency, shares, penetrations)?;
        hand_out(place, Dirichlet { model: fitted.model });
        Ok(())
    })
}

/// The model with known parameters: `m` purchases of the category per person, their exponent `k`, the sum `s`
/// of the Dirichlet's parameters, the brands' shares of purchases. Free it.
///
/// Errors: `SCHEMA_RANGE` for parameters that can't be.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn bactrian_dirichlet_new(
    m: f64,
    k: f64,
    s: f64,
    shares: *const f64,
    brands: usize,
    dirichlet: Option<&mut MaybeUninit<*mut Dirichlet>>,
) -> Status {
    guard(|| {
        let place = given(dirichlet, "dirichlet")?;
        // SAFETY: the caller promises `brands` numbers.
        let shares = unsafe { slice(shares, brands, "shares") }?.to_vec();
        hand_out(place, Dirichlet { model: NbdDirichletParams { m, k, s, shares }.check()? });
        Ok(())
    })
}

/// M, K and S, for `index` 0, 1 and 2; NaN beyond, and for NULL.
#[unsafe(no_mangle)]
pub extern "C" fn bactrian_dirichlet_parameter(dirichlet: Option<&Dirichlet>, index: usize) -> f64 {
    let params = dirichlet.map(|dirichlet| dirichlet.model.params());
    params.and_then(|params| [params.m, params.k, params.s].get(index).copied()).unwrap_or(f64::NAN)
}

/// The share of people who buy the category; NaN for NULL.
#[unsafe(no_mangle)]
pub extern "C" fn bactrian_dirichlet_penetration(dirichlet: Option<&Dirichlet>) -> f64 {
    guard_or(f64::NAN, || dirichlet.map_or(f64::NAN, |dirichlet| dirichlet.model.penetration()))
}

/// P(exactly `purchases` of the category); NaN for NULL.
#[unsafe(no_mangle)]
pub extern "C" fn bactrian_dirichlet_probability_of(dirichlet: Option<&Dirichlet>, purchases: u32) -> f64 {
    guard_or(f64::NAN, || dirichlet.map_or(f64::NAN, |dirichlet| dirichlet.model.probability_of(purchases)))
}

/// What the model says of a brand, into `forecast`, which has room for 5 numbers: penetration, purchases per
/// buyer, purchases of the category per buyer of the brand, share of requirements, share of sole buyers.
///
/// Errors: `SCHEMA_RANGE` for a brand that is none.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn bactrian_dirichlet_brand(
    dirichlet: Option<&Dirichlet>,
    brand: usize,
    forecast: *mut f64,
) -> Status {
    guard(|| {
        let (dirichlet, forecast) = (given(dirichlet, "dirichlet")?, place(forecast, "forecast")?);
        let found = dirichlet.model.brand(brand)?;
        let all =
            [found.penetration, found.frequency, found.category_frequency, found.share_of_requirements, found.sole];
        // SAFETY: the caller promises room for five numbers.
        unsafe { answer(&all, forecast) };
        Ok(())
    })
}

/// A customer's share of each brand given the purchases so far, one count a brand, and those `elsewhere`; into
/// `shares`, which has room for `brands` numbers.
///
/// Errors: `SCHEMA_RANGE` for another number of brands than the model's, and for counts that can't be.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn bactrian_dirichlet_shares(
    dirichlet: Option<&Dirichlet>,
    purchases: *const f64,
    brands: usize,
    elsewhere: f64,
    shares: *mut f64,
) -> Status {
    guard(|| {
        let (dirichlet, shares) = (given(dirichlet, "dirichlet")?, place(shares, "shares")?);
        // SAFETY: the caller promises `brands` numbers, and room for as many.
        unsafe {
            let purchases = slice(purchases, brands, "purchases")?;
            answer(&dirichlet.model.posterior_shares(purchases, elsewhere)?, shares);
        }
        Ok(())
    })
}

/// What a customer who bought `brand` `own` times buys in all, rivals unseen: the expected purchases of the
/// category, and the brand's expected share.
///
/// Errors: `SCHEMA_RANGE` for a brand that is none.
#[unsafe(no_mangle)]
pub extern "C" fn bactrian_dirichlet_wallet(
    dirichlet: Option<&Dirichlet>,
    brand: usize,
    own: u32,
    total: Option<&mut MaybeUninit<f64>>,
    share: Option<&mut MaybeUninit<f64>>,
) -> Status {
    guard(|| {
        let (total, share) = (given(total, "total")?, given(share, "share")?);
        let found = given(dirichlet, "dirichlet")?.model.wallet(brand, own)?;
        total.write(found.total);
        share.write(found.share);
        Ok(())
    })
}

/// Gives a model back; NULL is fine.
#[unsafe(no_mangle)]
pub extern "C" fn bactrian_dirichlet_free(dirichlet: Option<Box<Dirichlet>>) {
    guard_or((), || drop(dirichlet));
}

/// The share of requirements of each brand, of purchases of one customer and one brand each (brands are
/// numbered from 0); into `shares`, which has room for `brands` numbers. NaN of a brand without buyers.
///
/// Errors: `SCHEMA_RANGE` for a brand from `brands` on; `NOT_ENOUGH_DATA` without a purchase.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn bactrian_loyalty_share_of_requirements(
    customer: *const u64,
    brand: *const u32,
    length: usize,
    brands: usize,
    shares: *mut f64,
) -> Status {
    guard(|| {
        let shares = place(shares, "shares")?;
        // SAFETY: the caller promises `length` numbers in each column, and room for `brands`.
        unsafe {
            let (customer, brand) = (slice(customer, length, "customer")?, slice(brand, length, "brand")?);
            answer(&share_of_requirements(customer, brand, brands)?, shares);
        }
        Ok(())
    })
}

/// D of the law of duplication, of purchases as for `bactrian_loyalty_share_of_requirements`; into `shared`,
/// which has room for `brands` times `brands` numbers, the share of each row's buyers who bought the column too.
///
/// Errors: as those of `bactrian_loyalty_share_of_requirements`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn bactrian_loyalty_duplication(
    customer: *const u64,
    brand: *const u32,
    length: usize,
    brands: usize,
    d: Option<&mut MaybeUninit<f64>>,
    shared: *mut f64,
) -> Status {
    guard(|| {
        let (d, shared) = (given(d, "d")?, place(shared, "shared")?);
        // SAFETY: the caller promises `length` numbers in each column, and the room.
        unsafe {
            let (customer, brand) = (slice(customer, length, "customer")?, slice(brand, length, "brand")?);
            let found = duplication(customer, brand, brands)?;
            answer(&found.shared.concat(), shared);
            d.write(found.d);
        }
        Ok(())
    })
}

/// Spearman's correlation of loyalty and profit over customers, and its interval at 95%, into `found`, which
/// has room for 3 numbers; and into `groups`, with room for 4, how many customers are strangers (neither above
/// its median), butterflies (profitable alone), barnacles (loyal alone) and true friends. NaN where there is no
/// telling.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn bactrian_loyalty_profit(
    loyalty: *const f64,
    profit: *const f64,
    length: usize,
    found: *mut f64,
    groups: *mut u64,
) -> Status {
    guard(|| {
        let (found, groups) = (place(found, "found")?, place(groups, "groups")?);
        // SAFETY: the caller promises `length` numbers in each column, and the room.
        unsafe {
            let (loyalty, profit) = (slice(loyalty, length, "loyalty")?, slice(profit, length, "profit")?);
            let told = loyalty_and_profit(loyalty, profit)?;
            let (lower, upper) = told.verdict.interval;
            answer(&[told.verdict.value, lower, upper], found);
            let counts = [told.strangers, told.butterflies, told.barnacles, told.true_friends];
            answer(&counts.map(|count| count as u64), groups);
        }
        Ok(())
    })
}
