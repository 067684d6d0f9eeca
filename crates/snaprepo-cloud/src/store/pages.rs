//! One listing of a bucket, page by page. While a page is looked at, the next one is on its way.
//!
//! A listing that ends early is an error: a document that is cut off, a page that says "there is more" without saying
//! where, a page that comes twice. So is one that never ends, because its pages lead to each other.

use chrono::DateTime;
use http::Method;
use snaprepo_store::RemoteErrorKind;
use tokio::task::JoinHandle;

use super::xml::{self, Document, Record, Wanted};
use crate::{
    location::Provider,
    waiting::Kind,
    wire::{Ask, Client, Refusal, Transient, Tries},
};

/// Most bytes of a page. A thousand keys of a kilobyte each, all percent-encoded, with everything around them, are six
/// megabytes.
const MAX_PAGE_LEN: usize = 16 << 20;

/// A key with what a listing tells of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Object {
    pub(crate) key: String,
    pub(crate) len_bytes: u64,
    pub(crate) modified_millis: Option<i64>,
    /// The storage class or tier, if the listing has it.
    pub(crate) class: Option<String>,
}

/// A page.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Page {
    pub(crate) objects: Vec<Object>,
    /// What a listing with a delimiter sums up; each ends in a slash.
    pub(crate) folders: Vec<String>,
}

/// Whether what lies deeper is summed up.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Depth {
    /// To one entry a folder.
    Folder,
    /// Not at all.
    All,
}

/// Which keys of a listing are wanted.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Range {
    /// Those behind this one.
    pub(crate) start: String,
    /// Those up to this one, which is the last.
    pub(crate) end: Option<String>,
}

/// A listing under way.
pub(crate) struct Pages {
    client: Client,
    dialect: Dialect,
    query: Vec<(&'static str, String)>,
    /// Only of listings of a range: whether the store keeps to it is looked at, and whether it sorts its keys.
    range: Option<Range>,
    state: State,
    circle: Circle,
    /// What the page before had in it.
    last: Page,
}

/// Finds out whether tokens go round, with one of them kept: the one kept is renewed after twice as many as the last
/// time, so that sooner or later a whole round fits in between.
#[derive(Debug, Default)]
struct Circle {
    kept: Option<String>,
    left: u64,
    power: u32,
}

enum State {
    /// Where to go on; `None` at the start.
    At(Option<String>),
    /// On its way.
    Coming(JoinHandle<Result<Fetched, Refusal>>),
    Done,
}

struct Fetched {
    page: Page,
    next: Option<String>,
}

/// What the two families of listings call the same things.
#[derive(Debug, Clone, Copy)]
struct Dialect {
    root: &'static str,
    token: &'static str,
    wanted: &'static Wanted,
}

const S3: Dialect = Dialect {
    root: "ListBucketResult",
    token: "continuation-token",
    wanted: &Wanted {
        records: &["Contents", "CommonPrefixes"],
        fields: &[
            "Key",
            "Size",
            "LastModified",
            "StorageClass",
            "Prefix",
            "IsTruncated",
            "NextContinuationToken",
            "EncodingType",
        ],
    },
};

const AZURE: Dialect = Dialect {
    root: "EnumerationResults",
    token: "marker",
    wanted: &Wanted {
        records: &["Blob", "BlobPrefix"],
        fields: &[
            "Name",
            "Content-Length",
            "Last-Modified",
            "AccessTier",
            "ArchiveStatus",
            "ResourceType",
            "NextMarker",
        ],
    },
};

impl Pages {
    /// Lists the keys that begin with `prefix`.
    pub(crate) fn new(client: &Client, prefix: &str, depth: Depth) -> Self {
        let azure = client.service().provider == Provider::Azure;
        let mut query = if azure {
            vec![("restype", "container".to_owned()), ("comp", "list".to_owned())]
        } else {
            // Without it, keys with characters that no XML can hold would break the page.
            vec![("list-type", "2".to_owned()), ("encoding-type", "url".to_owned())]
        };
        if !prefix.is_empty() {
            query.push(("prefix", prefix.to_owned()));
        }
        if depth == Depth::Folder {
            query.push(("delimiter", "/".to_owned()));
        }
        let dialect = if azure { AZURE } else { S3 };
        Self {
            client: client.clone(),
            dialect,
            query,
            range: None,
            state: State::At(None),
            circle: Circle::default(),
            last: Page::default(),
        }
    }

