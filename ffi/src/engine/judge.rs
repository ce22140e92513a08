//! Attention that is scarce, and what another policy would have brought, from C.

use std::ffi::c_char;
use std::mem::MaybeUninit;

use arrow_array::ffi_stream::FFI_ArrowArrayStream;
use bactrian::models::evaluation::Estimate;
use bactrian::{Policy, Result};

use super::Engine;
use super::shape::Ask;
use crate::arrow::export;
use crate::definition::Definition;
use crate::error::guard;
use crate::pointer::{Text, Versioned, given, moment, names, optional_slice, slice, versioned};
use crate::status::Status;
use crate::value::{Id, optional_ids};

/// What a plan may spend. Begin with `BACTRIAN_MEANS_INIT`, which sets the size and the defaults.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct Means {
    /// `sizeof(bactrian_means)`.
    pub struct_size: usize,
    /// The most that all costs together come to; NaN, the default, is no limit.
    pub budget: f64,
    /// Actions, channels, groups, processes or types of relationship with a capacity; NULL only with a length of 0, the
    /// default.
    pub capacity_names: *const *const c_char,
    /// How many contacts each may have.
    pub capacity: *const f64,
    /// How many capacities.
    pub capacity_length: usize,
    /// Those that should have some at least; NULL only with a length of 0, the default.
    pub least_names: *const *const c_char,
    /// How many each should have.
    pub least: *const f64,
    /// How many leasts.
    pub least_length: usize,
}

// SAFETY: pointers and numbers have a value for every pattern of bits, and `struct_size` comes first.
unsafe impl Versioned for Means {
    const SIZES: &'static [usize] = &[size_of::<Self>()];
    const DEFAULT: Self = Means {
        struct_size: 0,
        budget: f64::NAN,
        capacity_names: std::ptr::null(),
        capacity: std::ptr::null(),
        capacity_length: 0,
        least_names: std::ptr::null(),
        least: std::ptr::null(),
        least_length: 0,
    };
}

/// # Safety
/// As `length` names and numbers.
unsafe fn named<'a>(
    texts: *const *const c_char,
    numbers: *const f64,
    length: usize,
    name: &str,
) -> Result<Vec<(&'a str, f64)>> {
    // SAFETY: the caller's promise.
    let (texts, numbers) = unsafe { (names(texts, length, name)?, slice(numbers, length, name)?) };
    Ok(texts.into_iter().zip(numbers.iter().copied()).collect())
}

/// How good a plan is.
#[repr(C)]
pub struct PlanView {
    /// The sum of the priorities above the price of attention.
    pub value: f64,
    /// No plan under these limits has a larger sum; where not every least is met, none that misses no more contacts of
    /// them in all.
    pub bound: f64,
    /// (bound - value) / bound. Of whether fewer contacts of the leasts could be missed it says nothing.
    pub gap: f64,
    /// 1 where no plan is better: none misses fewer contacts, and of those that miss no more none is worth more.
    pub exact: u32,
}

