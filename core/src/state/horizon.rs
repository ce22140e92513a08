//! Names remembered for a span of event time: event ids, occasions.

use std::collections::VecDeque;

use foldhash::fast::FixedState;
use hashbrown::HashMap;

/// A customer and the hash of a name within it.
pub(crate) type Name = (u32, u64);

/// Names with the time of their first event, forgotten once the clock has left them behind.
#[derive(Debug)]
pub(crate) struct Horizon {
    times: HashMap<Name, i64, FixedState>,
    queue: VecDeque<(i64, Name)>,
    span: i64,
}

impl Horizon {
    /// Remembers names for `span` microseconds.
    pub fn new(span: i64) -> Self {
        Horizon { times: HashMap::with_hasher(FixedState::default()), queue: VecDeque::new(), span }
    }

    /// The time of the first event of this name, if it is remembered.
    pub fn time(&self, name: Name) -> Option<i64> {
        self.times.get(&name).copied()
    }

    /// Notes a name; true if it was not remembered. Forgets names older than `now - span`.
    ///
    /// Forgetting follows arrival: a late name waits behind the ones that came before it.
    pub fn note(&mut self, name: Name, at: i64, now: i64) -> bool {
        while self.queue.front().is_some_and(|(time, _)| *time < now.saturating_sub(self.span)) {
            if let Some((_, name)) = self.queue.pop_front() {
                self.times.remove(&name);
            }
        }
        if self.times.contains_key(&name) {
            return false;
        }
        self.times.insert(name, at);
        self.queue.push_back((at, name));
        true
    }

    /// Every remembered name with its time, in order of arrival.
    pub fn entries(&self) -> impl ExactSizeIterator<Item = &(i64, Name)> {
        self.queue.iter()
    }

    /// Notes an entry as it was, for a reopened state.
    pub fn restore(&mut self, at: i64, name: Name) {
        self.times.insert(name, at);
        self.queue.push_back((at, name));
    }

    /// Forgets every name of a customer.
    pub fn forget(&mut self, customer: u32) {
        self.times.retain(|name, _| name.0 != customer);
        self.queue.retain(|(_, name)| name.0 != customer);
    }

    /// Bytes held.
    pub fn bytes(&self) -> usize {
        self.times.allocation_size() + self.queue.capacity() * size_of::<(i64, Name)>()
    }
}
