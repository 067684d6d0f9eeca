//! Writing a blob piece by piece: a small one by one request, as [`write`](super::write) does; a larger one in parts,
//! which become a blob when all of them are there. S3 and Google number parts and name them by their ETags, Azure calls
//! them blocks and names them as we wish.

use base64::{Engine as _, engine::general_purpose::STANDARD as BASE64};
use bytes::Bytes;
use http::{Method, header};
use snaprepo_codec::BlobPath;
use snaprepo_store::{ReadStore as _, RemoteErrorKind, StoreError, StoreErrorKind, Upload};

use super::{
    CloudStore, at, write,
    xml::{self, Wanted},
};
use crate::{
    location::Provider,
    wire::{Ask, Client, Refusal},
};

/// Length of a part, unless the blob would have too many: also the most that is written by one request, and the most
/// that an upload holds in memory. S3 takes none below 5 MiB.
const PART_LEN: u64 = 8 << 20;
/// Parts that a blob may have: S3 and Google take 10,000. The rest is for blobs that turn out longer than was said.
const MAX_PARTS: u64 = 8_000;
/// Most of an answer that is read.
const MAX_ANSWER_LEN: usize = 64 << 10;

const BEGUN: Wanted = Wanted { records: &[], fields: &["UploadId"] };
const COMPLETED: Wanted = Wanted { records: &[], fields: &["Code", "Message"] };

/// A blob that is being written.
pub(super) struct CloudUpload<'s> {
    store: &'s CloudStore,
    path: BlobPath,
    part_len: usize,
    /// What is not sent yet.
    rest: Vec<u8>,
    parts: Option<Parts>,
}

/// Parts that were sent.
#[derive(Default)]
struct Parts {
    /// What the store calls this upload; Azure has no name for it.
    id: String,
    /// What the store, or on Azure we, call each part.
    names: Vec<String>,
    len_bytes: u64,
}

impl<'s> CloudUpload<'s> {
    pub(super) fn new(store: &'s CloudStore, path: &BlobPath, len_bytes: u64) -> Self {
        let part_len = usize::try_from(len_bytes.div_ceil(MAX_PARTS).max(PART_LEN)).unwrap_or(usize::MAX);
        Self { store, path: path.clone(), part_len, rest: Vec::new(), parts: None }
    }

    fn client(&self) -> &'s Client {
        self.store.client()
    }

    /// Sends a part.
    fn send(&mut self, bytes: Bytes) -> Result<(), StoreError> {
        if self.parts.is_none() {
            // Parts take the place of whatever has their name in the end.
            match self.store.stat(&self.path) {
                Ok(_) => return Err(StoreError::new(&self.path, StoreErrorKind::Exists)),
                Err(error) if error.is_absence() => {}
                Err(error) => return Err(error),
            }
            let id = self.store.wait(&self.path, begin(self.client(), self.path.as_str()))?;
            self.parts = Some(Parts { id, ..Parts::default() });
        }
        let (store, path, client) = (self.store, self.path.clone(), self.client());
        if let Some(parts) = &mut self.parts {
            let len_bytes = bytes.len() as u64;
            let name = store.wait(&path, part(client, path.as_str(), parts, bytes))?;
            parts.names.push(name);
            parts.len_bytes += len_bytes;
        }
        Ok(())
    }
}

impl Upload for CloudUpload<'_> {
    fn write(&mut self, bytes: &[u8]) -> Result<(), StoreError> {
        self.rest.extend_from_slice(bytes);
        // A blob of just one part is written by one request.
        while self.rest.len() > self.part_len {
            let rest = self.rest.split_off(self.part_len);
            let full = std::mem::replace(&mut self.rest, rest);
            self.send(full.into())?;
        }
        Ok(())
    }

    fn finish(mut self: Box<Self>) -> Result<(), StoreError> {
        let rest = std::mem::take(&mut self.rest);
        if self.parts.is_none() {
            return self.store.wait(&self.path, write::create(self.client(), self.path.as_str(), &rest));
        }
        self.send(rest.into())?;
        let Some(parts) = &self.parts else { return Ok(()) };
        let completed = self.store.block(complete(self.client(), self.path.as_str(), parts));
        let completed = match completed {
            // The answer to an earlier try was lost: then the blob is there.
            Err(Refusal { kind: StoreErrorKind::NotFound, .. }) => match self.store.stat(&self.path) {
                Ok(stat) if stat.len_bytes == parts.len_bytes => Ok(()),
                _ => Err(at(&self.path, senseless("the store has forgotten an upload"))),
            },
            completed => completed.map_err(|refusal| at(&self.path, refusal)),
        };
        if completed.is_ok() {
            self.parts = None;
        }
        completed
    }
}

