//! One row meets all splits of a tree at once, on processors that look up bytes within a register.
//!
//! The codes of the row's columns ([`super::block`]) fill one register of 64 bytes. Of a tree, another
//! register says which column each split asks, a third its code, and one comparison gives a bit a split:
//! who says no. A split that says no rules out the leaves on its side of yes; the row ends in the lowest
//! leaf that is left, leaves counted from yes to no (Lucchese et al. 2015, "QuickScorer"). No step waits for
//! the one before, however deep a tree is. A tree costs some 50 instructions and 0.7 KB.

use super::Real;
use super::block::Block;
use super::sources::{Question, Sources};
use crate::models::trees::parts::{Node, Parts};

/// Columns, splits and leaves at most: bytes of a register, bits of a word.
pub(super) const WIDTH: usize = 64;
/// Words in a register.
const WORDS: usize = 8;

/// 64 bytes as they stand in a register.
#[derive(Debug, Clone, Copy)]
#[repr(C, align(64))]
pub(super) struct Bytes(pub [u8; WIDTH]);

/// For each split the leaves that are left where it says no, eight to a register.
#[derive(Debug, Clone, Copy)]
#[repr(C, align(64))]
struct Left([[u64; WORDS]; WIDTH / WORDS]);

/// The splits of a tree; places without one ask nothing and never say no.
#[derive(Debug)]
struct Splits {
    columns: Bytes,
    codes: Bytes,
    left: Left,
    output: u32,
}

/// The ensemble as splits and leaves. There is one only on processors that can read it.
#[derive(Debug)]
pub(super) struct Bits<R> {
    splits: Vec<Splits>,
    leaves: Vec<[R; WIDTH]>,
}

impl<R: Real> Bits<R> {
    /// The form, or `None` where the processor can't read it, a tree or the row is too wide, or a split asks
    /// a category.
    pub(super) fn new(parts: &Parts, sources: &Sources, questions: &[Question], block: &Block<u8, R>) -> Option<Self> {
        if !is_there() || sources.columns.len() > WIDTH {
            return None;
        }
        let mut bits = Bits { splits: Vec::new(), leaves: Vec::new() };
        let mut questions = questions.iter();
        for tree in &parts.trees {
            bits.plant(&tree.nodes, tree.output, sources, &mut questions, block)?;
        }
        Some(bits)
    }

    fn plant<'a>(
        &mut self,
        nodes: &[Node],
        output: u32,
        sources: &Sources,
        questions: &mut impl Iterator<Item = &'a Question>,
        block: &Block<u8, R>,
    ) -> Option<()> {
        // Nodes are in preorder, yes first: so are leaves, and a side of yes is a run of them.
        let mut before = Vec::with_capacity(nodes.len() + 1);
        let mut leaves = [R::default(); WIDTH];
        let mut count = 0;
        for node in nodes {
            before.push(count);
            if let Node::Leaf { value, .. } = node {
                *leaves.get_mut(count)? = R::new(*value);
                count += 1;
            }
        }
        let (mut columns, mut codes) = (Bytes([0; WIDTH]), Bytes([u8::MAX; WIDTH]));
        let mut left = Left([[u64::MAX; WORDS]; WIDTH / WORDS]);
        let mut words = left.0.as_flattened_mut().iter_mut().zip(columns.0.iter_mut().zip(&mut codes.0));
        for node in nodes {
            let Node::Split { yes, no, .. } = node else { continue };
            let (word, (column, code)) = words.next()?;
            let asked = block.asked(questions.next()?, sources)?;
            (*column, *code) = (u8::try_from(asked.0).ok()?, asked.1);
            let (from, until) = (*before.get(*yes as usize)?, *before.get(*no as usize)?);
            // At most 63 leaves are on one side.
            *word = !(((1_u64 << (until - from)) - 1) << from);
        }
        self.splits.push(Splits { columns, codes, left, output });
        self.leaves.push(leaves);
        Some(())
    }

    /// Adds the values of all trees to `sums`, one number an output, for the codes of one row.
    #[cfg_attr(
        target_arch = "x86_64",
        expect(unsafe_code, reason = "a call into code compiled for AVX-512 needs the processor to have it")
    )]
    pub(super) fn add(&self, codes: &Bytes, sums: &mut [R]) {
        // SAFETY: there is a `Bits` only where `is_there` saw the instructions.
        #[cfg(target_arch = "x86_64")]
        unsafe {
            wide::add(self, codes, sums);
        }
        #[cfg(not(target_arch = "x86_64"))]
        let _ = (codes, sums, &self.leaves);
    }
}

