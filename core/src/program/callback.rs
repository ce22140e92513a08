//! Functions of the host behind columns: registered by name and version, called under a guard.
//!
//! Whatever a callback does wrong (an error, a panic, NaN, an infinite number) makes its column unknown
//! there, and is counted. While it runs, its thread can't call the engine, whose lock is held.

use std::cell::Cell;
use std::collections::BTreeMap;
use std::fmt;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

/// A function of the host: the inputs of its column in order (unknown is NaN) to the value, or a reason
/// why there is none. It has to give the same value for the same inputs, from any thread.
pub type Callback = Arc<dyn Fn(&[f64]) -> std::result::Result<f64, String> + Send + Sync>;

/// What became of the calls of one callback since it was registered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CallbackReport {
    /// The name under which it was registered.
    pub name: String,
    /// The version under which it was registered.
    pub version: String,
    /// Calls.
    pub calls: u64,
    /// Calls that gave NaN, which is unknown.
    pub unknown: u64,
    /// Calls that failed: an error, a panic, an infinite number. The column was unknown.
    pub failed: u64,
    /// Why the latest of them failed.
    pub failure: Option<String>,
}

/// A registered callback.
pub(crate) struct Registered {
    callback: Callback,
    calls: AtomicU64,
    unknown: AtomicU64,
    failed: AtomicU64,
    failure: Mutex<Option<String>>,
}

/// The callbacks of an engine by name and version. Cloning shares them.
#[derive(Clone, Default)]
pub(crate) struct Callbacks(BTreeMap<(String, String), Arc<Registered>>);

thread_local! {
    static RUNNING: Cell<bool> = const { Cell::new(false) };
}

/// Whether a callback runs on this thread.
pub(crate) fn is_running() -> bool {
    RUNNING.get()
}

impl Callbacks {
    /// Registers a callback; one of the same name and version is replaced.
    pub fn register(&mut self, name: &str, version: &str, callback: Callback) {
        let fresh = Registered {
            callback,
            calls: AtomicU64::new(0),
            unknown: AtomicU64::new(0),
            failed: AtomicU64::new(0),
            failure: Mutex::new(None),
        };
        self.0.insert((name.to_owned(), version.to_owned()), Arc::new(fresh));
    }

    /// The callback of a name and version.
    pub fn get(&self, name: &str, version: &str) -> Option<Arc<Registered>> {
        self.0.get(&(name.to_owned(), version.to_owned())).cloned()
    }

    /// The versions that are registered under a name, rising.
    pub fn versions(&self, name: &str) -> Vec<&str> {
        self.0.keys().filter(|(known, _)| known == name).map(|(_, version)| version.as_str()).collect()
    }

    /// What became of the calls of each, by name and version.
    pub fn reports(&self) -> Vec<CallbackReport> {
        let report = |((name, version), registered): (&(String, String), &Arc<Registered>)| CallbackReport {
            name: name.clone(),
            version: version.clone(),
            calls: registered.calls.load(Ordering::Relaxed),
            unknown: registered.unknown.load(Ordering::Relaxed),
            failed: registered.failed.load(Ordering::Relaxed),
            failure: registered.failure.lock().unwrap_or_else(PoisonError::into_inner).clone(),
        };
        self.0.iter().map(report).collect()
    }
}

impl Registered {
    /// The value that the host gives, NaN where it gives none.
    pub fn call(&self, inputs: &[f64]) -> f64 {
        self.calls.fetch_add(1, Ordering::Relaxed);
        let before = RUNNING.replace(true);
        let outcome = catch_unwind(AssertUnwindSafe(|| (self.callback)(inputs)));
        RUNNING.set(before);
        match outcome {
            Ok(Ok(value)) if value.is_finite() => value,
            Ok(Ok(value)) if value.is_nan() => {
                self.unknown.fetch_add(1, Ordering::Relaxed);
                f64::NAN
            }
            Ok(Ok(value)) => self.fail(format!("it gave {value}")),
            Ok(Err(reason)) => self.fail(reason),
            Err(_) => self.fail("it panicked".to_owned()),
        }
    }

    fn fail(&self, reason: String) -> f64 {
        self.failed.fetch_add(1, Ordering::Relaxed);
        *self.failure.lock().unwrap_or_else(PoisonError::into_inner) = Some(reason);
        f64::NAN
    }
}

impl fmt::Debug for Callbacks {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.0.keys()).finish()
    }
}
