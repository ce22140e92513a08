//! Ids, moments and the values of a row, as C writes them.

use std::ffi::c_char;

use bactrian::{Error, ErrorKind, OwnedId, Result, RowEvent, Value};

use crate::pointer::{Text, Versioned, given, null, optional_slice, slice, utf8};
use crate::texts::Texts;

/// As a moment: the engine's clock. As the clock itself: no event came yet.
pub const BACTRIAN_NOW: i64 = i64::MIN;

/// Who: a text or a number. Write one with `bactrian_id_text`, `bactrian_id_bytes` or
/// `bactrian_id_number`; pass it by pointer. The number 7 and the text "7" are one customer, "007" is another.
///
/// ```c
/// bactrian_id anna = bactrian_id_text("anna"), seventh = bactrian_id_number(7);
/// ```
#[repr(C)]
#[derive(Debug, Clone, Copy)]
pub struct Id {
    /// UTF-8, needs no NUL at its end; NULL for a number.
    pub text: *const c_char,
    /// Bytes of the text.
    pub length: usize,
    /// The number where `text` is NULL.
    pub number: u64,
}

impl Id {
    /// The id as the core has it. What `text` points to is promised by the C caller who wrote it.
    pub(crate) fn get(&self, name: &str) -> Result<bactrian::Id<'_>> {
        if self.text.is_null() {
            return Ok(bactrian::Id::Number(self.number));
        }
        // SAFETY: not NULL, so the caller who wrote this id promises `length` bytes.
        let bytes = unsafe { slice(self.text.cast::<u8>(), self.length, name) }?;
        utf8(bytes, name).map(bactrian::Id::Text)
    }

    /// The id for C, its text kept in `texts`; a customer who was erased has neither text nor number.
    pub(crate) fn view(id: &OwnedId, texts: &mut Texts) -> Self {
        match id {
            OwnedId::Number(number) => Id { text: std::ptr::null(), length: 0, number: *number },
            OwnedId::Text(text) => Id { text: texts.add(text), length: text.len(), number: 0 },
            OwnedId::Erased => Id { text: std::ptr::null(), length: 0, number: 0 },
        }
    }
}

/// An id that must be there.
pub(crate) fn who<'a>(id: Option<&'a Id>, name: &str) -> Result<bactrian::Id<'a>> {
    given(id, name)?.get(name)
}

/// An id, or nobody for NULL.
pub(crate) fn who_if<'a>(id: Option<&'a Id>, name: &str) -> Result<Option<bactrian::Id<'a>>> {
    id.map(|id| id.get(name)).transpose()
}

/// Ids from C; NULL only with a length of zero.
///
/// # Safety
/// As [`optional_ids`].
pub(crate) unsafe fn ids<'a>(start: *const Id, length: usize, name: &str) -> Result<Vec<bactrian::Id<'a>>> {
    // SAFETY: the caller's promise is that of `slice`.
    let ids: &'a [Id] = unsafe { slice(start, length, name) }?;
    ids.iter().map(|id| id.get(name)).collect()
}

/// Ids from C, or `None` for NULL.
///
/// # Safety
/// `start` is NULL or points to `length` ids that nobody writes during the call.
pub(crate) unsafe fn optional_ids<'a>(
    start: *const Id,
    length: usize,
    name: &str,
) -> Result<Option<Vec<bactrian::Id<'a>>>> {
    // SAFETY: the caller's promise is that of `slice`.
    let ids: Option<&'a [Id]> = unsafe { optional_slice(start, length, name) }?;
    ids.map(|ids| ids.iter().map(|id| id.get(name)).collect()).transpose()
}

/// What a value is.
#[repr(u32)]
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Type {
    /// Nothing: unknown. In a field alone.
    Null = 0,
    /// A number: `double`. In a column, NaN is unknown.
    Number = 1,
    /// A flag: 0 is false, anything else is true. In a column: `uint8_t`.
    Flag = 2,
    /// A text. In a column: `const char *` that end with NUL; NULL is unknown.
    Text = 3,
    /// Several texts. In a field alone.
    Texts = 4,
    /// A moment, in microseconds since 1970 UTC: `int64_t`.
    Time = 5,
    /// A whole number, such as an id: `uint64_t`. In a column alone.
    Whole = 6,
}

