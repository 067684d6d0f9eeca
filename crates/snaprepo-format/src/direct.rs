//! Texts and bytes of a document that are made into what they stand for without a copy in between: a table of files has
//! very many of them.

use std::{fmt, marker::PhantomData};

use base64::{Engine as _, engine::general_purpose::STANDARD};
use serde::{
    Deserialize, Deserializer,
    de::{Error, Visitor},
};

/// A text, made into a `T`. What is no text for a `T` must be part of `T`: complaining is up to the caller, who knows
/// the rest of the document.
pub(crate) struct Text<T>(pub(crate) T);

/// Raw bytes in SMILE, Base64 text in JSON, made into a `T`.
pub(crate) struct Bytes<T>(pub(crate) T);

impl<'de, T: for<'t> From<&'t str>> Deserialize<'de> for Text<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct TextVisitor<T>(PhantomData<T>);
        impl<T: for<'t> From<&'t str>> Visitor<'_> for TextVisitor<T> {
            type Value = Text<T>;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a string")
            }
            fn visit_str<E>(self, text: &str) -> Result<Text<T>, E> {
                Ok(Text(text.into()))
            }
        }
        deserializer.deserialize_str(TextVisitor(PhantomData))
    }
}

impl<'de, T: for<'b> From<&'b [u8]>> Deserialize<'de> for Bytes<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct BytesVisitor<T>(PhantomData<T>);
        impl<T: for<'b> From<&'b [u8]>> Visitor<'_> for BytesVisitor<T> {
            type Value = Bytes<T>;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("bytes")
            }
            fn visit_bytes<E>(self, bytes: &[u8]) -> Result<Bytes<T>, E> {
                Ok(Bytes(bytes.into()))
            }
            fn visit_str<E: Error>(self, text: &str) -> Result<Bytes<T>, E> {
                STANDARD
                    .decode(text)
                    .map(|bytes| Bytes(bytes.as_slice().into()))
                    .map_err(|_| E::custom("broken Base64"))
            }
        }
        deserializer.deserialize_any(BytesVisitor(PhantomData))
    }
}
