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
    /// In order of arrival: of event ids the clock when each came, of occasions the time of its line.
    queue: VecDeque<(i64, Name)>,
    span: i64,
}

/// What a line of an occasion is to those that came before it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Line {
    /// The first one.
    First,
    /// A further one.
    Further,
    /// One that is earlier than the earliest so far, which was at this time.
    Earlier(i64),
}

impl Horizon {
    /// Remembers names for `span` microseconds.
    pub fn new(span: i64) -> Self {
        Horizon { times: HashMap::with_hasher(FixedState::default()), queue: VecDeque::new(), span }
    }

    /// The time of the first event of this name, if it was noted within the span before `now`.
    pub fn time(&self, name: Name, now: i64) -> Option<i64> {
        let bound = now.saturating_sub(self.span);
        self.times.get(&name).copied().filter(|time| *time >= bound || self.came_since(name, bound))
    }

    /// Whether a late name was noted since the clock stood at `bound`. Cost: the names noted since then.
    fn came_since(&self, name: Name, bound: i64) -> bool {
        let recent = self.queue.partition_point(|(came, _)| *came < bound);
        self.queue.range(recent..).any(|(_, known)| *known == name)
    }

    /// Notes a name; true if it was not remembered. Forgets names noted before `now - span`.
    ///
    /// A name is remembered from the moment at which it came, however late its event is.
    pub fn note(&mut self, name: Name, at: i64, now: i64) -> bool {
        self.forget_before(now.saturating_sub(self.span));
        if self.times.contains_key(&name) {
            return false;
        }
        self.times.insert(name, at);
        self.queue.push_back((now, name));
        true
    }

    /// Notes a line of an occasion: lines of one name that lie within the span of its earliest line
    /// belong together, in whatever order they come.
    ///
    /// Names are kept for two spans, so that a line which is itself late still finds its occasion.
    pub fn line(&mut self, name: Name, at: i64, now: i64) -> Line {
        self.forget_before(now.saturating_sub(self.span.saturating_mul(2)));
        if let Some(first) = self.times.get_mut(&name) {
            let near = at.abs_diff(*first) <= self.span.unsigned_abs();
            match (near, at < *first) {
                (true, true) => return Line::Earlier(std::mem::replace(first, at)),
                (true, false) => return Line::Further,
                (false, true) => return Line::First,
                (false, false) => *first = at,
            }
        } else {
            self.times.insert(name, at);
        }
        self.queue.push_back((at, name));
        Line::First
    }

    /// Takes over what another state remembers, in the order of time.
    ///
    /// # Errors
    /// A name that both remember within the span: its events stand in both states.
    pub fn absorb(&mut self, entries: &[(i64, Name, Option<i64>)]) -> std::result::Result<(), Name> {
        for (_, name, time) in entries {
            let shared =
                time.zip(self.times.get(name).copied()).is_some_and(|(a, b)| a.abs_diff(b) <= self.span.unsigned_abs());
            if shared {
                return Err(*name);
            }
        }
        for (at, name, time) in entries {
            // Of two uses of one name far apart the later one counts from here on.
            let latest = (*time).max(self.times.get(name).copied());
            self.restore(*at, *name, latest);
        }
        if !entries.is_empty() {
            self.queue.make_contiguous().sort_unstable();
        }
        Ok(())
    }

    fn forget_before(&mut self, bound: i64) {
        while let Some((_, name)) = self.queue.front().copied().filter(|(time, _)| *time < bound) {
            self.queue.pop_front();
            // A name that was used again has a later entry of its own.
            if self.times.get(&name).is_some_and(|time| *time < bound) {
                self.times.remove(&name);
            }
        }
    }

    /// Every remembered name in order of arrival: the time noted then, the time it has now.
    pub fn entries(&self) -> impl ExactSizeIterator<Item = (i64, Name, Option<i64>)> + '_ {
        self.queue.iter().map(|(at, name)| (*at, *name, self.times.get(name).copied()))
    }

    /// Notes an entry of [`Horizon::entries`] as it was, for a reopened state.
    pub fn restore(&mut self, at: i64, name: Name, time: Option<i64>) {
        if let Some(time) = time {
            self.times.insert(name, time);
        }
        self.queue.push_back((at, name));
    }

    /// Bytes held.
    pub fn bytes(&self) -> usize {
        self.times.allocation_size() + self.queue.capacity() * size_of::<(i64, Name)>()
    }
}
