//! Events as dicts: what their keys mean, and one of them without a detour through Arrow.

use bactrian::definition::model::{Event, Word};
use bactrian::{Definition, RowEvent, Value};
use pyo3::prelude::*;
use pyo3::pybacked::PyBackedStr;
use pyo3::types::{PyBool, PyDate, PyDict, PyFloat, PyInt, PyList, PyString, PyTuple};

use super::{Customer, Moment};

/// The columns that the kinds of events declare.
pub(crate) struct Words(Vec<Declared>);

struct Declared {
    kind: String,
    customer: Option<String>,
    peer: Option<String>,
    at: Option<String>,
    /// Role and column of everything else.
    fields: Vec<(String, String)>,
}

impl Words {
    /// The words of a definition.
    pub(crate) fn of(definition: &Definition) -> Words {
        let declared = |event: &Event| {
            let column = |column: &Option<Word<String>>| column.as_ref().map(|column| column.value.clone());
            let fields = event.fields.iter().map(|field| (field.role.value.clone(), field.column.value.clone()));
            Declared {
                kind: event.name.value.clone(),
                customer: column(&event.customer),
                peer: column(&event.peer),
                at: column(&event.at),
                fields: fields.collect(),
            }
        };
        Words(definition.model().events.iter().map(declared).collect())
    }

    /// Columns that rows of a kind (without one: of any) may lack, since an absent key is unknown.
    pub(crate) fn optional(&self, kind: Option<&str>, roles: &[(String, String)]) -> Vec<(&str, &str)> {
        let kinds = self.0.iter().filter(|declared| kind.is_none_or(|kind| declared.kind == kind));
        let all = kinds.flat_map(|declared| {
            let fields = declared.fields.iter().map(|(role, column)| (role.as_str(), column.as_str()));
            let peer = declared.peer.as_deref().map(|column| ("peer", column));
            let customer = ("customer", declared.customer.as_deref().unwrap_or("customer"));
            fields.chain(peer).chain([customer, ("at", declared.at.as_deref().unwrap_or("at"))])
        });
        all.filter(|(role, _)| !roles.iter().any(|(given, _)| given == role)).collect()
    }

    /// Whether a key `kind` says the kind of a row, and is no role of some kind.
    fn kind_is_told(&self) -> bool {
        !self.0.iter().flat_map(|declared| &declared.fields).any(|(_, column)| column == "kind")
    }
}

/// An event that needs nothing but its values; whatever asks for a rule goes the way of a table.
pub(crate) struct Row {
    kind: PyBackedStr,
    customer: Option<Customer>,
    peer: Option<Customer>,
    at: i64,
    fields: Vec<(PyBackedStr, Held)>,
}

enum Held {
    Null,
    Number(f64),
    Bool(bool),
    Text(PyBackedStr),
    Texts(Vec<PyBackedStr>),
}

impl Row {
    /// The event in a dict; nothing if its kind or a value of it calls for the rules of a table.
    pub(crate) fn of(
        words: &Words,
        kind: Option<&Bound<'_, PyString>>,
        dict: &Bound<'_, PyDict>,
    ) -> PyResult<Option<Row>> {
        let kind: PyBackedStr = match (kind, dict.get_item("kind")?) {
            (Some(kind), _) => kind.clone().try_into()?,
            (None, Some(kind)) if words.kind_is_told() => match kind.extract() {
                Ok(kind) => kind,
                Err(_) => return Ok(None),
            },
            _ => return Ok(None),
        };
        let Some(declared) = words.0.iter().find(|declared| *declared.kind == *kind) else { return Ok(None) };
        let value = |column: &Option<String>, role: &str| match column {
            Some(column) => dict
                .get_item(column)
                .and_then(|found| found.map_or_else(|| dict.get_item(role), |found| Ok(Some(found)))),
            None => dict.get_item(role),
        };
        let end = |column: &Option<String>, role: &str| value(column, role)?.map_or(Ok(None), |value| value.extract());
        let (Ok(customer), Ok(peer)) = (end(&declared.customer, "customer"), end(&declared.peer, "peer")) else {
            return Ok(None);
        };
        // A fraction of seconds is rounded by core.
        let at = value(&declared.at, "at")?.filter(|at| !at.is_instance_of::<PyFloat>());
        let Some(Ok(Moment(at))) = at.map(|at| at.extract()) else { return Ok(None) };
        let mut fields = Vec::with_capacity(dict.len());
        for (name, value) in dict {
            let (Ok(name), Some(value)) = (name.extract(), held(&value)) else { return Ok(None) };
            fields.push((name, value));
        }
        Ok(Some(Row { kind, customer, peer, at, fields }))
    }

    /// Passes the event on as core takes it.
    pub(crate) fn pass<T>(&self, take: impl FnOnce(&RowEvent<'_>) -> T) -> T {
        let texts: Vec<Vec<&str>> = self.fields.iter().map(|(_, value)| value.texts()).collect();
        let fields: Vec<(&str, Value<'_>)> =
            self.fields.iter().zip(&texts).map(|((name, value), texts)| (&**name, value.value(texts))).collect();
        let (customer, peer) = (self.customer.as_ref().map(Customer::id), self.peer.as_ref().map(Customer::id));
        take(&RowEvent { kind: &self.kind, customer, peer, at: self.at, fields: &fields })
    }
}

/// A value; nothing for one that only a table takes.
fn held(value: &Bound<'_, PyAny>) -> Option<Held> {
    if value.is_none() {
        Some(Held::Null)
    } else if value.is_instance_of::<PyString>() {
        value.extract().ok().map(Held::Text)
    } else if let Ok(number) = value.cast::<PyFloat>() {
        Some(Held::Number(number.value()))
    } else if value.is_instance_of::<PyBool>() {
        value.extract().ok().map(Held::Bool)
    } else if value.is_instance_of::<PyInt>() {
        // Whole numbers that serve as names keep all their digits.
        let exact = value.extract::<i64>().ok().and_then(|number| i32::try_from(number).ok());
        exact.map(|number| Held::Number(number.into())).or_else(|| value.str().ok()?.extract().ok().map(Held::Text))
    } else if value.is_instance_of::<PyDate>() {
        value.call_method0("isoformat").ok()?.extract().ok().map(Held::Text)
    } else if value.is_instance_of::<PyList>() || value.is_instance_of::<PyTuple>() {
        value.extract().ok().map(Held::Texts)
    } else {
        None
    }
}

impl Held {
    fn texts(&self) -> Vec<&str> {
        match self {
            Held::Texts(texts) => texts.iter().map(|text| &**text).collect(),
            _ => Vec::new(),
        }
    }

    fn value<'a>(&'a self, texts: &'a [&'a str]) -> Value<'a> {
        match self {
            Held::Null => Value::Null,
            Held::Number(number) => Value::Number(*number),
            Held::Bool(flag) => Value::Bool(*flag),
            Held::Text(text) => Value::Text(text),
            Held::Texts(_) => Value::Texts(texts),
        }
    }
}