/// Plans up to `ask.most` actions for each customer (NULL: everyone), so that what they are worth beyond the price of
/// attention sums to as much as `means` (NULL: no limits) allow, into a stream of one batch: `customer`, `action` (null
/// is silence), `priority`, `cost`, a row a customer and action. How good that is goes into `plan`, and a row a limit
/// into `limits`, unless these are NULL: `name`, `capacity`, `used`, `price` (what one more would be worth) and
/// `missing`, by how much its use falls short of what was asked for at least. Capacities are always kept, one action of
/// a group and what contact policies leave to each customer too; of what is asked for at least as few contacts in all
/// are missing as can be, which goes before what the plan is worth. Records nothing. A NULL `ask` has the defaults.
/// `limits` and `stream` are overwritten; release each with its own `release`.
///
/// Errors: as `bactrian_engine_decide_with`; `UNKNOWN_WORD` for a limit of what is no action, channel, group, process or
/// relationship; `SCHEMA_RANGE` for a limit below 0, one that is given twice, a least above its capacity, a cost below
/// 0 under a budget, and a customer who is asked for twice.
///
/// ```c
/// const char *scarce[] = { "phone" };
/// const double places[] = { 100 };
/// bactrian_means means = BACTRIAN_MEANS_INIT;
/// means.budget = 5000;
/// means.capacity_names = scarce;
/// means.capacity = places;
/// means.capacity_length = 1;
/// status = bactrian_engine_plan(engine, NULL, 0, NULL, &means, &plan, NULL, &stream);
/// ```
#[unsafe(no_mangle)]
pub unsafe extern "C" fn bactrian_engine_plan(
    engine: Option<&Engine>,
    customers: *const Id,
    customers_length: usize,
    ask: *const Ask<'_>,
    means: *const Means,
    plan: Option<&mut MaybeUninit<PlanView>>,
    limits: Option<&mut MaybeUninit<FFI_ArrowArrayStream>>,
    stream: Option<&mut MaybeUninit<FFI_ArrowArrayStream>>,
) -> Status {
    guard(|| {
        let (engine, stream) = (given(engine, "engine")?, given(stream, "stream")?);
        // SAFETY: the caller promises `customers_length` ids, and an ask and means as long as they say.
        let found = unsafe {
            let ids = optional_ids(customers, customers_length, "customers")?;
            let ask = if ask.is_null() { Ask::DEFAULT } else { versioned(ask, "ask")? };
            let means = if means.is_null() { Means::DEFAULT } else { versioned(means, "means")? };
            let capacity = named(means.capacity_names, means.capacity, means.capacity_length, "means.capacity")?;
            let least = named(means.least_names, means.least, means.least_length, "means.least")?;
            let budget = Some(means.budget).filter(|budget| !budget.is_nan());
            let means = bactrian::Means { budget, capacity: &capacity, least: &least };
            ask.with(|asked| engine.engine.plan(ids.as_deref(), asked, &means))
        }?;
        if let Some(limits) = limits {
            export(|| Ok(found.table_of_limits()), Some(limits))?;
        }
        if let Some(place) = plan {
            let bactrian::Planned { value, bound, gap, exact, .. } = found;
            place.write(PlanView { value, bound, gap, exact: u32::from(exact) });
        }
        export(|| Ok(found.table), Some(stream))
    })
}

/// Gives customers (NULL: everyone who is no agent) to `agents`, so that as many as possible are served and what the
/// number column `score` says of the customer toward the agent sums to the most, into a stream of one batch:
/// `customer`, `agent` (null where no place is left), `score`; the sum goes into `sum`, unless it is NULL. Each agent
/// takes at most as many as `places` says (NULL: one each). Exact. Records nothing. `stream` is overwritten; release it
/// with its own `release`.
///
/// Errors: `UNKNOWN_CUSTOMER`, `UNKNOWN_COLUMN`; `SCHEMA_TYPE` for a column that is no number; `SCHEMA_MISSING` without
/// an agent; `SCHEMA_RANGE` for an agent or customer named twice, or above 65,536 customers or places; `TIME_PAST`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn bactrian_engine_assign(
    engine: Option<&Engine>,
    customers: *const Id,
    customers_length: usize,
    agents: *const Id,
    places: *const usize,
    agents_length: usize,
    score: Text<'_>,
    at: i64,
    sum: Option<&mut MaybeUninit<f64>>,
    stream: Option<&mut MaybeUninit<FFI_ArrowArrayStream>>,
) -> Status {
    guard(|| {
        let (engine, score, stream) = (given(engine, "engine")?, score.required("score")?, given(stream, "stream")?);
        // SAFETY: the caller promises as many ids and numbers as the lengths say.
        let found = unsafe {
            let ids = optional_ids(customers, customers_length, "customers")?;
            let agents: &[Id] = slice(agents, agents_length, "agents")?;
            let places: Option<&[usize]> = optional_slice(places, agents_length, "places")?;
            let most = |at: usize| places.and_then(|places| places.get(at)).copied().unwrap_or(1);
            let agents = agents.iter().enumerate().map(|(at, id)| Ok((id.get("agents")?, most(at))));
            let agents = agents.collect::<Result<Vec<_>>>()?;
            engine.engine.assign(ids.as_deref(), &agents, score, moment(at))
        }?;
        if let Some(place) = sum {
            place.write(found.score);
        }
        export(|| Ok(found.table), Some(stream))
    })
}

