//! What a bucket keeps beside its blobs: versions that were replaced, markers of deletes, uploads that were never
//! finished, and in which class each blob is stored. All of it costs money, none of it shows in a plain listing, and
//! object_store has no request for it.

use http::Method;
use snaprepo_codec::BlobPath;
use snaprepo_store::{RemoteErrorKind, StoreError, StoreErrorKind};

use crate::{
    location::Provider,
    store::{
        CloudStore, Listing, at, below, each,
        pages::{broken, document, document_of, millis},
        path_below, prefix,
        xml::{self, Document, Fields, Record, Wanted},
    },
    waiting::Kind,
    wire::{Ask, Client, Refusal, Transient},
};

/// A blob with its storage class.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredBlob {
    /// Its path below the folder; `None` when the key is none.
    pub path: Option<BlobPath>,
    /// Its key behind that of the folder.
    pub key: String,
    /// Its length in bytes.
    pub len_bytes: u64,
    /// When it was written, in milliseconds since 1970, where the store tells.
    pub modified_millis: Option<i64>,
    /// Its class or tier, in the service's own word; `None` where the listing does not tell: then it is the usual one.
    pub class: Option<String>,
}

/// One version of a blob.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Version {
    /// The blob as it was then; its length is 0 for the marker of a delete.
    pub blob: StoredBlob,
    /// What the store calls this version; `null` was written before versions were kept.
    pub id: String,
    /// Whether it is what a plain read sees.
    pub is_latest: bool,
    /// Whether it only marks that the blob was deleted.
    pub is_delete_marker: bool,
}

/// An upload in parts that was not finished.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Upload {
    /// The path that it would have below the folder; `None` when the key is none.
    pub path: Option<BlobPath>,
    /// Its key behind that of the folder.
    pub key: String,
    /// What the store calls this upload.
    pub id: String,
    /// When it began, in milliseconds since 1970, where the store tells.
    pub begun_millis: Option<i64>,
    /// Parts that are stored.
    pub n_parts: u64,
    /// Their bytes.
    pub len_bytes: u64,
}

const VERSIONS: Wanted = Wanted {
    records: &["Version", "DeleteMarker"],
    fields: &[
        "Key",
        "VersionId",
        "IsLatest",
        "LastModified",
        "Size",
        "StorageClass",
        "IsTruncated",
        "NextKeyMarker",
        "NextVersionIdMarker",
        "EncodingType",
    ],
};
const UPLOADS: Wanted = Wanted {
    records: &["Upload"],
    fields: &["Key", "UploadId", "Initiated", "IsTruncated", "NextKeyMarker", "NextUploadIdMarker", "EncodingType"],
};
/// As Amazon says it, and as some others do.
const PARTS_ROOTS: [&str; 2] = ["ListPartsResult", "ListPartsResponse"];
const PARTS: Wanted = Wanted { records: &["Part"], fields: &["Size", "IsTruncated", "NextPartNumberMarker"] };

impl CloudStore {
    /// Shows every blob below a folder with its storage class, in the order of the listing, until `visit` returns
    /// `false`.
    ///
    /// # Errors
    /// When the folder cannot be listed.
    pub fn stored_blobs(&self, folder: &BlobPath, visit: &mut dyn FnMut(StoredBlob) -> bool) -> Result<(), StoreError> {
        self.not_the_web(folder, StoreErrorKind::CannotList)?;
        let mut show = |listing: Listing<'_>| {
            visit(StoredBlob {
                path: listing.path,
                key: listing.rest.to_owned(),
                len_bytes: listing.object.len_bytes,
                modified_millis: listing.object.modified_millis,
                class: listing.object.class.clone(),
            })
        };
        each(self, folder, &mut show).map_err(|refusal| at(folder, refusal))
    }

    /// Shows every version of every blob below a folder, and the markers of deletes, until `visit` returns `false`.
    /// Only S3 has this request.
    ///
    /// # Errors
    /// When the versions cannot be listed, or the service has none.
    pub fn versions(&self, folder: &BlobPath, visit: &mut dyn FnMut(Version) -> bool) -> Result<(), StoreError> {
        versions(self, folder, visit).map_err(|refusal| at(folder, refusal))
    }

    /// Shows the unfinished uploads below a folder with their bytes, until `visit` returns `false`. One request more
    /// for each upload. Only S3 has this request.
    ///
    /// # Errors
    /// When the uploads cannot be listed, or the service has none.
    pub fn uploads(&self, folder: &BlobPath, visit: &mut dyn FnMut(Upload) -> bool) -> Result<(), StoreError> {
        uploads(self, folder, visit).map_err(|refusal| at(folder, refusal))
    }
}

fn versions(store: &CloudStore, folder: &BlobPath, visit: &mut dyn FnMut(Version) -> bool) -> Result<(), Refusal> {
    let mut pages = MarkedPages::new(store.client(), "versions", folder, ["key-marker", "version-id-marker"])?;
    while let Some(page) = store.block(pages.next("ListVersionsResult", &VERSIONS, "NextVersionIdMarker"))? {
        for mut record in page.records {
            let is_delete_marker = record.name == "DeleteMarker";
            let key = pages.key_of(&mut record)?;
            let fields = &mut record.fields;
            let len = fields.get("Size").and_then(|len| len.trim().parse().ok());
            let len_bytes = match (len, is_delete_marker) {
                (Some(len), _) => len,
                (None, true) => 0,
                (None, false) => return Err(broken("a version has no length", Transient::Never)),
            };
            let version = Version {
                blob: StoredBlob {
                    path: path_below(&key),
                    key,
                    len_bytes,
                    modified_millis: fields.get("LastModified").and_then(millis),
                    class: fields.take("StorageClass"),
                },
                id: fields.take("VersionId").unwrap_or_default(),
                is_latest: fields.get("IsLatest").is_some_and(|latest| latest == "true"),
                is_delete_marker,
            };
            if !visit(version) {
                return Ok(());
            }
        }
    }
    Ok(())
}

