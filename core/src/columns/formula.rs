//! `[score.NAME] value = "..."`: a column that is an expression over other columns.

use crate::definition::Section;
use crate::definition::model::Column;
use crate::program::{Kind, Lowered, Lowering};

/// The kind of expressions.
pub(super) struct FormulaKind;

impl Kind for FormulaKind {
    fn owns(&self, column: &Column) -> bool {
        // To these models `value` is what is credited, or what an opportunity is worth.
        let others = matches!(column.table.text("model"), Some("influence" | "referrals" | "pipeline"));
        column.section == "score" && column.table.get("value").is_some() && !others
    }

    fn lower(&self, column: &Column, lowering: &mut Lowering<'_>) -> Option<Lowered> {
        let mut section = Section::new(&column.table, &mut lowering.problems);
        let word = section.expression("value");
        section.finish();
        let (expr, toward) = lowering.over_columns(&word?)?;
        Some(Lowered::Formula(expr, toward))
    }
}