/// What another definition would have done with the decisions of a journal.
#[repr(C)]
pub struct BacktestView {
    /// Recorded decisions that were compared; a slate is one, by its first action.
    pub decisions: u64,
    /// Those of which the other definition would have chosen the same.
    pub agreed: u64,
    /// Customers with at least one of them.
    pub customers: u64,
    /// What the other definition expects of a decision, beyond the price of attention; NaN of none.
    pub expected: f64,
    /// Its interval of 95%.
    pub expected_lower: f64,
    /// See `expected_lower`.
    pub expected_upper: f64,
    /// What the recorded decisions expected.
    pub recorded: f64,
    /// Its interval of 95%.
    pub recorded_lower: f64,
    /// See `recorded_lower`.
    pub recorded_upper: f64,
}

/// What another definition would have decided wherever the journal holds a decision at or after `since` (`INT64_MIN`:
/// all), into `backtest`, and unless these are NULL into streams of one batch each: `values`, as
/// `bactrian_engine_evaluate` has them (no rows where no decision is settled); `moved`, a row a customer who would have
/// got something else (`customer`, `decisions`, `gained`, `lost`, `changed`); `funnel`, a row an action and rule at which
/// it falls (`action`, `stage`, `rule`, `decisions`); `unserved`, a row a customer who would have got nothing (`customer`,
/// `decisions`, `action`, `stage`, `rule`). Writes nothing. Streams are overwritten; release each with its own
/// `release`. Cost: a replay of the journal.
///
/// Errors: as `bactrian_engine_redefine`; `CALLBACK` where the other definition needs one that is not registered.
#[unsafe(no_mangle)]
pub extern "C" fn bactrian_engine_backtest(
    engine: Option<&Engine>,
    definition: Option<&Definition>,
    since: i64,
    backtest: Option<&mut MaybeUninit<BacktestView>>,
    values: Option<&mut MaybeUninit<FFI_ArrowArrayStream>>,
    moved: Option<&mut MaybeUninit<FFI_ArrowArrayStream>>,
    funnel: Option<&mut MaybeUninit<FFI_ArrowArrayStream>>,
    unserved: Option<&mut MaybeUninit<FFI_ArrowArrayStream>>,
) -> Status {
    guard(|| {
        let (engine, place) = (given(engine, "engine")?, given(backtest, "backtest")?);
        let found = engine.engine.backtest(&given(definition, "definition")?.definition, Some(since))?;
        let tables = [found.values(), found.moved, found.funnel, found.unserved];
        for (table, stream) in tables.into_iter().zip([values, moved, funnel, unserved]) {
            if stream.is_some() {
                export(|| Ok(table), stream)?;
            }
        }
        let told = |estimate: Option<Estimate>| match estimate {
            Some(Estimate { value, interval, .. }) => [value, interval.0, interval.1],
            None => [f64::NAN; 3],
        };
        let [other, own] = found.expected.map(told);
        place.write(BacktestView {
            decisions: found.decisions,
            agreed: found.agreed,
            customers: found.customers,
            expected: other[0],
            expected_lower: other[1],
            expected_upper: other[2],
            recorded: own[0],
            recorded_lower: own[1],
            recorded_upper: own[2],
        });
        Ok(())
    })
}

/// What a policy would have brought, by the decisions recorded at or after `since` (`INT64_MIN`: all), their propensities
/// and what came of them, into a stream of one batch with a row for `value` (in money) and one for `success`: `measure`,
/// `rows`, the estimates `logged`, `ips` and `snips` with `.lower` and `.upper`, `effective_sample_size`,
/// `largest_weight`, `mean_weight`, and the `gain` with its interval, `claim` and `why`. The policy is a `definition` or,
/// where that is NULL, the `action` that is always taken (NULL: silence). `stream` is overwritten; release it with its own
/// `release`.
///
/// Errors: `NOT_ENOUGH_DATA` where no decision is settled; `UNKNOWN_WORD` for an action that there is not; as
/// `bactrian_engine_backtest`.
#[unsafe(no_mangle)]
pub extern "C" fn bactrian_engine_evaluate(
    engine: Option<&Engine>,
    definition: Option<&Definition>,
    action: Text<'_>,
    since: i64,
    stream: Option<&mut MaybeUninit<FFI_ArrowArrayStream>>,
) -> Status {
    guard(|| {
        let (engine, action) = (given(engine, "engine")?, action.optional("action")?);
        let policy = definition.map_or(Policy::Always(action), |handle| Policy::Definition(&handle.definition));
        export(|| engine.engine.evaluate(policy, Some(since)).map(|found| found.table()), stream)
    })
}