impl Drop for CloudUpload<'_> {
    /// Parts that belong to nothing cost money until somebody deletes them. Azure forgets them by itself.
    fn drop(&mut self) {
        if let Some(parts) = &self.parts
            && self.store.provider() != Provider::Azure
        {
            let ask = Ask { query: vec![("uploadId", parts.id.clone())], ..Ask::delete(self.path.as_str()) };
            // The bucket's own rules, and `du --versions`, find what stays all the same.
            let _ = self.store.block(self.client().ask(&ask));
        }
    }
}

/// Begins an upload; the parts become a blob as every write of this store makes them.
async fn begin(client: &Client, key: &str) -> Result<String, Refusal> {
    let service = client.service();
    if service.provider == Provider::Azure {
        return Ok(String::new());
    }
    let mut ask =
        Ask { method: Method::POST, query: vec![("uploads", String::new())], ..Ask::write(key, Bytes::new()) };
    ask.headers.extend(service.write_headers.iter().cloned());
    let (_, body) = client.whole(&ask, MAX_ANSWER_LEN).await?;
    let mut document = xml::parse(&body, &BEGUN).map_err(senseless)?;
    document.fields.take("UploadId").ok_or_else(|| senseless("an upload has no name"))
}

/// Sends the next part, and returns what it is called.
async fn part(client: &Client, key: &str, parts: &Parts, bytes: Bytes) -> Result<String, Refusal> {
    let number = parts.names.len() + 1;
    if client.service().provider == Provider::Azure {
        // All names of one blob have to be of one length.
        let name = BASE64.encode(format!("{number:08}"));
        let query = vec![("comp", "block".to_owned()), ("blockid", name.clone())];
        client.ask(&Ask { query, ..Ask::write(key, bytes) }).await?;
        return Ok(name);
    }
    let query = vec![("partNumber", number.to_string()), ("uploadId", parts.id.clone())];
    let answer = client.ask(&Ask { query, ..Ask::write(key, bytes) }).await?;
    let etag = answer.headers.get(header::ETAG).and_then(|etag| etag.to_str().ok()).map(str::to_owned);
    etag.ok_or_else(|| senseless("a part has no ETag"))
}

/// Makes a blob of the parts.
async fn complete(client: &Client, key: &str, parts: &Parts) -> Result<(), Refusal> {
    let service = client.service();
    if service.provider == Provider::Azure {
        let blocks: String = parts.names.iter().map(|name| format!("<Latest>{name}</Latest>")).collect();
        let body = format!("<?xml version=\"1.0\" encoding=\"utf-8\"?><BlockList>{blocks}</BlockList>");
        let mut ask = Ask { query: vec![("comp", "blocklist".to_owned())], ..Ask::write(key, body.into()) };
        ask.headers.extend(service.write_headers.iter().cloned());
        client.ask(&ask).await?;
        return Ok(());
    }
    let list: String = (1..)
        .zip(&parts.names)
        .map(|(number, etag)| format!("<Part><PartNumber>{number}</PartNumber><ETag>{}</ETag></Part>", escaped(etag)))
        .collect();
    let body = format!("<CompleteMultipartUpload>{list}</CompleteMultipartUpload>");
    let query = vec![("uploadId", parts.id.clone())];
    let ask = Ask { method: Method::POST, query, ..Ask::write(key, body.into()) };
    let (_, answer) = client.whole(&ask, MAX_ANSWER_LEN).await?;
    // It may take so long that the status is sent before it is known.
    let document = xml::parse(&answer, &COMPLETED).map_err(senseless)?;
    if document.root == "Error" {
        let said = document.fields.get("Message").or(document.fields.get("Code")).unwrap_or("it does not say why");
        return Err(senseless(format!("the parts did not become a blob: {said}")));
    }
    Ok(())
}

fn senseless(reason: impl Into<String>) -> Refusal {
    Refusal::never(RemoteErrorKind::Senseless { reason: reason.into() })
}

/// An ETag is a text of the store, and mostly in quotes.
fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}