impl From<bactrian::expr::Type> for Type {
    fn from(kind: bactrian::expr::Type) -> Self {
        match kind {
            bactrian::expr::Type::Number => Type::Number,
            bactrian::expr::Type::Bool => Type::Flag,
            bactrian::expr::Type::Key => Type::Text,
            bactrian::expr::Type::Keys => Type::Texts,
            bactrian::expr::Type::Time => Type::Time,
        }
    }
}

impl Type {
    /// The type behind a number from C.
    pub(crate) fn of(number: u32, place: &str) -> Result<Self> {
        let all = [Type::Null, Type::Number, Type::Flag, Type::Text, Type::Texts, Type::Time, Type::Whole];
        all.into_iter().find(|known| *known as u32 == number).ok_or_else(|| {
            Error::new(ErrorKind::SchemaType, format!("`{place}` has the type {number}, which is none"))
                .hint("take one of `bactrian_type`")
        })
    }
}

/// UTF-8 bytes with their length; they need no NUL at their end.
#[repr(C)]
#[derive(Debug, Clone, Copy)]
pub struct Bytes {
    /// The bytes; NULL only with a length of 0.
    pub data: *const c_char,
    /// How many.
    pub length: usize,
}

/// Several texts.
#[repr(C)]
#[derive(Debug, Clone, Copy)]
pub struct ByteList {
    /// The texts; NULL only with a length of 0.
    pub items: *const Bytes,
    /// How many.
    pub length: usize,
}

/// A value; the field's `type` says which member counts.
#[repr(C)]
#[derive(Clone, Copy)]
pub union FieldValue {
    /// For `BACTRIAN_TYPE_NUMBER`.
    pub number: f64,
    /// For `BACTRIAN_TYPE_FLAG`.
    pub flag: u32,
    /// For `BACTRIAN_TYPE_TIME`.
    pub time: i64,
    /// For `BACTRIAN_TYPE_TEXT`.
    pub text: Bytes,
    /// For `BACTRIAN_TYPE_TEXTS`.
    pub texts: ByteList,
}

/// A named value: a role of an event, or a trait. Write one with `bactrian_field_number`,
/// `bactrian_field_flag`, `bactrian_field_text` or `bactrian_field_time`.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct Field<'a> {
    /// The role or trait, in the words of the definition.
    pub name: Text<'a>,
    /// One of `bactrian_type`.
    pub r#type: u32,
    /// The value.
    pub value: FieldValue,
}

/// The fields of a call, with room for lists of texts.
pub(crate) struct Fields<'a> {
    lists: Vec<Vec<&'a str>>,
    plain: Vec<(&'a str, Plain<'a>)>,
}

/// A value whose list of texts is a place in [`Fields::lists`].
enum Plain<'a> {
    One(Value<'a>),
    List(usize),
}

impl<'a> Fields<'a> {
    /// Takes the fields of a call.
    ///
    /// # Safety
    /// `start` is NULL or points to `length` fields that hold what their types say.
    pub(crate) unsafe fn new(start: *const Field<'a>, length: usize) -> Result<Self> {
        // SAFETY: the caller's promise is that of `slice`.
        let fields = unsafe { slice(start, length, "fields") }?;
        let mut taken = Fields { lists: Vec::new(), plain: Vec::with_capacity(length) };
        for field in fields {
            let name = field.name.required("fields.name")?;
            // SAFETY: the caller promises that the member named by the type was written.
            let value = unsafe { taken.value(name, field) }?;
            taken.plain.push((name, value));
        }
        Ok(taken)
    }