    /// Lists the keys of a range of those that begin with `prefix`. Not on Azure.
    pub(crate) fn ranged(client: &Client, prefix: &str, range: Range) -> Self {
        let mut pages = Self::new(client, prefix, Depth::All);
        pages.start_behind(&range.start);
        pages.range = Some(range);
        pages
    }

    /// Leaves out what comes before a key, as far as the store does that.
    pub(crate) fn start_behind(&mut self, key: &str) {
        self.query.push(("start-after", key.to_owned()));
    }

    /// Ends the listing with a key, which is not before any that was shown.
    pub(crate) fn end_at(&mut self, key: &str) {
        let start = self.last.objects.last().map(|object| object.key.clone()).unwrap_or_default();
        self.range = Some(Range { start, end: Some(key.to_owned()) });
    }

    /// Whether the store begins a listing behind a key when it is asked to.
    pub(crate) async fn begin_behind(client: &Client, prefix: &str, key: &str) -> Result<bool, Refusal> {
        let mut pages = Self::new(client, prefix, Depth::All);
        pages.start_behind(key);
        let page = pages.next().await?.unwrap_or_default();
        Ok(page.objects.iter().all(|object| *object.key > *key))
    }

    /// The next page; `None` behind the last one.
    pub(crate) async fn next(&mut self) -> Result<Option<Page>, Refusal> {
        let mut fetched = match std::mem::replace(&mut self.state, State::Done) {
            State::Done => return Ok(None),
            State::At(token) => self.fetch(token.as_deref()).await?,
            State::Coming(task) => match task.await {
                Ok(fetched) => fetched?,
                Err(_) => return Err(broken("its page was given up", Transient::Never)),
            },
        };
        // Whatever stands in place of the page that should have come is missed otherwise.
        let is_empty = fetched.page.objects.is_empty() && fetched.page.folders.is_empty();
        if !is_empty && fetched.page == self.last {
            return Err(broken("a page came twice", Transient::Never));
        }
        if let Some(range) = &mut self.range {
            range.keep_to(&mut fetched)?;
        }
        if let Some(token) = fetched.next {
            if self.circle.closes(&token) {
                return Err(broken("its pages lead to each other", Transient::Never));
            }
            self.last.clone_from(&fetched.page);
            let (client, dialect) = (self.client.clone(), self.dialect);
            let query = self.query.clone();
            let task = tokio::spawn(async move { fetch(&client, dialect, query, Some(&token)).await });
            self.state = State::Coming(task);
        }
        Ok(Some(fetched.page))
    }

    /// Whether there is another page behind the last one.
    pub(crate) fn has_more(&self) -> bool {
        !matches!(self.state, State::Done)
    }

