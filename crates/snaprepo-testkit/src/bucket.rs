//! A small S3 in memory: one bucket, reads, ranges, conditions, listings in pages. What a test wants to go wrong comes
//! from a function that may answer first.

use std::{
    collections::BTreeMap,
    fmt::Write as _,
    fs,
    path::Path,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicUsize, Ordering},
    },
    time::UNIX_EPOCH,
};

use crate::{
    fixtures::{files, must},
    server::{Reply, Seen, Server, percent_encoded},
};

mod listing;
mod parts;
mod time;

/// Keys of a page, unless a test says otherwise: so few that every test has several pages.
const PAGE_LEN: usize = 3;
/// When everything was written that comes from no file: 2026-11-21 at ten.
const WRITTEN: u64 = 1_795_255_200;

/// The bucket, called `bucket`.
pub struct Bucket {
    /// The server that answers for it.
    pub server: Server,
    state: Arc<State>,
}

struct State {
    objects: Mutex<BTreeMap<String, Object>>,
    uploads: Mutex<parts::Uploads>,
    page_len: AtomicUsize,
}

/// An object.
#[derive(Debug, Clone)]
struct Object {
    bytes: Vec<u8>,
    /// Seconds since 1970.
    modified: u64,
}

impl Bucket {
    /// An empty bucket that does everything right.
    #[must_use]
    pub fn start() -> Self {
        Self::start_with(|_, _| None)
    }

    /// A bucket whose answers `fault` may replace; it is told the right answer too.
    #[must_use]
    pub fn start_with(fault: impl Fn(&Seen, &Reply) -> Option<Reply> + Send + Sync + 'static) -> Self {
        let state = Arc::new(State {
            objects: Mutex::default(),
            uploads: Mutex::default(),
            page_len: AtomicUsize::new(PAGE_LEN),
        });
        let shared = Arc::clone(&state);
        let server = Server::start(move |seen| {
            let right = answer(&shared, seen);
            fault(seen, &right).unwrap_or(right)
        });
        Self { server, state }
    }

    /// A bucket that has every file below a folder, at its path behind a prefix. Empty folders do not exist in it.
    ///
    /// # Panics
    /// When the folder cannot be read.
    #[must_use]
    pub fn of_folder(folder: &Path, prefix: &str) -> Self {
        let bucket = Self::start();
        bucket.put_folder(folder, prefix);
        bucket
    }

    /// Puts every file below a folder into the bucket, at its path behind a prefix; times of files are kept.
    ///
    /// # Panics
    /// When the folder cannot be read.
    pub fn put_folder(&self, folder: &Path, prefix: &str) {
        for name in must(files(folder), &folder.display()) {
            let file = folder.join(&name);
            let modified = fs::metadata(&file).and_then(|metadata| metadata.modified());
            let modified =
                must(modified, &file.display()).duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs());
            let bytes = must(fs::read(&file), &file.display());
            self.state.objects().insert(format!("{prefix}{name}"), Object { bytes, modified });
        }
    }

    /// The same with so many keys on a page of a listing.
    #[must_use]
    pub fn pages_of(self, n_keys: usize) -> Self {
        self.state.page_len.store(n_keys.max(1), Ordering::SeqCst);
        self
    }

    /// What the bucket answers when it is asked outside of a connection.
    #[must_use]
    pub fn answer(&self, seen: &Seen) -> Reply {
        answer(&self.state, seen)
    }

    /// Writes an object.
    pub fn put(&self, key: &str, bytes: impl Into<Vec<u8>>) {
        self.state.objects().insert(key.to_owned(), Object { bytes: bytes.into(), modified: WRITTEN });
    }

    /// The bytes of an object.
    #[must_use]
    pub fn get(&self, key: &str) -> Option<Vec<u8>> {
        self.state.objects().get(key).map(|object| object.bytes.clone())
    }

    /// Deletes an object.
    pub fn delete(&self, key: &str) {
        self.state.objects().remove(key);
    }

    /// All keys, in their order.
    #[must_use]
    pub fn keys(&self) -> Vec<String> {
        self.state.objects().keys().cloned().collect()
    }

    /// The location of the bucket, with more settings as `&name=value`.
    #[must_use]
    pub fn location(&self, base: &str, settings: &str) -> String {
        format!("s3://bucket{base}?endpoint={}{settings}", self.server.url())
    }
}

