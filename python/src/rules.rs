//! `bactrian.Rules`.

use bactrian::Value;
use bactrian::expr::{Rules as Core, Type};
use pyo3::prelude::*;
use pyo3::types::PyDict;

use crate::error::{OrRaise, call};
use crate::input::{self, Context, time_to_python};
use crate::output::Table;

/// Expressions over the columns of a table, or over one row: the language of definitions, without an engine.
///
/// ``columns`` gives the type of each column (``number``, ``bool``, ``category``, ``categories``, ``time``), ``rules``
/// an expression by name. What is not known, or does not fit its column, is unknown.
///
/// >>> rules = bt.Rules({"spend": "number", "tier": "category"}, {"vip": 'spend > 100 && tier == "gold"', "daily": "spend / 30"})
/// >>> rules.row({"spend": 150.0, "tier": "gold"})
/// {'vip': True, 'daily': 5.0}
/// >>> rules.evaluate({"spend": [150.0, None], "tier": ["tin", "gold"]}).to_dict()
/// {'vip': [False, None], 'daily': [5.0, None]}
#[pyclass(module = "bactrian", frozen)]
pub(crate) struct Rules(Core);

#[pymethods]
impl Rules {
    /// Compile rules. Raises ``DefinitionError`` with every mistake in ``problems``.
    #[new]
    fn new(columns: &Bound<'_, PyDict>, rules: &Bound<'_, PyDict>) -> PyResult<Self> {
        let columns: Vec<(String, String)> = pairs(columns)?;
        let rules: Vec<(String, String)> = pairs(rules)?;
        let typed = columns.iter().map(|(name, word)| Ok((name.as_str(), Type::from_word(word).or_raise()?)));
        let typed = typed.collect::<PyResult<Vec<_>>>()?;
        let rules: Vec<(&str, &str)> = rules.iter().map(|(name, text)| (name.as_str(), text.as_str())).collect();
        Core::compile(&typed, &rules).or_raise().map(Rules)
    }

    /// Every rule over the rows of a table (a frame with ``__arrow_c_stream__``, a dict of columns, a list of
    /// dicts): a column a rule. Columns that no rule reads may be absent.
    fn evaluate(&self, py: Python<'_>, table: &Bound<'_, PyAny>) -> PyResult<Table> {
        let batches = input::batches(table, &[])?;
        call(py, || self.0.table(&batches)).map(Table)
    }

    /// Every rule over one row, a dict of values by column; what it lacks is unknown.
    fn row<'py>(&self, py: Python<'py>, values: Context) -> PyResult<Bound<'py, PyDict>> {
        values.with(|told| {
            let value = |name: &String| told.iter().find(|(known, _)| known == name).map_or(Value::Null, |told| told.1);
            let values: Vec<Value<'_>> = self.0.columns().iter().map(|(name, _)| value(name)).collect();
            let outputs = || self.0.outputs();
            let mut found = vec![f64::NAN; outputs().count()];
            self.0.row(&values, &mut found).or_raise()?;
            let dict = PyDict::new(py);
            for ((name, kind), number) in outputs().zip(found) {
                match kind {
                    _ if number.is_nan() => dict.set_item(name, py.None())?,
                    Type::Bool => dict.set_item(name, number == 1.0)?,
                    Type::Time => dict.set_item(name, time_to_python(py, number as i64)?)?,
                    Type::Key | Type::Keys => dict.set_item(name, self.0.text(number, &values))?,
                    Type::Number => dict.set_item(name, number)?,
                }
            }
            Ok(dict)
        })
    }
}

/// A dict of texts by name, in its order.
fn pairs(dict: &Bound<'_, PyDict>) -> PyResult<Vec<(String, String)>> {
    dict.iter().map(|(name, text)| Ok((name.extract()?, text.extract()?))).collect()
}