    async fn fetch(&self, token: Option<&str>) -> Result<Fetched, Refusal> {
        fetch(&self.client, self.dialect, self.query.clone(), token).await
    }
}

impl Range {
    /// Leaves out what lies behind the end, and goes on behind what is shown. A store that shows anything else than the
    /// keys of the range in their order would have its keys counted twice, or not at all.
    fn keep_to(&mut self, fetched: &mut Fetched) -> Result<(), Refusal> {
        let Some(last) = fetched.page.objects.last().map(|object| object.key.clone()) else { return Ok(()) };
        let mut before = &self.start;
        // Where the store has put something in place of a part of a key, the order is that of another key.
        for object in fetched.page.objects.iter().filter(|object| !object.key.contains(char::REPLACEMENT_CHARACTER)) {
            if object.key <= *before {
                return Err(broken("keys are not in their order", Transient::Never));
            }
            before = &object.key;
        }
        if let Some(end) = &self.end
            && last >= *end
        {
            fetched.page.objects.retain(|object| object.key <= *end);
            fetched.next = None;
        }
        self.start = last;
        Ok(())
    }
}

impl Circle {
    /// Takes the next token. `true` when it came before; a circle is noticed within three rounds at most.
    fn closes(&mut self, token: &str) -> bool {
        if self.kept.as_deref() == Some(token) {
            return true;
        }
        if self.left == 0 {
            self.kept = Some(token.to_owned());
            self.left = 1 << self.power.min(62);
            self.power += 1;
        }
        self.left -= 1;
        false
    }
}

impl Drop for Pages {
    /// Nobody looks at the page that is on its way.
    fn drop(&mut self) {
        if let State::Coming(task) = &self.state {
            task.abort();
        }
    }
}

async fn fetch(
    client: &Client,
    dialect: Dialect,
    mut query: Vec<(&'static str, String)>,
    token: Option<&str>,
) -> Result<Fetched, Refusal> {
    if let Some(token) = token {
        query.push((dialect.token, token.to_owned()));
    }
    let document = document(client, query, &[dialect.root], dialect.wanted).await?;
    fetched(document)
}

/// Asks the bucket for a document with one of these outermost elements; again when it does not arrive whole.
pub(crate) async fn document(
    client: &Client,
    query: Vec<(&'static str, String)>,
    roots: &[&str],
    wanted: &Wanted,
) -> Result<Document, Refusal> {
    document_of(client, &Ask::container(Kind::List, Method::GET, query), roots, wanted).await
}

/// As [`document`], for any request that is answered by one.
pub(crate) async fn document_of(
    client: &Client,
    ask: &Ask,
    roots: &[&str],
    wanted: &Wanted,
) -> Result<Document, Refusal> {
    let mut tries = Tries::default();
    loop {
        let (answer, body) = client.whole(ask, MAX_PAGE_LEN).await?;
        if answer.is_html() {
            return Err(Refusal::never(RemoteErrorKind::NotAStore { what: "a web page".to_owned() }));
        }
        let refusal = match xml::parse(&body, wanted) {
            Ok(document) if roots.contains(&document.root.as_str()) => return Ok(document),
            // Some services fail under way, after they have said that all is well.
            Ok(document) if document.root == "Error" => broken("the store failed under way", Transient::Again),
            Ok(document) => {
                let what = format!("a document of the kind {:?}", document.root.chars().take(40).collect::<String>());
                return Err(Refusal::never(RemoteErrorKind::NotAStore { what }));
            }
            Err(reason) => broken(&reason, Transient::Again),
        };
        drop(answer);
        tries.again(client, refusal).await?;
    }
}

fn fetched(mut document: Document) -> Result<Fetched, Refusal> {
    let url_encoded = document.fields.get("EncodingType").is_some_and(|kind| kind == "url");
    let mut page = Page::default();
    for record in &mut document.records {
        // Accounts of Azure with real folders list those among the blobs.
        if record.fields.get("ResourceType").is_some_and(|kind| kind == "directory") {
            continue;
        }
        match record.name {
            "Contents" | "Blob" => page.objects.push(object(record, url_encoded)?),
            _ => page.folders.push(key(record, url_encoded)?),
        }
    }
    let next = document.fields.take("NextContinuationToken").or_else(|| document.fields.take("NextMarker"));
    let next = next.filter(|token| !token.is_empty());
    let truncated = document.fields.get("IsTruncated").map(|text| text == "true");
    match (truncated, next) {
        (Some(true), None) => Err(broken("it says that there is more, and not where", Transient::Never)),
        (Some(false), _) => Ok(Fetched { page, next: None }),
        (_, next) => Ok(Fetched { page, next }),
    }
}

fn object(record: &mut Record, url_encoded: bool) -> Result<Object, Refusal> {
    let key = key(record, url_encoded)?;
    let fields = &mut record.fields;
    let len = fields.get("Size").or_else(|| fields.get("Content-Length")).and_then(|len| len.trim().parse().ok());
    let len_bytes = len.ok_or_else(|| broken("an entry has no length", Transient::Never))?;
    let modified = fields.get("LastModified").or_else(|| fields.get("Last-Modified"));
    let modified_millis = modified.and_then(millis);
    let archived = fields.take("ArchiveStatus").filter(|status| !status.is_empty());
    let class = archived.or_else(|| fields.take("StorageClass")).or_else(|| fields.take("AccessTier"));
    Ok(Object { key, len_bytes, modified_millis, class: class.filter(|class| !class.is_empty()) })
}

fn key(record: &mut Record, url_encoded: bool) -> Result<String, Refusal> {
    let fields = &mut record.fields;
    let name = fields.take("Key").or_else(|| fields.take("Name")).or_else(|| fields.take("Prefix"));
    let name = name.ok_or_else(|| broken("an entry has no name", Transient::Never))?;
    if !url_encoded {
        return Ok(name);
    }
    // A plus is a space here; a plus itself comes as %2B.
    xml::decoded(&name.replace('+', " ")).map_err(|reason| broken(&reason, Transient::Never))
}

/// Milliseconds since 1970, of both ways to write an instant.
pub(crate) fn millis(text: &str) -> Option<i64> {
    let instant = DateTime::parse_from_rfc3339(text).or_else(|_| DateTime::parse_from_rfc2822(text));
    instant.ok().map(|instant| instant.timestamp_millis())
}

pub(crate) fn broken(reason: &str, transient: Transient) -> Refusal {
    Refusal::transient(RemoteErrorKind::BrokenListing { reason: reason.to_owned() }, transient)
}

#[cfg(test)]
mod tests;
