//! The XML of object stores: flat documents with a few fields and many records. Only the fields that somebody wants are
//! kept, so that a page of a thousand keys stays small.

use quick_xml::{Reader, events::Event, name::QName};

/// How deep documents of stores are: five levels at most. Deeper ones are somebody's joke.
const MAX_DEPTH: usize = 16;

/// A document, as far as it was wanted.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Document {
    /// The name of its outermost element.
    pub(crate) root: String,
    /// Wanted fields outside of records.
    pub(crate) fields: Fields,
    /// Its records, in order.
    pub(crate) records: Vec<Record>,
}

/// Names and texts.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Fields(Vec<(&'static str, String)>);

/// One record.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Record {
    pub(crate) name: &'static str,
    pub(crate) fields: Fields,
}

/// What a store says went wrong.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct ErrorDocument {
    pub(crate) code: Option<String>,
    pub(crate) message: Option<String>,
    pub(crate) region: Option<String>,
    /// The storage class or tier of the object.
    pub(crate) class: Option<String>,
}

/// What is wanted of a document.
#[derive(Debug)]
pub(crate) struct Wanted {
    pub(crate) records: &'static [&'static str],
    pub(crate) fields: &'static [&'static str],
}

impl Fields {
    pub(crate) fn get(&self, name: &str) -> Option<&str> {
        self.0.iter().find(|(field, _)| *field == name).map(|(_, text)| text.as_str())
    }

    pub(crate) fn take(&mut self, name: &str) -> Option<String> {
        let at = self.0.iter().position(|(field, _)| *field == name)?;
        Some(self.0.swap_remove(at).1)
    }
}

/// Parses a whole document. An error says what is wrong with it; one that is cut off is wrong.
pub(crate) fn parse(bytes: &[u8], wanted: &Wanted) -> Result<Document, String> {
    let mut parser = Parser { document: Document::default(), open: Vec::new(), record: None, text: String::new() };
    let mut reader = Reader::from_reader(bytes);
    reader.config_mut().expand_empty_elements = true;
    loop {
        match reader.read_event().map_err(|error| in_words(&error))? {
            Event::Start(element) => {
                let encoded = element
                    .attributes()
                    .flatten()
                    .any(|pair| pair.key == QName(b"Encoded") && pair.value.as_ref() == b"true");
                parser.start(&local_name(element.name()), encoded, wanted)?;
            }
            Event::End(_) => parser.end(wanted)?,
            Event::Text(text) => parser.text.push_str(&text.decode().map_err(|error| error.to_string())?),
            Event::CData(text) => parser.text.push_str(&text.decode().map_err(|error| error.to_string())?),
            Event::GeneralRef(reference) => {
                let character = match reference.resolve_char_ref().map_err(|error| error.to_string())? {
                    Some(character) => character,
                    None => named(&reference).ok_or("it has an entity of its own")?,
                };
                parser.text.push(character);
            }
            Event::Eof => break,
            _ => {}
        }
    }
    if parser.open.is_empty() && !parser.document.root.is_empty() {
        Ok(parser.document)
    } else {
        Err("it is cut off".to_owned())
    }
}

/// The error that a body holds; `None` when it is something else.
pub(crate) fn error_document(body: &[u8]) -> Option<ErrorDocument> {
    const FIELDS: &[&str] = &["Code", "Message", "Region", "StorageClass", "AuthenticationErrorDetail", "Details"];
    if body.is_empty() {
        return None;
    }
    let mut document = parse(body, &Wanted { records: &[], fields: FIELDS }).ok()?;
    if !matches!(document.root.as_str(), "Error" | "ErrorResponse") {
        return None;
    }
    let message = document.fields.take("Message");
    // The sentence of Azure says only that something is wrong; what it is stands apart from it.
    let detail = document.fields.take("AuthenticationErrorDetail").or_else(|| document.fields.take("Details"));
    Some(ErrorDocument {
        code: document.fields.take("Code"),
        message: detail.or(message),
        region: document.fields.take("Region"),
        class: document.fields.take("StorageClass"),
    })
}

struct Parser {
    document: Document,
    /// Names of the open elements, with whether their text is percent-encoded.
    open: Vec<(String, bool)>,
    /// The open record and its depth.
    record: Option<(usize, Record)>,
    text: String,
}

impl Parser {
    fn start(&mut self, name: &str, encoded: bool, wanted: &Wanted) -> Result<(), String> {
        if self.open.len() >= MAX_DEPTH {
            return Err("it is nested too deeply".to_owned());
        }
        if self.open.is_empty() {
            if !self.document.root.is_empty() {
                return Err("it goes on behind its end".to_owned());
            }
            name.clone_into(&mut self.document.root);
        }
        let record = wanted.records.iter().find(|record| **record == name);
        if let (None, Some(name)) = (&self.record, record) {
            self.record = Some((self.open.len(), Record { name, fields: Fields::default() }));
        }
        self.open.push((name.to_owned(), encoded));
        self.text.clear();
        Ok(())
    }

    fn end(&mut self, wanted: &Wanted) -> Result<(), String> {
        let (name, encoded) = self.open.pop().ok_or("it ends twice")?;
        if let Some((_, record)) = self.record.take_if(|(depth, _)| *depth == self.open.len()) {
            self.document.records.push(record);
        } else if let Some(name) = wanted.fields.iter().find(|field| **field == name) {
            let text = std::mem::take(&mut self.text);
            let text = if encoded { decoded(&text)? } else { text };
            let fields = self.record.as_mut().map_or(&mut self.document.fields, |(_, record)| &mut record.fields);
            fields.0.push((name, text));
        }
        self.text.clear();
        Ok(())
    }
}

/// A name, a quote or a tag that nobody closes is the word of the parser for a document that ends too early.
fn in_words(error: &quick_xml::Error) -> String {
    match error {
        quick_xml::Error::Syntax(_) => "it is cut off".to_owned(),
        error => error.to_string(),
    }
}

/// Undoes percent signs; every other character stands for itself.
pub(crate) fn decoded(text: &str) -> Result<String, String> {
    let decoded = percent_encoding::percent_decode_str(text).decode_utf8();
    decoded.map(std::borrow::Cow::into_owned).map_err(|_| "a name in it is not UTF-8".to_owned())
}

/// Namespaces and their prefixes mean nothing here.
fn local_name(name: QName<'_>) -> String {
    String::from_utf8_lossy(name.local_name().as_ref()).into_owned()
}

fn named(reference: &[u8]) -> Option<char> {
    Some(match reference {
        b"amp" => '&',
        b"lt" => '<',
        b"gt" => '>',
        b"quot" => '"',
        b"apos" => '\'',
        _ => return None,
    })
}

#[cfg(test)]
mod tests;
