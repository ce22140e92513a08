//! Events as dicts: what their keys mean, and one of them without a detour through Arrow.

use bactrian::definition::model::{Event, Word};
use bactrian::{Definition, RowEvent, Value};
use pyo3::intern;
use pyo3::prelude::*;
use pyo3::pybacked::PyBackedStr;
use pyo3::types::{PyBool, PyDate, PyDict, PyFloat, PyInt, PyList, PyString, PyTuple};

use super::{Customer, Moment};

/// The columns that the kinds of events declare.
pub(crate) struct Words(Vec<Declared>);

struct Declared {
    kind: String,
    customer: Place,
    peer: Place,
    at: Place,
    /// Role and column of all that a row of the kind may have.
    all: Vec<(String, String)>,
    /// Whether a role other than the kind itself is read from a column `kind`.
    takes_kind: bool,
}

/// The keys under which a dict may have a role: the declared column, else the role's own name.
struct Place {
    role: Py<PyString>,
    column: Py<PyString>,
}

impl Words {
    /// The words of a definition.
    pub(crate) fn of(py: Python<'_>, definition: &Definition) -> Words {
        Words(definition.model().events.iter().map(|event| declared(py, event)).collect())
    }

    /// Columns that rows of a kind (without one: of any) may lack, since an absent key is unknown.
    pub(crate) fn optional(&self, kind: Option<&str>, roles: &[(String, String)]) -> Vec<(&str, &str)> {
        let kinds = self.0.iter().filter(|declared| kind.is_none_or(|kind| declared.kind == kind));
        let all = kinds.flat_map(|declared| declared.all.iter().map(|(role, column)| (role.as_str(), column.as_str())));
        all.filter(|(role, _)| !roles.iter().any(|(given, _)| given == role)).collect()
    }
}

fn declared(py: Python<'_>, event: &Event) -> Declared {
    let ends = [("customer", &event.customer), ("peer", &event.peer), ("at", &event.at)];
    let [customer, peer, at] = ends.map(|(role, column)| {
        let column = column.as_ref().map_or(role, |column| column.value.as_str());
        Place { role: PyString::intern(py, role).unbind(), column: PyString::intern(py, column).unbind() }
    });
    let named = |(role, column): (&str, &Option<Word<String>>)| {
        (role.to_owned(), column.as_ref().map_or(role, |column| column.value.as_str()).to_owned())
    };
    let fields = event.fields.iter().map(|field| (field.role.value.clone(), field.column.value.clone()));
    let ends = ends.into_iter().filter(|(role, column)| *role != "peer" || column.is_some());
    Declared {
        kind: event.name.value.clone(),
        customer,
        peer,
        at,
        all: ends.map(named).chain(fields).collect(),
        takes_kind: event.fields.iter().any(|field| field.column.value == "kind"),
    }
}

impl Place {
    fn find<'py>(&self, dict: &Bound<'py, PyDict>) -> PyResult<Option<Bound<'py, PyAny>>> {
        match dict.get_item(&self.column)? {
            None if !self.column.is(&self.role) => dict.get_item(&self.role),
            found => Ok(found),
        }
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
        let kind: PyBackedStr = match (kind, dict.get_item(intern!(dict.py(), "kind"))?) {
            (Some(kind), _) => kind.clone().try_into()?,
            (None, Some(kind)) if !words.0.iter().any(|declared| declared.takes_kind) => match kind.extract() {
                Ok(kind) => kind,
                Err(_) => return Ok(None),
            },
            _ => return Ok(None),
        };
        let Some(declared) = words.0.iter().find(|declared| *declared.kind == *kind) else { return Ok(None) };
        let end = |place: &Place| place.find(dict)?.map_or(Ok(None), |value| value.extract());
        let (Ok(customer), Ok(peer)) = (end(&declared.customer), end(&declared.peer)) else { return Ok(None) };
        let Some(Ok(Moment(at))) = declared.at.find(dict)?.map(|at| at.extract()) else { return Ok(None) };
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
