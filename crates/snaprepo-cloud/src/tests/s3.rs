//! A small S3 in memory: one bucket, reads, ranges, conditions, listings in pages. What a test wants to go wrong comes
//! from a function that may answer first.

use std::{
    collections::BTreeMap,
    fmt::Write as _,
    sync::{Arc, Mutex},
};

use super::server::{Reply, Seen, Server};

/// Keys of a page: small, so that tests have several.
const PAGE_LEN: usize = 3;

/// The bucket, called `bucket`.
pub(crate) struct Bucket {
    pub(crate) server: Server,
    objects: Arc<Mutex<BTreeMap<String, Vec<u8>>>>,
}

impl Bucket {
    /// A bucket that does everything right.
    pub(crate) fn start() -> Self {
        Self::start_with(|_, _| None)
    }

    /// A bucket whose answers `fault` may replace; it is told the right answer too.
    pub(crate) fn start_with(fault: impl Fn(&Seen, &Reply) -> Option<Reply> + Send + Sync + 'static) -> Self {
        let objects = Arc::new(Mutex::new(BTreeMap::new()));
        let shared = Arc::clone(&objects);
        let server = Server::start(move |seen| {
            let right = answer(&mut shared.lock().unwrap(), seen);
            fault(seen, &right).unwrap_or(right)
        });
        Self { server, objects }
    }

    pub(crate) fn put(&self, key: &str, bytes: impl Into<Vec<u8>>) {
        self.objects.lock().unwrap().insert(key.to_owned(), bytes.into());
    }

    pub(crate) fn get(&self, key: &str) -> Option<Vec<u8>> {
        self.objects.lock().unwrap().get(key).cloned()
    }

    /// The location of the bucket, with more settings as `&name=value`.
    pub(crate) fn location(&self, base: &str, settings: &str) -> String {
        format!("s3://bucket{base}?endpoint={}{settings}", self.server.url())
    }
}

/// An ETag that changes with the bytes.
pub(crate) fn etag(bytes: &[u8]) -> String {
    let sum = bytes
        .iter()
        .fold(0xcbf2_9ce4_8422_2325_u64, |sum, byte| (sum ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3));
    format!("\"{sum:016x}\"")
}

fn answer(objects: &mut BTreeMap<String, Vec<u8>>, seen: &Seen) -> Reply {
    let Some(rest) = seen.path.strip_prefix("/bucket") else { return Reply::error(404, "NoSuchBucket") };
    let key = rest.trim_start_matches('/');
    match (seen.method.as_str(), key) {
        ("GET", "") => list(objects, seen),
        ("HEAD", "") => Reply::new(200).header("x-amz-bucket-region", "us-east-1"),
        ("GET" | "HEAD", key) => match objects.get(key) {
            Some(bytes) => read(bytes, seen),
            None => Reply::error(404, "NoSuchKey"),
        },
        ("PUT", key) => {
            if seen.header("if-none-match").is_some() && objects.contains_key(key) {
                return Reply::error(412, "PreconditionFailed");
            }
            objects.insert(key.to_owned(), seen.body.clone());
            Reply::new(200).header("etag", &etag(&seen.body))
        }
        ("DELETE", key) => {
            objects.remove(key);
            Reply::new(204)
        }
        ("POST", "") => delete_many(objects, seen),
        _ => Reply::error(501, "NotImplemented"),
    }
}

fn read(bytes: &[u8], seen: &Seen) -> Reply {
    let etag = etag(bytes);
    if seen.header("if-match").is_some_and(|wanted| wanted != etag) {
        return Reply::error(412, "PreconditionFailed");
    }
    let reply =
        |status| Reply::new(status).header("etag", &etag).header("last-modified", "Sat, 21 Nov 2026 10:00:00 GMT");
    let Some(range) = seen.header("range").and_then(|range| range.strip_prefix("bytes=")) else {
        return reply(200).body(bytes);
    };
    let (start, end) = range.split_once('-').unwrap();
    let start: usize = start.parse().unwrap();
    let end = end.parse::<usize>().map_or(bytes.len(), |end| (end + 1).min(bytes.len()));
    if start >= bytes.len() {
        return Reply::error(416, "InvalidRange").header("content-range", &format!("bytes */{}", bytes.len()));
    }
    let range = format!("bytes {start}-{}/{}", end - 1, bytes.len());
    reply(206).header("content-range", &range).body(&bytes[start..end])
}

fn list(objects: &BTreeMap<String, Vec<u8>>, seen: &Seen) -> Reply {
    let (prefix, from) = (seen.query("prefix").unwrap_or(""), seen.query("continuation-token").unwrap_or(""));
    let encode =
        |text: &str| percent_encoding::utf8_percent_encode(text, percent_encoding::NON_ALPHANUMERIC).to_string();
    let mut entries = BTreeMap::new();
    for (key, bytes) in objects.iter().filter(|(key, _)| key.starts_with(prefix)) {
        let folder = seen.query("delimiter").and_then(|_| key[prefix.len()..].find('/'));
        match folder {
            Some(end) => entries.insert(key[..=prefix.len() + end].to_owned(), None),
            None => entries.insert(key.clone(), Some(bytes.len())),
        };
    }
    let mut xml = "<?xml version=\"1.0\"?><ListBucketResult><EncodingType>url</EncodingType>".to_owned();
    let mut page = entries.iter().filter(|(key, _)| key.as_str() > from);
    let mut last = None;
    for (key, len) in page.by_ref().take(PAGE_LEN) {
        last = Some(key);
        let key = encode(key);
        match len {
            Some(len) => write!(
                xml,
                "<Contents><Key>{key}</Key><LastModified>2026-11-21T10:00:00.000Z</LastModified><ETag>&quot;x&quot;\
                 </ETag><Size>{len}</Size><StorageClass>STANDARD</StorageClass><Owner><ID>me</ID></Owner></Contents>"
            ),
            None => write!(xml, "<CommonPrefixes><Prefix>{key}</Prefix></CommonPrefixes>"),
        }
        .unwrap();
    }
    match page.next().and(last) {
        Some(last) => {
            write!(xml, "<IsTruncated>true</IsTruncated><NextContinuationToken>{last}</NextContinuationToken>")
                .unwrap();
        }
        None => xml.push_str("<IsTruncated>false</IsTruncated>"),
    }
    xml.push_str("</ListBucketResult>");
    Reply::ok(xml).header("content-type", "application/xml")
}

fn delete_many(objects: &mut BTreeMap<String, Vec<u8>>, seen: &Seen) -> Reply {
    let body = String::from_utf8(seen.body.clone()).unwrap();
    let mut xml = "<DeleteResult>".to_owned();
    for key in body.split("<Key>").skip(1).filter_map(|rest| rest.split_once("</Key>")).map(|(key, _)| key) {
        objects.remove(key);
        write!(xml, "<Deleted><Key>{key}</Key></Deleted>").unwrap();
    }
    xml.push_str("</DeleteResult>");
    Reply::ok(xml)
}