impl State {
    fn objects(&self) -> MutexGuard<'_, BTreeMap<String, Object>> {
        self.objects.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// An ETag that changes with the bytes.
#[must_use]
pub fn etag(bytes: &[u8]) -> String {
    let sum = bytes
        .iter()
        .fold(0xcbf2_9ce4_8422_2325_u64, |sum, byte| (sum ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3));
    format!("\"{sum:016x}\"")
}

fn answer(state: &State, seen: &Seen) -> Reply {
    if seen.query("uploads").is_some() || seen.query("uploadId").is_some() {
        return parts::answer(state, seen);
    }
    let mut objects = state.objects();
    let Some(rest) = seen.path.strip_prefix("/bucket") else { return Reply::error(404, "NoSuchBucket") };
    let key = rest.trim_start_matches('/');
    match (seen.method.as_str(), key) {
        ("GET", "") => listing::page(&objects, seen, state.page_len.load(Ordering::SeqCst)),
        ("HEAD", "") => Reply::new(200).header("x-amz-bucket-region", "us-east-1"),
        ("GET" | "HEAD", key) => match objects.get(key) {
            Some(object) => read(object, seen),
            None => Reply::error(404, "NoSuchKey"),
        },
        ("PUT", key) => {
            if seen.header("if-none-match").is_some() && objects.contains_key(key) {
                return Reply::error(412, "PreconditionFailed");
            }
            if let Some(wanted) = seen.header("if-match") {
                match objects.get(key) {
                    None => return Reply::error(404, "NoSuchKey"),
                    Some(object) if etag(&object.bytes) != wanted => return Reply::error(412, "PreconditionFailed"),
                    Some(_) => {}
                }
            }
            objects.insert(key.to_owned(), Object { bytes: seen.body.clone(), modified: WRITTEN });
            Reply::new(200).header("etag", &etag(&seen.body))
        }
        ("DELETE", key) => {
            objects.remove(key);
            Reply::new(204)
        }
        ("POST", "") => delete_many(&mut objects, seen),
        _ => Reply::error(501, "NotImplemented"),
    }
}

fn read(object: &Object, seen: &Seen) -> Reply {
    let bytes = &object.bytes;
    let etag = etag(bytes);
    if seen.header("if-match").is_some_and(|wanted| wanted != etag) {
        return Reply::error(412, "PreconditionFailed");
    }
    let modified = time::of_header(object.modified);
    let reply = |status| Reply::new(status).header("etag", &etag).header("last-modified", &modified);
    let range = seen.header("range").and_then(|range| range.strip_prefix("bytes=")?.split_once('-'));
    let Some((start, end)) = range else {
        return reply(200).body(bytes.as_slice());
    };
    let start: usize = must(start.parse(), &"the start of a range");
    let end = end.parse::<usize>().map_or(bytes.len(), |end| (end + 1).min(bytes.len()));
    let Some(part) = bytes.get(start..end).filter(|part| !part.is_empty()) else {
        return Reply::error(416, "InvalidRange").header("content-range", &format!("bytes */{}", bytes.len()));
    };
    reply(206).header("content-range", &format!("bytes {start}-{}/{}", end - 1, bytes.len())).body(part)
}

fn delete_many(objects: &mut BTreeMap<String, Object>, seen: &Seen) -> Reply {
    let body = String::from_utf8_lossy(&seen.body);
    let mut xml = "<DeleteResult>".to_owned();
    for key in body.split("<Key>").skip(1).filter_map(|rest| rest.split_once("</Key>")).map(|(key, _)| key) {
        objects.remove(key);
        must(write!(xml, "<Deleted><Key>{key}</Key></Deleted>"), &"a text in memory");
    }
    xml.push_str("</DeleteResult>");
    Reply::ok(xml)
}

#[cfg(test)]
mod tests;
