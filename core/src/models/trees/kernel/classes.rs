//! Categories that no split tells apart are one class, so that a set is a few words of bits.

/// Not in any set.
const UNKNOWN: u32 = 0;
/// NaN.
const MISSING: u32 = 1;
/// The first class of known categories.
const FIRST: u32 = 2;
/// With more classes than this, a set is a sorted list and not bits.
const MOST_BITS: u32 = 1024;

/// From the categories of one source to their classes.
#[derive(Debug, Default)]
pub(super) struct Classes {
    /// The class of each category below the length; empty where categories are sparse.
    direct: Vec<u32>,
    /// Else the categories, rising, each with its class.
    sparse: Vec<(u32, u32)>,
    /// Number of classes.
    pub count: u32,
}

impl Classes {
    /// The class of a value; `single` is the rule of XGBoost, by which a number in (-1, 0) is no
    /// category, where for LightGBM it is 0.
    #[inline]
    pub(super) fn class(&self, value: f64, single: bool) -> u32 {
        if value.is_nan() {
            return MISSING;
        }
        let lowest = if single { 0.0 } else { -1.0 };
        let inside = value < f64::from(1u32 << 31) && (value > lowest || value == 0.0);
        if !inside {
            return UNKNOWN;
        }
        let category = value as u32;
        if self.direct.is_empty() {
            let found = self.sparse.binary_search_by_key(&category, |pair| pair.0);
            return found.ok().and_then(|at| self.sparse.get(at)).map_or(UNKNOWN, |pair| pair.1);
        }
        self.direct.get(category as usize).copied().unwrap_or(UNKNOWN)
    }
}

/// The sets of all categorical splits.
#[derive(Debug, Default)]
pub(super) struct Sets {
    entries: Vec<Entry>,
    bits: Vec<u64>,
    lists: Vec<u32>,
}

/// Where a set stands.
#[derive(Debug, Clone, Copy)]
enum Entry {
    /// Words of `bits`.
    Bits { start: u32, words: u32 },
    /// Rising classes of `lists`.
    List { start: u32, len: u32 },
}

impl Sets {
    pub(super) fn len(&self) -> u32 {
        self.entries.len() as u32
    }

    /// Adds the sets of one source, each with whether a missing value is in it; gives its classes.
    ///
    /// Two categories are of one class where the same sets hold them.
    pub(super) fn add(&mut self, members: &[(&[u32], bool)]) -> Classes {
        if members.is_empty() {
            return Classes::default();
        }
        let mut pairs: Vec<(u32, u32)> = Vec::new();
        for (set, (categories, _)) in members.iter().enumerate() {
            pairs.extend(categories.iter().map(|category| (*category, set as u32)));
        }
        pairs.sort_unstable();
        let mut runs: Vec<&[(u32, u32)]> = pairs.chunk_by(|a, b| a.0 == b.0).collect();
        let sets_of = |run: &[(u32, u32)]| run.iter().map(|pair| pair.1).collect::<Vec<u32>>();
        runs.sort_by_cached_key(|run| sets_of(run));

        let mut classes = Classes { count: FIRST, ..Classes::default() };
        let mut lists: Vec<Vec<u32>> =
            members.iter().map(|(_, missing)| Vec::from_iter(missing.then_some(MISSING))).collect();
        for group in runs.chunk_by(|a, b| a.iter().map(|pair| pair.1).eq(b.iter().map(|pair| pair.1))) {
            let class = classes.count;
            classes.count += 1;
            for (_, set) in group.first().copied().unwrap_or(&[]) {
                if let Some(list) = lists.get_mut(*set as usize) {
                    list.push(class);
                }
            }
            classes.sparse.extend(group.iter().filter_map(|run| run.first()).map(|(category, _)| (*category, class)));
        }
        classes.sparse.sort_unstable();
        classes.spread();
        lists.iter().for_each(|list| self.push(list, classes.count));
        classes
    }

    fn push(&mut self, list: &[u32], classes: u32) {
        if classes > MOST_BITS {
            self.entries.push(Entry::List { start: self.lists.len() as u32, len: list.len() as u32 });
            self.lists.extend_from_slice(list);
            return;
        }
        let (start, words) = (self.bits.len(), classes.div_ceil(64));
        self.entries.push(Entry::Bits { start: start as u32, words });
        self.bits.resize(start + words as usize, 0);
        for class in list {
            if let Some(word) = self.bits.get_mut(start + (class / 64) as usize) {
                *word |= 1 << (class % 64);
            }
        }
    }

    /// Whether a class is in a set.
    #[inline]
    pub(super) fn contains(&self, set: u32, class: u32) -> bool {
        match self.entries.get(set as usize) {
            Some(Entry::Bits { start, .. }) => {
                let word = self.bits.get((start + class / 64) as usize);
                word.is_some_and(|word| word >> (class % 64) & 1 == 1)
            }
            Some(Entry::List { start, len }) => {
                let list = self.lists.get(*start as usize..(*start + *len) as usize);
                list.is_some_and(|list| list.binary_search(&class).is_ok())
            }
            None => false,
        }
    }

    /// The words of a set; `None` where it is a list.
    #[inline]
    pub(super) fn words(&self, set: u32) -> Option<&[u64]> {
        match self.entries.get(set as usize) {
            Some(Entry::Bits { start, words }) => self.bits.get(*start as usize..(*start + *words) as usize),
            _ => None,
        }
    }
}

impl Classes {
    /// Lays the categories out for direct look-up, unless that wastes memory.
    fn spread(&mut self) {
        let highest = self.sparse.last().map_or(0, |pair| pair.0) as usize;
        if highest > 4 * self.sparse.len() + 256 {
            return;
        }
        self.direct = vec![UNKNOWN; highest + 1];
        for (category, class) in self.sparse.drain(..) {
            if let Some(slot) = self.direct.get_mut(category as usize) {
                *slot = class;
            }
        }
    }
}
