//! Who is tied to whom, whose ear to whisper in, and what peers would recommend, from C.

use std::mem::MaybeUninit;

use arrow_array::ffi_stream::FFI_ArrowArrayStream;
use bactrian::graph::SpreadModel;
use bactrian::{Result, Table};

use super::Engine;
use crate::arrow::export;
use crate::error::guard;
use crate::pointer::{Text, Versioned, given, hand_out, versioned};
use crate::result::list::Ids;
use crate::status::Status;
use crate::value::{Id, ids, who};

/// The peers with whom a customer has dealt or is tied, in order of first sight; with a `layer` (not NULL)
/// those tied to the customer in it, in either direction. Nobody is a peer of their own. Free the list.
///
/// Errors: `UNKNOWN_CUSTOMER`, `UNKNOWN_COLUMN` for a layer that is not declared, `CLOSED`.
#[unsafe(no_mangle)]
pub extern "C" fn bactrian_engine_peers(
    engine: Option<&Engine>,
    customer: Option<&Id>,
    layer: Text<'_>,
    peers: Option<&mut MaybeUninit<*mut Ids>>,
) -> Status {
    guard(|| {
        let (engine, place) = (given(engine, "engine")?, given(peers, "peers")?);
        let found = engine.engine.peers(who(customer, "customer")?, layer.optional("layer")?)?;
        hand_out(place, Ids::new(&found));
        Ok(())
    })
}

/// What ties a customer to each peer, in one `layer` or (NULL) in all, into a stream of one batch: `peer`,
/// `layer`, `forth` and `back` (strengths), `reciprocity`, `common` neighbours, `overlap`, `adamic_adar`.
/// `stream` is overwritten; release it with its own `release`.
///
/// Errors: as `bactrian_engine_peers`.
#[unsafe(no_mangle)]
pub extern "C" fn bactrian_engine_ties(
    engine: Option<&Engine>,
    customer: Option<&Id>,
    layer: Text<'_>,
    stream: Option<&mut MaybeUninit<FFI_ArrowArrayStream>>,
) -> Status {
    guard(|| {
        let (engine, customer) = (given(engine, "engine")?, who(customer, "customer")?);
        let layer = layer.optional("layer")?;
        export(|| engine.engine.ties(customer, layer), stream)
    })
}

/// What a seed set is asked for. Begin with `BACTRIAN_SEED_ASK_INIT`, which sets the size and the defaults.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct SeedAsk<'a> {
    /// `sizeof(bactrian_seed_ask)`.
    pub struct_size: usize,
    /// Most seeds; 0, the default, leaves the limit to the budget.
    pub count: usize,
    /// What the seeds may cost in all; NaN, the default, is no limit.
    pub budget: f64,
    /// Column with the cost of each customer; NULL, the default, is 1 each.
    pub cost: Text<'a>,
    /// Column with what reaching each customer is worth; NULL, the default, is 1 each.
    pub value: Text<'a>,
    /// The layer of ties; NULL, the default, is the only one.
    pub layer: Text<'a>,
    /// Customers who must not be seeds; NULL only with a length of 0, the default.
    pub exclude: *const Id,
    /// How many of them.
    pub exclude_length: usize,
    /// Customers who are reached already, and neither seeds nor counted, whether excluded too or not; NULL only with a
    /// length of 0, the default.
    pub active: *const Id,
    /// How many of them.
    pub active_length: usize,
    /// 1 whispers against the ties, from who is trusted to who trusts. 0 by default.
    pub reverse: u32,
    /// 1 is the linear threshold model, 0, the default, the independent cascade.
    pub threshold: u32,
    /// The chance of every tie; NaN, the default, is the tie's share of all that reaches its target.
    pub chance: f64,
    /// Share of the best that may be lost beyond that of greedy choice, .05 by default.
    pub epsilon: f64,
    /// Chance that a bound fails, .001 by default.
    pub delta: f64,
}

