//! From byte offsets to lines and columns.

use std::ops::Range;

use super::model::Place;

/// Characters are counted once per block, so that one hostile line costs no more than many.
const BLOCK: usize = 128;

/// Line and column of any byte of a text, in O(log lines + block).
pub(super) struct Places<'a> {
    text: &'a str,
    /// First byte of each line.
    lines: Vec<usize>,
    /// Characters before each block of bytes.
    blocks: Vec<usize>,
}

impl<'a> Places<'a> {
    pub(super) fn new(text: &'a str) -> Self {
        let breaks = text.bytes().enumerate().filter(|(_, byte)| *byte == b'\n').map(|(i, _)| i + 1);
        let lines = std::iter::once(0).chain(breaks).collect();
        let mut before = 0;
        let blocks = text
            .as_bytes()
            .chunks(BLOCK)
            .map(|block| {
                let here = before;
                before += starts(block);
                here
            })
            .collect();
        Places { text, lines, blocks }
    }

    /// The place of the byte at `offset`; offsets past the end give the end.
    pub(super) fn at(&self, offset: usize) -> Place {
        let offset = offset.min(self.text.len());
        let line = self.lines.partition_point(|start| *start <= offset);
        let start = line.checked_sub(1).and_then(|i| self.lines.get(i)).copied().unwrap_or(0);
        let column = self.characters(offset) - self.characters(start) + 1;
        Place { line: narrow(line), column: narrow(column) }
    }

    /// The place of a word: inside its quotes if it has any.
    pub(super) fn inside(&self, span: &Range<usize>) -> Place {
        let word = self.text.get(span.clone()).unwrap_or("");
        let quote = ["\"\"\"", "'''", "\"", "'"].into_iter().find(|quote| word.starts_with(quote)).unwrap_or("");
        let mut skip = quote.len();
        if quote.len() == 3 {
            let rest = word.get(3..).unwrap_or("");
            skip += if rest.starts_with("\r\n") { 2 } else { usize::from(rest.starts_with('\n')) };
        }
        self.at(span.start + skip)
    }

    fn characters(&self, offset: usize) -> usize {
        let block = offset / BLOCK;
        let before = self.blocks.get(block).copied().unwrap_or_else(|| {
            let last = self.blocks.len().saturating_sub(1);
            self.blocks.last().map_or(0, |n| n + starts(self.text.as_bytes().get(last * BLOCK..).unwrap_or(&[])))
        });
        before + starts(self.text.as_bytes().get(block * BLOCK..offset).unwrap_or(&[]))
    }
}

/// Bytes that begin a character.
fn starts(bytes: &[u8]) -> usize {
    bytes.iter().filter(|byte| **byte & 0xC0 != 0x80).count()
}

fn narrow(n: usize) -> u32 {
    u32::try_from(n).unwrap_or(u32::MAX)
}