    /// # Safety
    /// The member of the union that the field's type names was written.
    unsafe fn value(&mut self, name: &str, field: &Field<'a>) -> Result<Plain<'a>> {
        let value = &field.value;
        // SAFETY: by the caller's promise, in each arm.
        let one = unsafe {
            match Type::of(field.r#type, name)? {
                Type::Null => Value::Null,
                Type::Number => Value::Number(value.number),
                Type::Flag => Value::Bool(value.flag != 0),
                Type::Text => Value::Text(bytes(value.text, name)?),
                Type::Time => Value::Time(value.time),
                Type::Texts => {
                    let items = slice(value.texts.items, value.texts.length, name)?;
                    self.lists.push(items.iter().map(|item| bytes(*item, name)).collect::<Result<_>>()?);
                    return Ok(Plain::List(self.lists.len() - 1));
                }
                Type::Whole => {
                    let message = format!("`{name}` is a whole number, which a field can't hold");
                    return Err(Error::new(ErrorKind::SchemaType, message).hint("pass a number or a text"));
                }
            }
        };
        Ok(Plain::One(one))
    }

    /// The fields as the core takes them.
    pub(crate) fn get(&self) -> Vec<(&str, Value<'_>)> {
        let value = |plain: &Plain<'a>| match plain {
            Plain::One(value) => *value,
            Plain::List(place) => Value::Texts(self.lists.get(*place).map_or(&[], Vec::as_slice)),
        };
        self.plain.iter().map(|(name, plain)| (*name, value(plain))).collect()
    }
}

/// # Safety
/// The caller promises `length` bytes.
unsafe fn bytes<'a>(text: Bytes, name: &str) -> Result<&'a str> {
    if text.data.is_null() && text.length > 0 {
        return Err(null(name));
    }
    // SAFETY: the caller's promise is that of `slice`.
    utf8(unsafe { slice(text.data.cast::<u8>(), text.length, name) }?, name)
}

/// One event. Begin with `BACTRIAN_EVENT_INIT`, which sets the size.
///
/// ```c
/// bactrian_id anna = bactrian_id_text("anna");
/// bactrian_field fields[] = { bactrian_field_number("amount", 12.5), bactrian_field_text("need", "TEA") };
/// bactrian_event event = BACTRIAN_EVENT_INIT;
/// event.kind = "purchase";
/// event.customer = &anna;
/// event.at = 1483228800000000;
/// event.fields = fields;
/// event.fields_length = 2;
/// ```
#[repr(C)]
#[derive(Clone, Copy)]
pub struct Event<'a> {
    /// `sizeof(bactrian_event)`.
    pub struct_size: usize,
    /// The kind, as in `[event.purchase]`.
    pub kind: Text<'a>,
    /// Who; NULL for nobody.
    pub customer: Option<&'a Id>,
    /// Toward whom; NULL for nobody. An event needs a customer or a peer.
    pub peer: Option<&'a Id>,
    /// When, in microseconds since 1970 UTC.
    pub at: i64,
    /// Its other roles; NULL only with a length of 0. A field that the kind has no role for is passed over.
    pub fields: *const Field<'a>,
    /// How many fields.
    pub fields_length: usize,
}

// SAFETY: pointers, numbers and options of references have a value for every pattern of bits that a
// caller may write, and `struct_size` comes first.
unsafe impl Versioned for Event<'_> {
    const SIZES: &'static [usize] = &[size_of::<Self>()];
    const DEFAULT: Self = Event {
        struct_size: 0,
        kind: Text::NULL,
        customer: None,
        peer: None,
        at: 0,
        fields: std::ptr::null(),
        fields_length: 0,
    };
}

impl<'a> Event<'a> {
    /// Gives the event to `take` as the core has it.
    ///
    /// # Safety
    /// As [`Fields::new`].
    pub(crate) unsafe fn with<T>(&self, take: impl FnOnce(&RowEvent<'_>) -> Result<T>) -> Result<T> {
        // SAFETY: the caller's promise is that of `Fields::new`.
        let fields = unsafe { Fields::new(self.fields, self.fields_length) }?;
        take(&RowEvent {
            kind: self.kind.required("event.kind")?,
            customer: who_if(self.customer, "event.customer")?,
            peer: who_if(self.peer, "event.peer")?,
            at: self.at,
            fields: &fields.get(),
        })
    }
}
