//! Writing and deleting one blob. A blob is written by one request, so it is there as a whole or not at all.

use bytes::Bytes;
use snaprepo_store::StoreErrorKind;

use super::read;
use crate::{
    location::Provider,
    wire::{Ask, Client, Refusal, Tries},
};

/// Most of an answer to a write that is read, so that its connection can be used again.
const MAX_ANSWER_LEN: usize = 64 << 10;

/// Writes a blob if there is none of its key.
pub(super) async fn create(client: &Client, key: &str, bytes: &[u8]) -> Result<(), Refusal> {
    let ask = put(client, key, bytes);
    let ask = match client.service().provider {
        Provider::Gcs => ask.header("x-goog-if-generation-match", "0"),
        _ => ask.header("if-none-match", "*"),
    };
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