fn uploads(store: &CloudStore, folder: &BlobPath, visit: &mut dyn FnMut(Upload) -> bool) -> Result<(), Refusal> {
    let mut pages = MarkedPages::new(store.client(), "uploads", folder, ["key-marker", "upload-id-marker"])?;
    while let Some(page) = store.block(pages.next("ListMultipartUploadsResult", &UPLOADS, "NextUploadIdMarker"))? {
        for mut record in page.records {
            let key = pages.key_of(&mut record)?;
            let id = record.fields.take("UploadId").unwrap_or_default();
            let (n_parts, len_bytes) = store.block(parts(store.client(), &format!("{}{key}", pages.prefix), &id))?;
            let begun_millis = record.fields.get("Initiated").and_then(millis);
            let upload = Upload { path: path_below(&key), key, id, begun_millis, n_parts, len_bytes };
            if !visit(upload) {
                return Ok(());
            }
        }
    }
    Ok(())
}

/// Parts of an upload and their bytes.
async fn parts(client: &Client, key: &str, id: &str) -> Result<(u64, u64), Refusal> {
    let (mut n_parts, mut len_bytes) = (0, 0_u64);
    let mut marker: Option<String> = None;
    loop {
        let mut query = vec![("uploadId", id.to_owned())];
        query.extend(marker.iter().map(|marker| ("part-number-marker", marker.clone())));
        let ask = Ask { key: Some(key.to_owned()), ..Ask::container(Kind::List, Method::GET, query) };
        let mut page = document_of(client, &ask, &PARTS_ROOTS, &PARTS).await?;
        for part in &page.records {
            n_parts += 1;
            let len: Option<u64> = part.fields.get("Size").and_then(|len| len.trim().parse().ok());
            let len = len.ok_or_else(|| broken("a part has no length", Transient::Never))?;
            len_bytes = len_bytes.saturating_add(len);
        }
        if !is_truncated(&page.fields) {
            return Ok((n_parts, len_bytes));
        }
        let next = page.fields.take("NextPartNumberMarker");
        marker = Some(next.filter(|next| marker.as_ref() != Some(next)).ok_or_else(endless)?);
    }
}

/// A listing that goes on behind two markers instead of at a token.
struct MarkedPages<'c> {
    client: &'c Client,
    query: Vec<(&'static str, String)>,
    prefix: String,
    markers: [&'static str; 2],
    /// Where to go on: nowhere any more, at the start, or behind these.
    at: Option<Option<[String; 2]>>,
    url_encoded: bool,
}

impl<'c> MarkedPages<'c> {
    fn new(
        client: &'c Client,
        what: &'static str,
        folder: &BlobPath,
        markers: [&'static str; 2],
    ) -> Result<Self, Refusal> {
        if client.service().provider != Provider::S3 {
            return Err(Refusal::never(RemoteErrorKind::NotOffered { what: "a listing of versions or uploads" }));
        }
        let prefix = prefix(folder);
        let mut query = vec![(what, String::new()), ("encoding-type", "url".to_owned())];
        if !prefix.is_empty() {
            query.push(("prefix", prefix.clone()));
        }
        Ok(Self { client, query, prefix, markers, at: Some(None), url_encoded: false })
    }

    async fn next(&mut self, root: &str, wanted: &Wanted, id_field: &str) -> Result<Option<Document>, Refusal> {
        let Some(at) = self.at.take() else { return Ok(None) };
        let mut query = self.query.clone();
        for (name, value) in self.markers.iter().zip(at.iter().flatten()) {
            query.push((name, value.clone()));
        }
        let mut page = document(self.client, query, &[root], wanted).await?;
        self.url_encoded = page.fields.get("EncodingType").is_some_and(|kind| kind == "url");
        if is_truncated(&page.fields) {
            let key = page.fields.take("NextKeyMarker").ok_or_else(endless)?;
            let next = [self.decoded(key)?, page.fields.take(id_field).unwrap_or_default()];
            if at.as_ref() == Some(&next) {
                return Err(endless());
            }
            self.at = Some(Some(next));
        }
        Ok(Some(page))
    }

    /// The key of a record behind that of the folder.
    fn key_of(&self, record: &mut Record) -> Result<String, Refusal> {
        let key = record.fields.take("Key").ok_or_else(|| broken("an entry has no name", Transient::Never))?;
        Ok(below(&self.decoded(key)?, &self.prefix)?.to_owned())
    }

    fn decoded(&self, text: String) -> Result<String, Refusal> {
        if !self.url_encoded {
            return Ok(text);
        }
        xml::decoded(&text.replace('+', " ")).map_err(|reason| broken(&reason, Transient::Never))
    }
}

fn is_truncated(fields: &Fields) -> bool {
    fields.get("IsTruncated").is_some_and(|truncated| truncated == "true")
}

fn endless() -> Refusal {
    broken("it says that there is more, and not where", Transient::Never)
}

#[cfg(test)]
mod tests;
