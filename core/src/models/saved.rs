//! Models as bytes: what was learnt can be put away and taken up again, to the bit.
//!
//! The bytes are a mark, a version, a checksum of what follows, the kind of the model, and its JSON. They are
//! input like any other when they come back: whatever they hold gives a model or a typed error, in time and
//! memory linear in their length.

#[cfg(test)]
mod tests;

use serde::Serialize;
use serde::de::{Deserialize, DeserializeOwned, Deserializer};

use crate::base::{Error, ErrorKind, Result};

/// The first bytes of every saved model.
const MARK: &[u8; 4] = b"bmdl";
/// The version that is written; none other is read yet.
const VERSION: u8 = 1;

/// A model that can be saved.
pub trait Saved: Serialize + DeserializeOwned {
    /// What tells its bytes from another model's; at most 255 bytes.
    const KIND: &'static str;

    /// The same model where its parts fit together.
    ///
    /// Errors with [`ErrorKind::SchemaRange`] where they do not.
    fn checked(self) -> Result<Self>;
}

/// The bytes of a model.
///
/// ```
/// use bactrian::models::linear::Ftrl;
/// use bactrian::models::{load, save};
///
/// let mut model = Ftrl::new(1, 0.1, 1.0, 0.0, 0.0, None)?;
/// model.learn(&[0.3], 1.0, 0)?;
/// let mut again: Ftrl = load(&save(&model)?)?;
/// assert_eq!(again, model);
/// assert_eq!(again.learn(&[0.7], 0.0, 0)?.to_bits(), model.learn(&[0.7], 0.0, 0)?.to_bits());
/// assert!(load::<Ftrl>(b"bmdl").is_err());
/// # Ok::<(), bactrian::Error>(())
/// ```
///
/// Errors with [`ErrorKind::Internal`] where it can't be written.
pub fn save<M: Saved>(model: &M) -> Result<Vec<u8>> {
    let mut body = vec![u8::try_from(M::KIND.len()).unwrap_or(u8::MAX)];
    body.extend_from_slice(M::KIND.as_bytes());
    let written = serde_json::to_writer(&mut body, model);
    written.map_err(|error| Error::new(ErrorKind::Internal, format!("a model can't be written: {error}")))?;
    let mut bytes = [MARK.as_slice(), &[VERSION], &crc32fast::hash(&body).to_le_bytes()].concat();
    bytes.append(&mut body);
    Ok(bytes)
}

/// Whether bytes begin as those of [`save`].
pub(super) fn is_saved(bytes: &[u8]) -> bool {
    bytes.starts_with(MARK)
}

/// The kind of the model that bytes of [`save`] hold, as [`Saved::KIND`] has it.
///
/// Errors with [`ErrorKind::SchemaType`] where they are of something else, of another version, or damaged.
pub fn saved_kind(bytes: &[u8]) -> Result<&str> {
    opened(bytes).map(|(kind, _)| kind)
}

/// The model that [`save`] made bytes of.
///
/// Errors as [`saved_kind`], and with [`ErrorKind::SchemaType`] where they hold another kind of model, with
/// [`ErrorKind::SchemaRange`] where the model's parts do not fit together.
pub fn load<M: Saved>(bytes: &[u8]) -> Result<M> {
    let (kind, body) = opened(bytes)?;
    if kind != M::KIND {
        return Err(unfit(format!("the bytes hold a model of the kind `{kind}`, not `{}`", M::KIND)));
    }
    let model: M = serde_json::from_slice(body).map_err(|error| unfit(format!("not a saved `{kind}`: {error}")))?;
    model.checked()
}

fn unfit(text: String) -> Error {
    Error::new(ErrorKind::SchemaType, text)
}

/// The kind and the JSON.
fn opened(bytes: &[u8]) -> Result<(&str, &[u8])> {
    let no_model = || unfit("the bytes are no saved model".to_owned());
    let (version, rest) = bytes.strip_prefix(MARK).and_then(<[u8]>::split_first).ok_or_else(no_model)?;
    if *version != VERSION {
        let error = unfit(format!("the model was saved in version {version}, and {VERSION} is read"));
        return Err(error.hint("save it again with the library that is to read it"));
    }
    let (sum, body) = rest.split_first_chunk::<4>().ok_or_else(no_model)?;
    if crc32fast::hash(body) != u32::from_le_bytes(*sum) {
        return Err(unfit("the bytes of the saved model are damaged".to_owned()).hint("are they cut short?"));
    }
    let (length, body) = body.split_first().ok_or_else(no_model)?;
    let (kind, json) = body.split_at_checked(usize::from(*length)).ok_or_else(no_model)?;
    Ok((std::str::from_utf8(kind).map_err(|_| no_model())?, json))
}

/// JSON has no word for what is no number: it stands as null.
pub(super) fn unknown_as_null<'de, D: Deserializer<'de>>(from: D) -> std::result::Result<f64, D::Error> {
    Ok(Option::<f64>::deserialize(from)?.unwrap_or(f64::NAN))
}

/// As [`unknown_as_null`], for several.
pub(super) fn unknowns_as_null<'de, D: Deserializer<'de>>(from: D) -> std::result::Result<Vec<f64>, D::Error> {
    let numbers = Vec::<Option<f64>>::deserialize(from)?;
    Ok(numbers.into_iter().map(|number| number.unwrap_or(f64::NAN)).collect())
}

/// An infinite number stands as null too.
pub(super) fn infinite_as_null<'de, D: Deserializer<'de>>(from: D) -> std::result::Result<f64, D::Error> {
    Ok(Option::<f64>::deserialize(from)?.unwrap_or(f64::INFINITY))
}

/// An error where a number is not finite.
pub(super) fn check_finite<'a>(numbers: impl IntoIterator<Item = &'a f64>) -> Result<()> {
    match numbers.into_iter().all(|number| number.is_finite()) {
        true => Ok(()),
        false => Err(Error::new(ErrorKind::SchemaRange, "the saved model holds a number that is not finite")),
    }
}
