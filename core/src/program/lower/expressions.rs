//! Expressions of the definition, compiled over the roles of events or over columns.

use super::Lowering;
use crate::definition::model::Word;
use crate::expr::{Expr, Finding, Type};
use crate::program::scope::{ColumnScope, EventScope};

impl Lowering<'_> {
    /// Compiles an expression over the roles of some kinds of event.
    pub fn over_events(&mut self, word: &Word<String>, kinds: &[usize]) -> Option<Expr> {
        let present = self.present(kinds);
        let replies = kinds.iter().any(|kind| self.program.kinds.get(*kind).is_some_and(|kind| kind.peer));
        let compiled = {
            let mut scope = EventScope { slots: &self.program.slots, present, keys: self.keys, replies };
            Expr::compile(&word.value, &mut scope)
        };
        self.compiled(word, compiled)
    }

    /// Compiles an expression over columns; says whether it needs a peer.
    pub fn over_columns(&mut self, word: &Word<String>) -> Option<(Expr, bool)> {
        self.missed = false;
        let mut scope = ColumnScope { lowering: self, toward: false };
        let compiled = Expr::compile(&word.value, &mut scope);
        let toward = scope.toward;
        if std::mem::take(&mut self.missed) {
            return None;
        }
        self.compiled(word, compiled).map(|expr| (expr, toward))
    }

    pub(in crate::program) fn compiled(
        &mut self,
        word: &Word<String>,
        result: Result<Expr, Vec<Finding>>,
    ) -> Option<Expr> {
        match result {
            Ok(expr) => Some(expr),
            Err(findings) => {
                for finding in findings {
                    let mut place = word.clone();
                    if place.place.column > 0 && !word.value.contains('\n') {
                        place.place.column += finding.start as u32;
                    }
                    self.mistake(&place, finding.message, finding.hint);
                }
                None
            }
        }
    }

    /// Reports an expression whose type is not the one expected.
    pub fn expect_type(&mut self, word: &Word<String>, expr: &Expr, kind: Type) {
        if expr.output() != kind {
            let message = format!("expected {} and found {}", kind.noun(), expr.output().noun());
            self.mistake(word, message, None);
        }
    }
}