/// Whether the processor has the instructions.
fn is_there() -> bool {
    #[cfg(target_arch = "x86_64")]
    return wide::is_there();
    #[cfg(not(target_arch = "x86_64"))]
    false
}

#[cfg(target_arch = "x86_64")]
mod wide {
    use std::arch::x86_64::{
        __m512i, _mm512_and_si512, _mm512_cmpgt_epu8_mask, _mm512_load_si512, _mm512_loadu_si512,
        _mm512_mask_and_epi64, _mm512_permutexvar_epi8, _mm512_reduce_and_epi64, _mm512_set1_epi64,
    };

    use super::{Bits, Bytes, Real, Splits, WIDTH, WORDS};

    /// Trees whose leaves are found before any of their values is read: no search waits for memory.
    const WINDOW: usize = 32;

    pub(super) fn is_there() -> bool {
        std::arch::is_x86_feature_detected!("avx512f")
            && std::arch::is_x86_feature_detected!("avx512bw")
            && std::arch::is_x86_feature_detected!("avx512dq")
            && std::arch::is_x86_feature_detected!("avx512vbmi")
            && std::arch::is_x86_feature_detected!("bmi1")
            && std::arch::is_x86_feature_detected!("bmi2")
    }

    #[target_feature(enable = "avx512f")]
    #[expect(unsafe_code, reason = "the only way into a register")]
    fn bytes(from: &Bytes) -> __m512i {
        // SAFETY: a reference to 64 bytes that stand at a multiple of 64.
        unsafe { _mm512_load_si512(std::ptr::from_ref(from).cast()) }
    }

    #[target_feature(enable = "avx512f")]
    #[expect(unsafe_code, reason = "the only way into a register")]
    fn words(from: &[u64; WORDS]) -> __m512i {
        // SAFETY: a reference to 64 bytes, wherever they stand.
        unsafe { _mm512_loadu_si512(from.as_ptr().cast()) }
    }

    /// The leaf of a tree in which the row of `table` ends.
    #[target_feature(enable = "avx512f,avx512bw,avx512dq,avx512vbmi,bmi1,bmi2")]
    fn leaf(splits: &Splits, table: __m512i) -> u8 {
        let found = _mm512_permutexvar_epi8(bytes(&splits.columns), table);
        let no = _mm512_cmpgt_epu8_mask(found, bytes(&splits.codes));
        let [a, b, c, d, e, f, g, h] = &splits.left.0;
        let (mut one, mut other) = (_mm512_set1_epi64(-1), _mm512_set1_epi64(-1));
        one = _mm512_mask_and_epi64(one, no as u8, one, words(a));
        other = _mm512_mask_and_epi64(other, (no >> 8) as u8, other, words(b));
        one = _mm512_mask_and_epi64(one, (no >> 16) as u8, one, words(c));
        other = _mm512_mask_and_epi64(other, (no >> 24) as u8, other, words(d));
        one = _mm512_mask_and_epi64(one, (no >> 32) as u8, one, words(e));
        other = _mm512_mask_and_epi64(other, (no >> 40) as u8, other, words(f));
        one = _mm512_mask_and_epi64(one, (no >> 48) as u8, one, words(g));
        other = _mm512_mask_and_epi64(other, (no >> 56) as u8, other, words(h));
        (_mm512_reduce_and_epi64(_mm512_and_si512(one, other)) as u64).trailing_zeros() as u8
    }

    #[target_feature(enable = "avx512f,avx512bw,avx512dq,avx512vbmi,bmi1,bmi2")]
    pub(super) fn add<R: Real>(bits: &Bits<R>, codes: &Bytes, sums: &mut [R]) {
        let table = bytes(codes);
        for (splits, leaves) in bits.splits.chunks(WINDOW).zip(bits.leaves.chunks(WINDOW)) {
            let mut ends = [0_u8; WINDOW];
            for (end, splits) in ends.iter_mut().zip(splits) {
                *end = leaf(splits, table);
            }
            for ((splits, leaves), end) in splits.iter().zip(leaves).zip(ends) {
                if let Some(sum) = sums.get_mut(splits.output as usize) {
                    *sum = *sum + leaves[usize::from(end) % WIDTH];
                }
            }
        }
    }
}