/// The same for a policy of which it is known with which probability it does what was done: `propensities` from 0 to 1
/// of `length` `decisions`; others are left out.
///
/// Errors: as `bactrian_engine_evaluate`; `UNKNOWN_DECISION` for one that was not recorded; `SCHEMA_RANGE` for a
/// propensity outside [0, 1].
#[unsafe(no_mangle)]
pub unsafe extern "C" fn bactrian_engine_evaluate_propensities(
    engine: Option<&Engine>,
    decisions: *const u64,
    propensities: *const f64,
    length: usize,
    since: i64,
    stream: Option<&mut MaybeUninit<FFI_ArrowArrayStream>>,
) -> Status {
    guard(|| {
        let engine = given(engine, "engine")?;
        // SAFETY: the caller promises `length` numbers of each.
        let (ids, chances): (&[u64], &[f64]) =
            unsafe { (slice(decisions, length, "decisions")?, slice(propensities, length, "propensities")?) };
        let told: Vec<(u64, f64)> = ids.iter().copied().zip(chances.iter().copied()).collect();
        export(|| engine.engine.evaluate(Policy::Propensities(&told), Some(since)).map(|found| found.table()), stream)
    })
}

/// The effect of every action by its control arm, over the decisions at or after `since` (`INT64_MIN`: all) whose window is
/// over, into a stream of a row an action, or with a `segment` (not NULL) a row a cell and action: `cell`, `action`,
/// `sent`, `withheld`, and of `success` and `money` the effect with `.low`, `.high` and `.claim`. `before` (unless NULL) is
/// a number column known before, which takes noise out (CUPED). `stream` is overwritten; release it with its own
/// `release`.
///
/// Errors: `UNKNOWN_SEGMENT`; `UNKNOWN_COLUMN` or `SCHEMA_TYPE` for `before`; `STORE_IO`, `CLOSED`.
#[unsafe(no_mangle)]
pub extern "C" fn bactrian_engine_effects(
    engine: Option<&Engine>,
    segment: Text<'_>,
    before: Text<'_>,
    since: i64,
    stream: Option<&mut MaybeUninit<FFI_ArrowArrayStream>>,
) -> Status {
    guard(|| {
        let engine = given(engine, "engine")?;
        let (segment, before) = (segment.optional("segment")?, before.optional("before")?);
        export(|| engine.engine.effects(segment, before, Some(since)), stream)
    })
}

/// What the opportunities under way will bring, by a `column` of the model `pipeline`, into a stream of one batch: `group`,
/// `opportunities`, `worth`, `forecast` (the sum of worth x chance to be won), and the interval `lower` to `upper` (.05
/// on either side). A row each label of the column `by` (unless NULL), and one without a group, the total. `stream` is
/// overwritten; release it with its own `release`.
///
/// Errors: `UNKNOWN_COLUMN`, with the nearest name; `SCHEMA_TYPE` for a column that is no pipeline; `NOT_ENOUGH_DATA`
/// before a fit; `SCHEMA_MISSING` for a `by` toward a peer; `TIME_PAST`.
#[unsafe(no_mangle)]
pub extern "C" fn bactrian_engine_forecast(
    engine: Option<&Engine>,
    column: Text<'_>,
    by: Text<'_>,
    at: i64,
    stream: Option<&mut MaybeUninit<FFI_ArrowArrayStream>>,
) -> Status {
    guard(|| {
        let (engine, column, by) = (given(engine, "engine")?, column.required("column")?, by.optional("by")?);
        export(|| engine.engine.forecast(column, by, moment(at)), stream)
    })
}