// SAFETY: pointers and numbers have a value for every pattern of bits, and `struct_size` comes first.
unsafe impl Versioned for SeedAsk<'_> {
    const SIZES: &'static [usize] = &[size_of::<Self>()];
    const DEFAULT: Self = SeedAsk {
        struct_size: 0,
        count: 0,
        budget: f64::NAN,
        cost: Text::NULL,
        value: Text::NULL,
        layer: Text::NULL,
        exclude: std::ptr::null(),
        exclude_length: 0,
        active: std::ptr::null(),
        active_length: 0,
        reverse: 0,
        threshold: 0,
        chance: f64::NAN,
        epsilon: 0.05,
        delta: 0.001,
    };
}

impl SeedAsk<'_> {
    /// Gives the ask to `take` as the core has it.
    ///
    /// # Safety
    /// `exclude` and `active` are as long as they say.
    unsafe fn with<T>(&self, take: impl FnOnce(&bactrian::SeedAsk<'_>) -> Result<T>) -> Result<T> {
        // SAFETY: the caller's promise.
        let (exclude, active) = unsafe {
            (ids(self.exclude, self.exclude_length, "exclude")?, ids(self.active, self.active_length, "active")?)
        };
        take(&bactrian::SeedAsk {
            count: (self.count > 0).then_some(self.count),
            budget: Some(self.budget).filter(|budget| !budget.is_nan()),
            cost: self.cost.optional("cost")?,
            value: self.value.optional("value")?,
            exclude: &exclude,
            active: &active,
            layer: self.layer.optional("layer")?,
            reverse: self.reverse != 0,
            model: if self.threshold == 0 { SpreadModel::IndependentCascade } else { SpreadModel::LinearThreshold },
            chance: Some(self.chance).filter(|chance| !chance.is_nan()),
            epsilon: self.epsilon,
            delta: self.delta,
        })
    }
}

/// How far a whisper goes.
#[repr(C)]
pub struct SpreadView {
    /// What the seeds are expected to reach, themselves included, beyond what is active already; unbiased.
    pub spread: f64,
    /// They reach at least this, with probability `1 - delta`.
    pub lower: f64,
    /// No choice within the limits reaches more than this, with probability `1 - delta`.
    pub upper: f64,
}

/// Whose ears to whisper in, into a stream of one batch: `customer` and `gain`, in the order of choice; and how
/// far that goes into `spread`, unless it is NULL. `stream` is overwritten; release it with its own `release`.
///
/// Errors: `SCHEMA_RANGE` where nothing limits the seeds and for ties below zero; `UNKNOWN_CUSTOMER`,
/// `UNKNOWN_COLUMN`; `SCHEMA_MISSING` for a layer that must be named; `NOT_ENOUGH_DATA` where nobody may be chosen.
///
/// ```c
/// bactrian_seed_ask ask = BACTRIAN_SEED_ASK_INIT;
/// ask.count = 10;
/// status = bactrian_engine_seeds(engine, &ask, &spread, &stream);
/// ```
#[unsafe(no_mangle)]
pub unsafe extern "C" fn bactrian_engine_seeds(
    engine: Option<&Engine>,
    ask: *const SeedAsk<'_>,
    spread: Option<&mut MaybeUninit<SpreadView>>,
    stream: Option<&mut MaybeUninit<FFI_ArrowArrayStream>>,
) -> Status {
    guard(|| {
        let engine = given(engine, "engine")?;
        // SAFETY: the caller promises an ask that is as long as it says.
        let found = unsafe { versioned(ask, "ask")?.with(|ask| engine.engine.seeds(ask)) }?;
        export(|| Ok(found.table()), stream)?;
        if let Some(place) = spread {
            let bactrian::graph::SeedSet { spread, lower, upper, .. } = found.found;
            place.write(SpreadView { spread, lower, upper });
        }
        Ok(())
    })
}

