//! Reading: whole blobs, ranges, streams, and looks.

use snaprepo_store::{BlobStat, MAX_BLOB_IN_MEMORY, RemoteErrorKind, StoreErrorKind, Streamed};

use super::{CloudStore, ranges, reader::Reader};
use crate::wire::{Ask, Client, Refusal, Span, Transient};

/// How web pages begin. No blob of a repository does.
const PAGES: [&[u8]; 2] = [b"<!doctype", b"<html"];

/// Reads a whole blob.
pub(super) async fn read(client: &Client, key: &str) -> Result<Vec<u8>, Refusal> {
    rest(&mut Reader::open(client, key, Span::ALL).await?).await
}

/// All that a reader of a whole blob still has.
pub(super) async fn rest(reader: &mut Reader<'_>) -> Result<Vec<u8>, Refusal> {
    let too_large = |len| Refusal::never(StoreErrorKind::TooLarge { len, limit: MAX_BLOB_IN_MEMORY });
    let total = reader.total().unwrap_or(0);
    if total > MAX_BLOB_IN_MEMORY {
        return Err(too_large(total));
    }
    let html = reader.is_html();
    let mut bytes = Vec::with_capacity(usize::try_from(total).unwrap_or(0));
    while let Some(piece) = reader.piece().await? {
        bytes.extend_from_slice(&piece);
        if bytes.len() as u64 > MAX_BLOB_IN_MEMORY {
            return Err(too_large(bytes.len() as u64));
        }
    }
    if html && PAGES.iter().any(|page| bytes.get(..page.len()).is_some_and(|start| start.eq_ignore_ascii_case(page))) {
        return Err(Refusal::never(RemoteErrorKind::NotAStore { what: "a web page".to_owned() }));
    }
    Ok(bytes)
}

/// Reads exactly `len` bytes from `offset` on.
pub(super) async fn read_range(client: &Client, key: &str, offset: u64, len: usize) -> Result<Vec<u8>, Refusal> {
    let short = || Refusal::never(StoreErrorKind::ShortRead);
    let end = offset.checked_add(len as u64).ok_or_else(short)?;
    if len == 0 {
        // No request can ask for no bytes.
        return if stat(client, key).await?.len_bytes >= offset { Ok(Vec::new()) } else { Err(short()) };
    }
    let mut reader = Reader::open(client, key, Span { start: offset, end: Some(end) }).await?;
    if reader.total().is_some_and(|total| total < end) {
        return Err(short());
    }
    let mut bytes = Vec::with_capacity(len);
    while let Some(piece) = reader.piece().await? {
        bytes.extend_from_slice(&piece);
    }
    if bytes.len() == len { Ok(bytes) } else { Err(short()) }
}

/// Hands out a blob that should have `len_bytes` bytes, piece by piece. The sink is called outside of the runtime.
pub(super) fn stream(
    store: &CloudStore,
    key: &str,
    len_bytes: u64,
    sink: &mut dyn FnMut(&[u8]) -> bool,
) -> Result<Streamed, Refusal> {
    let streamed = |sink: &mut dyn FnMut(&[u8]) -> bool| match store.shared().ranges.may_pay(len_bytes) {
        true => ranges::stream(store, key, len_bytes, sink),
        false => stream_whole(store, key, len_bytes, sink),
    };
    let Streamed::OtherLength(said) = streamed(sink)? else { return Ok(Streamed::Read) };
    // A wrong length is damage, and one header of one answer is little to say that on: somebody on the way may have
    // written it.
    match store.block(stat(store.client(), key))?.len_bytes {
        len if len == said => Ok(Streamed::OtherLength(said)),
        len if len == len_bytes => match streamed(sink)? {
            Streamed::OtherLength(_) => Err(unlike_lengths()),
            read => Ok(read),
        },
        _ => Err(unlike_lengths()),
    }
}

fn unlike_lengths() -> Refusal {
    let reason = "its length is another each time".to_owned();
    Refusal::transient(RemoteErrorKind::BrokenOff { reason }, Transient::Never)
}

/// The same by one request.
pub(super) fn stream_whole(
    store: &CloudStore,
    key: &str,
    len_bytes: u64,
    sink: &mut dyn FnMut(&[u8]) -> bool,
) -> Result<Streamed, Refusal> {
    let mut reader = store.block(Reader::open(store.client(), key, Span::ALL))?;
    if let Some(total) = reader.total().filter(|total| *total != len_bytes) {
        return Ok(Streamed::OtherLength(total));
    }
    while let Some(piece) = store.block(reader.piece())? {
        if !sink(&piece) {
            break;
        }
    }
    Ok(Streamed::Read)
}

/// Looks at a blob.
pub(super) async fn stat(client: &Client, key: &str) -> Result<BlobStat, Refusal> {
    let answer = match client.ask(&Ask::look(key)).await {
        Ok(answer) => answer,
        Err(refusal) => return why_not(client, key, refusal).await,
    };
    match answer.len() {
        Some(len_bytes) => Ok(BlobStat { len_bytes, modified_millis: answer.modified_millis() }),
        None => stat_by_reading(client, key).await,
    }
}

/// An answer to HEAD has no body, so it does not say why it refuses, and its "not there" may be that of the bucket or
/// of somebody on the way. A read of one byte tells. Web servers that do not know HEAD are asked that way, too.
async fn why_not(client: &Client, key: &str, refusal: Refusal) -> Result<BlobStat, Refusal> {
    let vague = matches!(
        refusal.kind,
        StoreErrorKind::Denied
            | StoreErrorKind::Remote(
                RemoteErrorKind::Refused { .. }
                    | RemoteErrorKind::NotOffered { .. }
                    | RemoteErrorKind::BadCredentials { .. }
                    | RemoteErrorKind::NotAStore { .. }
            )
    );
    if vague { stat_by_reading(client, key).await } else { Err(refusal) }
}

async fn stat_by_reading(client: &Client, key: &str) -> Result<BlobStat, Refusal> {
    let ask = Ask::read(key, Span { start: 0, end: Some(1) }, None);
    match client.ask(&ask).await {
        Ok(answer) => {
            let len = answer.content_range().map(|(_, total)| total).or_else(|| answer.len());
            let modified_millis = answer.modified_millis();
            let unknown = || Refusal::never(RemoteErrorKind::NotOffered { what: "the lengths of blobs" });
            Ok(BlobStat { len_bytes: len.ok_or_else(unknown)?, modified_millis })
        }
        // Nothing has no first byte.
        Err(Refusal { kind: StoreErrorKind::ShortRead, .. }) => Ok(BlobStat::default()),
        Err(refusal) => Err(refusal),
    }
}
