//! A large blob by several requests at once, where that pays. Many stores bound the speed of one connection; then
//! several of them are faster. But where one connection is already fast, or many blobs are read at once, more requests
//! only cost: so the first range of each large blob is a trial.

use std::{
    collections::VecDeque,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::{Duration, Instant},
};

use bytes::Bytes;
use snaprepo_store::{RemoteErrorKind, StoreErrorKind, Streamed};
use tokio::{
    sync::{OwnedSemaphorePermit, Semaphore},
    task::JoinHandle,
};

use super::{CloudStore, read, reader::Reader};
use crate::wire::{Client, Refusal, Span};

/// Length of one range: long enough that the time of a request does not count against that of its bytes.
const RANGE_LEN: u64 = 8 << 20;
/// Blobs from this length on are worth a trial.
const SPLIT_FROM: u64 = 4 * RANGE_LEN;
/// Bytes a second above which one connection is fast enough. Connections to the clouds bring 50 to 100 MB a second;
/// one to a server nearby brings several times that, and is slowed down by ranges.
const FAST_ENOUGH: u64 = 200_000_000;
/// Most ranges in memory, of all blobs together: 64 MiB. Also most ranges that are under way.
const IN_MEMORY: usize = 8;

/// Room for ranges, shared by all streams of a store.
#[derive(Debug)]
pub(crate) struct Ranges {
    room: Arc<Semaphore>,
    /// Large blobs that are being read now.
    n_streams: AtomicUsize,
    enabled: bool,
}

/// A large blob that is being read.
struct Stream<'r>(&'r Ranges);

/// A range that is on its way, with the room that it takes.
struct Coming {
    task: JoinHandle<Result<Vec<Bytes>, Refusal>>,
    _room: OwnedSemaphorePermit,
}

impl Ranges {
    pub(crate) fn new(enabled: bool) -> Self {
        Self { room: Arc::new(Semaphore::new(IN_MEMORY)), n_streams: AtomicUsize::new(0), enabled }
    }

    /// Whether a blob of this length may be read in ranges.
    pub(crate) fn may_pay(&self, len_bytes: u64) -> bool {
        self.enabled && len_bytes >= SPLIT_FROM
    }

    fn enter(&self) -> Stream<'_> {
        self.n_streams.fetch_add(1, Ordering::Relaxed);
        Stream(self)
    }
}

impl Stream<'_> {
    /// How many ranges this blob may be ahead: blobs that are read at once fill the line together.
    fn ahead(&self) -> usize {
        let n_streams = self.0.n_streams.load(Ordering::Relaxed).max(1);
        (IN_MEMORY / n_streams).saturating_sub(1)
    }
}

impl Drop for Stream<'_> {
    fn drop(&mut self) {
        self.0.n_streams.fetch_sub(1, Ordering::Relaxed);
    }
}

impl Drop for Coming {
    fn drop(&mut self) {
        self.task.abort();
    }
}

/// Hands out a large blob in order. The sink is called outside of the runtime.
pub(super) fn stream(
    store: &CloudStore,
    key: &str,
    len_bytes: u64,
    sink: &mut dyn FnMut(&[u8]) -> bool,
) -> Result<Streamed, Refusal> {
    let (client, ranges) = (store.client(), &store.shared().ranges);
    let stream = ranges.enter();
    let mut reader = match store.block(Reader::open(client, key, Span { start: 0, end: Some(RANGE_LEN) })) {
        // It has not even a first byte.
        Err(Refusal { kind: StoreErrorKind::ShortRead, .. }) => {
            return read::stream_whole(store, key, len_bytes, sink);
        }
        opened => opened?,
    };
    if let Some(total) = reader.total().filter(|total| *total != len_bytes) {
        return Ok(Streamed::OtherLength(total));
    }
    let etag = reader.etag();
    if reader.ignores_spans() || etag.is_none() {
        // Without an ETag nobody could tell pieces of two states apart.
        drop(reader);
        return read::stream_whole(store, key, len_bytes, sink);
    }
    // (1) The trial: only the time counts that the network takes, not that of the sink.
    let (goes_on, waited) = hand_out(store, &mut reader, sink)?;
    drop(reader);
    if !goes_on {
        return Ok(Streamed::Read);
    }
    let mut next = RANGE_LEN;
    let mut coming = VecDeque::new();
    let is_fast = u128::from(FAST_ENOUGH) * waited.as_nanos() < u128::from(RANGE_LEN) * 1_000_000_000;
    loop {
        // (2) As many ranges ahead as there is room for now.
        while !is_fast && coming.len() < stream.ahead() && next < len_bytes && client.waiting().width.has_free() {
            let Ok(room) = Arc::clone(&ranges.room).try_acquire_owned() else { break };
            let span = span(next, len_bytes);
            let (client, key, etag) = (client.clone(), key.to_owned(), etag.clone());
            let task = store.shared().engine.spawn(async move { collect(&client, &key, span, etag).await });
            coming.push_back(Coming { task, _room: room });
            next = next.saturating_add(RANGE_LEN);
        }
        // (3) The next of them; where there is none, the next range by ourselves; where one connection is fast, the
        // rest.
        let goes_on = if let Some(mut range) = coming.pop_front() {
            store.block(&mut range.task).map_err(|_| given_up())??.iter().all(|piece| sink(piece))
        } else if next < len_bytes {
            let span = if is_fast { Span { start: next, end: None } } else { span(next, len_bytes) };
            next = span.end.unwrap_or(len_bytes);
            let mut reader = store.block(Reader::open_pinned(client, key, span, etag.clone()))?;
            hand_out(store, &mut reader, sink)?.0
        } else {
            return Ok(Streamed::Read);
        };
        if !goes_on {
            return Ok(Streamed::Read);
        }
    }
}

/// Hands out all that a reader has. Returns whether the sink wants more, and how long the network was waited for.
fn hand_out(
    store: &CloudStore,
    reader: &mut Reader<'_>,
    sink: &mut dyn FnMut(&[u8]) -> bool,
) -> Result<(bool, Duration), Refusal> {
    let mut waited = Duration::ZERO;
    loop {
        let start = Instant::now();
        let piece = store.block(reader.piece())?;
        waited += start.elapsed();
        match piece {
            None => return Ok((true, waited)),
            Some(piece) if !sink(&piece) => return Ok((false, waited)),
            Some(_) => {}
        }
    }
}

async fn collect(
    client: &Client,
    key: &str,
    span: Span,
    etag: Option<http::HeaderValue>,
) -> Result<Vec<Bytes>, Refusal> {
    let mut reader = Reader::open_pinned(client, key, span, etag).await?;
    let mut pieces = Vec::new();
    while let Some(piece) = reader.piece().await? {
        pieces.push(piece);
    }
    Ok(pieces)
}

fn span(start: u64, len_bytes: u64) -> Span {
    Span { start, end: Some(start.saturating_add(RANGE_LEN).min(len_bytes)) }
}

fn given_up() -> Refusal {
    Refusal::never(RemoteErrorKind::BrokenOff { reason: "a part of it was given up".to_owned() })
}