/// Whether customers take up what their peers took up before them, into a stream of one batch with one row: `value`,
/// which is (after - before) / (after + before), `lower`, `upper`, `null_value`, `rows`, `claim` ("effect", "no
/// evidence" or "cannot tell"), `why`. `outcome` is the kind of event that is an adoption, `item` the role that says of what
/// (NULL: `need` where the kind has it), `window` the microseconds within which one may follow another (0: any). A tie
/// of `layer` (NULL: the only one) leads from who may follow to who goes before, as trust does; where ties run the other
/// way, as messages do, 1 in `reverse` turns them round. `stream` is overwritten; release it with its own `release`.
/// Cost: 21 passes over the adoptions and the ties of those who adopt.
///
/// Errors: `UNKNOWN_COLUMN`; `SCHEMA_TYPE` for a role that holds no names; `SCHEMA_MISSING` for a layer that must be
/// named; `SCHEMA_RANGE` for a window below zero.
#[unsafe(no_mangle)]
pub extern "C" fn bactrian_engine_influence(
    engine: Option<&Engine>,
    outcome: Text<'_>,
    item: Text<'_>,
    layer: Text<'_>,
    window: i64,
    reverse: u32,
    stream: Option<&mut MaybeUninit<FFI_ArrowArrayStream>>,
) -> Status {
    guard(|| {
        let engine = given(engine, "engine")?;
        let (outcome, item, layer) = (outcome.required("outcome")?, item.optional("item")?, layer.optional("layer")?);
        let window = Some(window).filter(|window| *window != 0);
        let ask = bactrian::InfluenceAsk { outcome, item, layer, window, reverse: reverse != 0 };
        export(|| engine.engine.influence(&ask).map(|verdict| Table::of_verdict(&verdict)), stream)
    })
}

/// What customers who matter to a customer deal in and the customer does not yet, into a stream of one batch: `need`,
/// `score`, `peers`, `alike`, `because`, best first, at most `most`. NULL `needs` and `layer` are the only ones.
/// `stream` is overwritten; release it with its own `release`.
///
/// Errors: `UNKNOWN_CUSTOMER`, `UNKNOWN_COLUMN`; `SCHEMA_MISSING` for what must be named; `SCHEMA_RANGE` for ties
/// below zero.
#[unsafe(no_mangle)]
pub extern "C" fn bactrian_engine_recommend(
    engine: Option<&Engine>,
    customer: Option<&Id>,
    most: usize,
    needs: Text<'_>,
    layer: Text<'_>,
    stream: Option<&mut MaybeUninit<FFI_ArrowArrayStream>>,
) -> Status {
    guard(|| {
        let (engine, customer) = (given(engine, "engine")?, who(customer, "customer")?);
        let (needs, layer) = (needs.optional("needs")?, layer.optional("layer")?);
        export(|| engine.engine.recommend(customer, most, needs, layer), stream)
    })
}

/// Who of a customer's peers can best meet `need`, into a stream of one batch: `peer`, `score`, `strength`,
/// `skill`, best first; no rows where none of them has ever dealt in it. Skill is w / (w + 1) for the decayed count w of
/// the peer's dealings in the need, the score skill times the peer's share of the strength of all the customer's ties, in
/// both directions. NULL `needs` and `layer` are the only ones.
/// `stream` is overwritten; release it with its own `release`.
///
/// Errors: as `bactrian_engine_recommend`.
#[unsafe(no_mangle)]
pub extern "C" fn bactrian_engine_route(
    engine: Option<&Engine>,
    need: Text<'_>,
    customer: Option<&Id>,
    needs: Text<'_>,
    layer: Text<'_>,
    stream: Option<&mut MaybeUninit<FFI_ArrowArrayStream>>,
) -> Status {
    guard(|| {
        let (engine, customer) = (given(engine, "engine")?, who(customer, "customer")?);
        let (need, needs, layer) = (need.required("need")?, needs.optional("needs")?, layer.optional("layer")?);
        export(|| engine.engine.route(need, customer, needs, layer), stream)
    })
}
