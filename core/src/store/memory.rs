//! The store of an engine without a file.

use std::collections::BTreeMap;

use super::{Section, Stats, check_order};
use crate::base::Result;

#[derive(Debug, Default)]
pub(super) struct Memory {
    journal: Vec<(u64, Vec<u8>)>,
    sections: BTreeMap<String, Vec<u8>>,
}

impl Memory {
    pub(super) fn commit(&mut self, values: &[(u64, Vec<u8>)], sections: &[Section<'_>]) -> Result<()> {
        check_order(self.last(), values)?;
        self.journal.extend_from_slice(values);
        self.change(sections);
        Ok(())
    }

    pub(super) fn read_journal(&self, from: u64, mut each: impl FnMut(u64, &[u8]) -> Result<()>) -> Result<()> {
        let start = self.journal.partition_point(|&(sequence, _)| sequence < from);
        self.journal.iter().skip(start).try_for_each(|(sequence, value)| each(*sequence, value))
    }

    pub(super) fn rewrite(
        &mut self,
        sections: &[Section<'_>],
        mut each: impl FnMut(u64, &[u8]) -> Result<Vec<(u64, Vec<u8>)>>,
    ) -> Result<()> {
        let mut journal = Vec::with_capacity(self.journal.len());
        for (sequence, value) in &self.journal {
            let values = each(*sequence, value)?;
            check_order(journal.last().map(|&(last, _)| last), &values)?;
            journal.extend(values);
        }
        self.journal = journal;
        self.change(sections);
        Ok(())
    }

    pub(super) fn sections(&self) -> Vec<String> {
        self.sections.keys().cloned().collect()
    }

    pub(super) fn read_section(&self, name: &str) -> Option<Vec<u8>> {
        self.sections.get(name).cloned()
    }

    pub(super) fn stats(&self) -> Stats {
        let journal: usize = self.journal.iter().map(|(_, value)| 8 + value.len()).sum();
        let sections: usize = self.sections.iter().map(|(name, content)| name.len() + content.len()).sum();
        Stats { values: self.journal.len() as u64, last: self.last(), bytes: (journal + sections) as u64 }
    }

    fn last(&self) -> Option<u64> {
        self.journal.last().map(|&(sequence, _)| sequence)
    }

    fn change(&mut self, sections: &[Section<'_>]) {
        for (name, content) in sections {
            match content {
                Some(content) => self.sections.insert((*name).to_owned(), content.to_vec()),
                None => self.sections.remove(*name),
            };
        }
    }
}
