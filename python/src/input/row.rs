//! One event as a dict, without a detour through Arrow.

use bactrian::definition::model::{Event, FieldType};
use bactrian::{Definition, RowEvent, Value};
use pyo3::prelude::*;
use pyo3::pybacked::PyBackedStr;
use pyo3::types::{PyBool, PyDate, PyDict, PyFloat, PyInt, PyList, PyString};

use super::{Customer, Moment};

/// What the columns of each kind of event mean.
pub(crate) struct Words(Vec<(String, Vec<(String, Meaning)>)>);

#[derive(Clone)]
enum Meaning {
    Kind,
    Customer,
    Peer,
    At,
    Field(String, FieldType),
}

/// An event that needs nothing but its values; whatever asks for a rule goes the way of a table.
pub(crate) struct Row<'w> {
    kind: &'w str,
    customer: Option<Customer>,
    peer: Option<Customer>,
    at: i64,
    fields: Vec<(&'w str, Held)>,
}

enum Held {
    Null,
    Number(f64),
    Bool(bool),
    Text(PyBackedStr),
    Digits(String),
    Texts(Vec<PyBackedStr>),
    Time(i64),
}

impl Words {
    /// The words of a definition.
    pub(crate) fn of(definition: &Definition) -> Words {
        Words(definition.model().events.iter().map(|event| (event.name.value.clone(), meanings(event))).collect())
    }

    fn kind(&self, name: &str) -> Option<&(String, Vec<(String, Meaning)>)> {
        self.0.iter().find(|(kind, _)| kind == name)
    }
}

/// Their columns first, then our own words.
fn meanings(event: &Event) -> Vec<(String, Meaning)> {
    let mut found = Vec::new();
    let ends = [(&event.customer, Meaning::Customer), (&event.peer, Meaning::Peer), (&event.at, Meaning::At)];
    for (column, meaning) in ends {
        found.extend(column.as_ref().map(|column| (column.value.clone(), meaning)));
    }
    let field = |field: &bactrian::definition::model::Field| Meaning::Field(field.role.value.clone(), field.kind);
    let plain = event.fields.iter().filter(|field| field.split.is_none());
    found.extend(plain.map(|role| (role.column.value.clone(), field(role))));
    let ends = [("kind", Meaning::Kind), ("customer", Meaning::Customer), ("peer", Meaning::Peer), ("at", Meaning::At)];
    let own = ends.map(|(word, meaning)| (word.to_owned(), meaning)).into_iter();
    for (word, meaning) in own.chain(event.fields.iter().map(|role| (role.role.value.clone(), field(role)))) {
        if !found.iter().any(|(known, _)| *known == word) {
            found.push((word, meaning));
        }
    }
    found
}

impl<'w> Row<'w> {
    /// The event in a dict; nothing if a value or a word of it calls for the rules of a table.
    pub(crate) fn of(words: &'w Words, kind: Option<&str>, dict: &Bound<'_, PyDict>) -> PyResult<Option<Row<'w>>> {
        let own = dict.get_item("kind")?;
        let named = match (kind, &own) {
            (Some(kind), None) => Some(kind),
            (None, Some(kind)) => kind.extract::<&str>().ok(),
            _ => None,
        };
        let Some((kind, meanings)) = named.and_then(|name| words.kind(name)) else { return Ok(None) };
        let mut row = Row { kind, customer: None, peer: None, at: i64::MIN, fields: Vec::with_capacity(dict.len()) };
        for (name, value) in dict {
            let Ok(name) = name.cast::<PyString>() else { return Ok(None) };
            let name = name.to_str()?;
            let mut meaning = meanings.iter().filter(|(column, _)| column == name).map(|(_, meaning)| meaning);
            let (Some(meaning), None) = (meaning.next(), meaning.next()) else { return Ok(None) };
            let taken = match meaning {
                Meaning::Kind => true,
                Meaning::Customer => end(&value, &mut row.customer),
                Meaning::Peer => end(&value, &mut row.peer),
                Meaning::At => value.extract::<Moment>().map(|Moment(at)| row.at = at).is_ok(),
                Meaning::Field(role, kind) => held(&value, *kind).map(|value| row.fields.push((role, value))).is_some(),
            };
            if !taken {
                return Ok(None);
            }
        }
        Ok(Some(row).filter(|row| row.at != i64::MIN))
    }

    /// Passes the event on as core takes it.
    pub(crate) fn pass<T>(&self, take: impl FnOnce(&RowEvent<'_>) -> T) -> T {
        let texts: Vec<Vec<&str>> = self.fields.iter().map(|(_, value)| value.texts()).collect();
        let fields: Vec<(&str, Value<'_>)> =
            self.fields.iter().zip(&texts).map(|((role, value), texts)| (*role, value.value(texts))).collect();
        let (customer, peer) = (self.customer.as_ref().map(Customer::id), self.peer.as_ref().map(Customer::id));
        take(&RowEvent { kind: self.kind, customer, peer, at: self.at, fields: &fields })
    }
}

fn end(value: &Bound<'_, PyAny>, place: &mut Option<Customer>) -> bool {
    match value.extract::<Option<Customer>>() {
        Ok(customer) => {
            *place = customer;
            true
        }
        Err(_) => false,
    }
}

fn held(value: &Bound<'_, PyAny>, kind: FieldType) -> Option<Held> {
    let named = matches!(kind, FieldType::Category | FieldType::Categories | FieldType::Label);
    if value.is_none() {
        Some(Held::Null)
    } else if value.is_instance_of::<PyString>() {
        value.extract().ok().map(Held::Text)
    } else if value.is_instance_of::<PyBool>() {
        value.extract().ok().filter(|_| kind == FieldType::Bool).map(Held::Bool)
    } else if value.is_instance_of::<PyInt>() {
        match named {
            true => value.str().ok().map(|digits| Held::Digits(digits.to_string())),
            false => value.extract().ok().filter(|_| kind == FieldType::Number).map(Held::Number),
        }
    } else if value.is_instance_of::<PyFloat>() {
        value.extract().ok().filter(|_| kind == FieldType::Number).map(Held::Number)
    } else if value.is_instance_of::<PyDate>() {
        value.extract().ok().filter(|_| kind == FieldType::Time).map(|Moment(at)| Held::Time(at))
    } else if value.is_instance_of::<PyList>() {
        value.extract().ok().filter(|_| kind == FieldType::Categories).map(Held::Texts)
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
            Held::Digits(digits) => Value::Text(digits),
            Held::Texts(_) => Value::Texts(texts),
            Held::Time(at) => Value::Time(*at),
        }
    }
}
