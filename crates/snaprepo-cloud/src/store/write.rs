//! Writing and deleting one blob. A blob is written by one request, so it is there as a whole or not at all.

use bytes::Bytes;
use http::{HeaderName, HeaderValue};
use snaprepo_store::{RemoteErrorKind, StoreErrorKind, Version};

use super::{read, reader::Reader};
use crate::{
    location::Provider,
    wire::{Ask, Client, Refusal, Span, Tries},
};

/// Most of an answer to a write that is read, so that its connection can be used again.
const MAX_ANSWER_LEN: usize = 64 << 10;

/// Writes a blob if there is none of its key.
pub(super) async fn create(client: &Client, key: &str, bytes: &[u8]) -> Result<(), Refusal> {
    let condition = match client.service().provider {
        Provider::Gcs => ("x-goog-if-generation-match", HeaderValue::from_static("0")),
        _ => ("if-none-match", HeaderValue::from_static("*")),
    };
    put_if(client, key, bytes, condition).await
}

/// Writes a blob on a condition; [`Exists`](StoreErrorKind::Exists) when that does not hold.
async fn put_if(
    client: &Client,
    key: &str,
    bytes: &[u8],
    (name, value): (&'static str, HeaderValue),
) -> Result<(), Refusal> {
    let mut ask = put(client, key, bytes);
    ask.headers.push((HeaderName::from_static(name), value));
    let mut tries = Tries::default();
    match client.ask_within(&ask, &mut tries).await {
        Ok(mut answer) => {
            // It is written, whatever becomes of the rest of the answer.
            let _ = answer.whole(MAX_ANSWER_LEN).await;
            Ok(())
        }
        // An earlier try may have been done although its answer was lost: then what is there is ours.
        Err(refusal @ Refusal { kind: StoreErrorKind::Exists, .. }) if tries.has_failed() => {
            if read::read(client, key).await? == bytes { Ok(()) } else { Err(refusal) }
        }
        Err(refusal) => Err(refusal),
    }
}

/// Writes a blob in place of one that may be there.
pub(super) async fn replace(client: &Client, key: &str, bytes: &[u8]) -> Result<(), Refusal> {
    let mut answer = client.ask(&put(client, key, bytes)).await?;
    let _ = answer.whole(MAX_ANSWER_LEN).await;
    Ok(())
}

/// Reads a blob, and by what its state is known again; nothing where the service does not tell.
pub(super) async fn read_version(client: &Client, key: &str) -> Result<(Vec<u8>, Version), Refusal> {
    let mut reader = Reader::open(client, key, Span::ALL).await?;
    let state = match client.service().provider {
        Provider::Gcs => reader.header("x-goog-generation"),
        _ => reader.etag(),
    };
    let bytes = read::rest(&mut reader).await?;
    Ok((bytes, Version::new(state.map(|state| state.as_bytes().to_vec()).unwrap_or_default())))
}

/// Writes a blob in place of a state of it.
pub(super) async fn update(client: &Client, key: &str, bytes: &[u8], from: &Version) -> Result<(), Refusal> {
    let unknown = || Refusal::never(RemoteErrorKind::NotOffered { what: "the states of blobs" });
    let state = HeaderValue::from_bytes(from.as_bytes()).ok().filter(|state| !state.is_empty()).ok_or_else(unknown)?;
    let condition = match client.service().provider {
        Provider::Gcs => "x-goog-if-generation-match",
        _ => "if-match",
    };
    put_if(client, key, bytes, (condition, state)).await.map_err(|refusal| match refusal.kind {
        StoreErrorKind::Exists => Refusal::never(StoreErrorKind::Stale),
        ref kind if is_unsupported(kind) => unknown(),
        _ => refusal,
    })
}

/// Services that do not know a condition say so in one of two ways.
pub(crate) fn is_unsupported(kind: &StoreErrorKind) -> bool {
    matches!(
        kind,
        StoreErrorKind::Remote(RemoteErrorKind::NotOffered { .. } | RemoteErrorKind::Refused { status: 400, .. })
    )
}

/// Deletes a blob. One that an earlier try has deleted is not missing.
pub(super) async fn delete(client: &Client, key: &str) -> Result<(), Refusal> {
    let mut tries = Tries::default();
    match client.ask_within(&Ask::delete(key), &mut tries).await {
        Ok(mut answer) => {
            let _ = answer.whole(MAX_ANSWER_LEN).await;
            Ok(())
        }
        Err(Refusal { kind: StoreErrorKind::NotFound, .. }) if tries.has_failed() => Ok(()),
        Err(Refusal { kind: StoreErrorKind::Exists, .. }) => Err(Refusal::conflict()),
        Err(refusal) => Err(refusal),
    }
}

fn put(client: &Client, key: &str, bytes: &[u8]) -> Ask {
    let service = client.service();
    let ask = Ask::write(key, Bytes::copy_from_slice(bytes));
    let mut ask = match service.provider {
        Provider::Azure => ask.header("x-ms-blob-type", "BlockBlob"),
        _ => ask,
    };
    ask.headers.extend(service.write_headers.iter().cloned());
    ask
}
