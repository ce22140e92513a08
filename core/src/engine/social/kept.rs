//! What an answer about ties leaves behind for the next question of its sort. It changes what an answer costs, never
//! what it says, and is no part of the state: it stands beside the world, bounded, and nothing of it is written.

use std::sync::{Arc, MutexGuard, TryLockError};

use super::super::Engine;
use super::dealings::Dealings;
use crate::graph::{SeedSketch, SpreadModel, WordOfMouth};

/// Questions about seeds whose sets are kept.
const QUESTIONS: usize = 4;
/// Bytes of sets of one question.
const ROOM: usize = 64 << 20;

/// What is kept.
#[derive(Default)]
pub(in crate::engine) struct Kept {
    /// By question, the latest last.
    whispers: Vec<Whisper>,
    dealings: Option<(u64, usize, Arc<Dealings>)>,
}

/// The paths of word of mouth that a question is about.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Paths {
    pub layer: usize,
    pub reverse: bool,
    pub model: SpreadModel,
    pub chance: Option<f64>,
}

/// The graph and the sets of one question.
pub(super) struct Whisper {
    pub paths: Paths,
    /// The writers' turn at which the graph was frozen, and the graph.
    pub graph: Option<(u64, Arc<WordOfMouth>)>,
    pub sketch: SeedSketch,
}

impl Whisper {
    /// Nothing yet.
    pub fn new(paths: Paths) -> Self {
        Whisper { paths, graph: None, sketch: SeedSketch::new(ROOM) }
    }
}

impl Kept {
    /// What is known of these paths, taken out so that nobody waits for it.
    pub(super) fn take(&mut self, paths: Paths) -> Whisper {
        let place = self.whispers.iter().position(|known| known.paths == paths);
        place.map_or_else(|| Whisper::new(paths), |place| self.whispers.remove(place))
    }

    /// Puts back what was taken.
    pub(super) fn put(&mut self, whisper: Whisper) {
        self.whispers.retain(|known| known.paths != whisper.paths);
        self.whispers.push(whisper);
        let over = self.whispers.len().saturating_sub(QUESTIONS);
        self.whispers.drain(..over);
    }

    /// What everyone deals in, if it was looked up at this turn.
    pub(super) fn dealings(&self, turn: u64, feature: usize) -> Option<Arc<Dealings>> {
        let (then, of, dealings) = self.dealings.as_ref()?;
        (*then == turn && *of == feature).then(|| Arc::clone(dealings))
    }

    /// Keeps what everyone deals in at a turn.
    pub(super) fn keep_dealings(&mut self, turn: u64, feature: usize, dealings: &Arc<Dealings>) {
        self.dealings = Some((turn, feature, Arc::clone(dealings)));
    }

    /// Forgets everything.
    pub(in crate::engine) fn clear(&mut self) {
        *self = Kept::default();
    }

    /// Bytes held.
    pub(in crate::engine) fn bytes(&self) -> usize {
        let graph = |whisper: &Whisper| whisper.graph.as_ref().map_or(0, |(_, graph)| graph.bytes());
        let whispers: usize = self.whispers.iter().map(|whisper| whisper.sketch.bytes() + graph(whisper)).sum();
        whispers + self.dealings.as_ref().map_or(0, |(_, _, dealings)| dealings.bytes())
    }
}

impl Engine {
    /// What is kept, unless somebody is at it: nobody waits for it, also not a fork in which nobody is left to be at it.
    /// Whoever holds it asks for nothing else.
    pub(in crate::engine) fn kept(&self) -> Option<MutexGuard<'_, Kept>> {
        match self.shared.kept.try_lock() {
            Ok(kept) => Some(kept),
            Err(TryLockError::Poisoned(kept)) => Some(kept.into_inner()),
            Err(TryLockError::WouldBlock) => None,
        }
    }
}
