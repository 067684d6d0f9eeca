//! What goes wrong, with which requests, and what has to be said about it.

use snaprepo_testkit::server::{Reply, Seen};

/// What of a repository a request is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) enum Part {
    /// A page of a listing.
    Listing,
    /// `index-N` at the root.
    Root,
    /// `snap-*.dat` and `snapshot-*` at the root.
    SnapshotInfo,
    /// Other blobs at the root.
    Top,
    /// Metadata of indices.
    IndexMetadata,
    /// Metadata of shards.
    ShardMetadata,
    /// OpenSearch's notes about hashed shard folders.
    ShardPaths,
    /// Pieces of files.
    Data,
}

pub(crate) fn part_of(seen: &Seen, base: &str) -> Part {
    let key = seen.path.trim_start_matches("/bucket").trim_start_matches('/');
    if key.is_empty() {
        return Part::Listing;
    }
    let name = key.rsplit('/').next().unwrap_or_default();
    let below = if base.is_empty() { Some(key) } else { key.strip_prefix(base).map(|key| key.trim_start_matches('/')) };
    let components: Vec<&str> = key.split('/').collect();
    let is_shard = |folder: Option<&&str>| folder.is_some_and(|folder| folder.parse::<u32>().is_ok());
    match below {
        Some(below) if !below.contains('/') && name.starts_with("index-") => Part::Root,
        Some(below) if !below.contains('/') && name.starts_with("snap") => Part::SnapshotInfo,
        Some(below) if !below.contains('/') => Part::Top,
        Some(below) if below.starts_with("snapshot_shard_paths/") => Part::ShardPaths,
        _ if name.starts_with("__") => Part::Data,
        _ if is_shard(components.iter().rev().nth(1)) => Part::ShardMetadata,
        _ => Part::IndexMetadata,
    }
}

/// What goes wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Trouble {
    Throttled,
    Failing,
    BadGateway,
    HungUp,
    Cut,
    LongerThanAnnounced,
    Still,
    Denied,
    Expired,
    ElsewhereInRegion,
    RequesterPays,
    ClockSkew,
    Archived,
    Html,
    NoBucket,
    Absent,
    /// A page of a listing says that there is more, and not where.
    NoToken,
    /// A page leads to itself.
    ToItself,
    /// Pages lead to each other.
    InACircle,
    /// A page ends in the middle of its document.
    CutDocument,
    /// The listing fails under way, and says so behind a good status.
    ErrorDocument,
}

impl Trouble {
    pub(crate) fn reply(self, seen: &Seen, right: &Reply) -> Option<Reply> {
        let body = right.bytes();
        let text = || String::from_utf8(body.to_vec()).unwrap();
        Some(match self {
            Self::Throttled => Reply::error(503, "SlowDown"),
            Self::Failing => Reply::error(500, "InternalError"),
            Self::BadGateway => Reply::new(502).header("content-type", "text/html").body("<html>bad gateway</html>"),
            Self::HungUp => Reply::hang_up(),
            Self::Cut => right.clone().cut_at(body.len() / 2),
            Self::LongerThanAnnounced if seen.method == "HEAD" => return None,
            Self::LongerThanAnnounced => right.clone().header("content-length", &(body.len() + 7).to_string()),
            Self::Still => right.clone().still_at(body.len() / 2),
            Self::Denied => Reply::error(403, "AccessDenied"),
            Self::Expired => Reply::error(400, "ExpiredToken"),
            Self::ElsewhereInRegion => {
                Reply::error(301, "PermanentRedirect").header("x-amz-bucket-region", "eu-central-1")
            }
            Self::RequesterPays => Reply::new(403)
                .header("content-type", "application/xml")
                .body("<Error><Code>AccessDenied</Code><Message>Bucket is a Requester Pays bucket</Message></Error>"),
            Self::ClockSkew => Reply::error(403, "RequestTimeTooSkewed"),
            Self::Archived => Reply::error(403, "InvalidObjectState"),
            Self::Html => Reply::ok("<!DOCTYPE html><title>Sign in</title>").header("content-type", "text/html"),
            Self::NoBucket => Reply::error(404, "NoSuchBucket"),
            Self::Absent => Reply::error(404, "NoSuchKey"),
            Self::CutDocument => right.clone().body(&body[..body.len() / 2]),
            Self::ErrorDocument => Reply::ok("<?xml version=\"1.0\"?><Error><Code>InternalError</Code></Error>"),
            Self::NoToken => {
                let (before, rest) =
                    text().split_once("<NextContinuationToken>").map(|(a, b)| (a.to_owned(), b.to_owned()))?;
                right.clone().body(before + rest.split_once("</NextContinuationToken>")?.1)
            }
            Self::ToItself => led_to(right, seen.query("continuation-token")?),
            Self::InACircle => led_to(right, if seen.query("continuation-token")? == "one" { "two" } else { "one" }),
        })
    }

    /// What the program has to say about it.
    pub(crate) fn words(self) -> &'static [&'static str] {
        const TOO_OFTEN: &str = "the store fails too often";
        match self {
            Self::Throttled => &["the store asks to slow down", TOO_OFTEN],
            Self::Failing => &["the last time with 500", TOO_OFTEN],
            Self::BadGateway => &["the last time with 502", TOO_OFTEN],
            Self::HungUp | Self::Cut | Self::LongerThanAnnounced => &["the answer of the store broke off", TOO_OFTEN],
            Self::Still => &["the store did not answer for", TOO_OFTEN],
            Self::Denied => &["permission denied"],
            Self::Expired => &["the credentials have expired"],
            Self::ElsewhereInRegion => &["the bucket is not in region"],
            Self::RequesterPays => &["the bucket wants its requests paid"],
            Self::ClockSkew => &["the clock of this machine"],
            Self::Archived => &["is archived (class InvalidObjectState)"],
            Self::Html => &["what answers there is no object store: it sent a web page"],
            Self::NoBucket => &["the bucket or container does not exist"],
            Self::Absent => &["does not exist"],
            Self::NoToken | Self::ToItself | Self::InACircle | Self::CutDocument => &["the listing is not complete"],
            Self::ErrorDocument => &["the listing is not complete", TOO_OFTEN],
        }
    }
}

/// The page with another token; it may have been the last one.
fn led_to(right: &Reply, token: &str) -> Reply {
    let text = String::from_utf8(right.bytes().to_vec()).unwrap();
    let tag = format!("<NextContinuationToken>{token}</NextContinuationToken>");
    right.clone().body(match text.split_once("<NextContinuationToken>") {
        Some((before, rest)) => format!("{before}{tag}{}", rest.split_once("</NextContinuationToken>").unwrap().1),
        None => text.replace("<IsTruncated>false", &format!("{tag}<IsTruncated>true")),
    })
}
