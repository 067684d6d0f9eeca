//! What the doctor asks that no other caller does.

use http::Method;
use snaprepo_codec::BlobPath;
use snaprepo_store::{RemoteErrorKind, StoreError, StoreErrorKind};

use super::{Check, CheckKind, Verdict};
use crate::{
    location::Provider,
    store::{
        CloudStore, below,
        pages::{Depth, Pages},
        path_below, prefix,
        reader::Reader,
    },
    waiting::Kind,
    wire::{Ask, Span},
};

/// The first page of a listing.
pub(super) struct Seen {
    /// Blobs and folders on it.
    pub(super) n_entries: usize,
    /// Whether there is no other page.
    pub(super) is_all: bool,
    /// A blob that can be read; the smallest of the page.
    pub(super) blob: Option<BlobPath>,
}

/// Lists the first page of a folder.
pub(super) fn first_page(store: &CloudStore, folder: &BlobPath) -> Result<Seen, StoreError> {
    let prefix = prefix(folder);
    store.wait(folder, async {
        let mut pages = Pages::new(store.client(), &prefix, Depth::Folder);
        let page = pages.next().await?.unwrap_or_default();
        let mut readable: Vec<(u64, BlobPath)> = Vec::new();
        for object in page.objects.iter().filter(|object| object.len_bytes > 0) {
            if let Some(path) = path_below(below(&object.key, &prefix)?) {
                readable.push((object.len_bytes, folder.append(&path)));
            }
        }
        let blob = readable.into_iter().min().map(|(_, path)| path);
        Ok(Seen { n_entries: page.objects.len() + page.folders.len(), is_all: !pages.has_more(), blob })
    })
}

/// Whether the store answers with the whole blob when it is asked for a part. Errors are for the other checks.
pub(super) fn ignores_ranges(store: &CloudStore, path: &BlobPath) -> bool {
    let span = Span { start: 0, end: Some(1) };
    let asked = store.wait(path, async {
        let reader = Reader::open(store.client(), path.as_str(), span).await?;
        Ok(reader.ignores_spans())
    });
    asked.unwrap_or(false)
}

/// When a listing failed in a way that the wrong style of names would explain, tries the other one.
pub(super) fn other_style(store: &CloudStore, base: &BlobPath, error: &StoreError) -> Option<String> {
    let explains = matches!(
        &error.kind,
        StoreErrorKind::NotFound
            | StoreErrorKind::Denied
            | StoreErrorKind::Remote(
                RemoteErrorKind::NoContainer
                    | RemoteErrorKind::ListingDenied
                    | RemoteErrorKind::NotAStore { .. }
                    | RemoteErrorKind::Unreachable { .. }
                    | RemoteErrorKind::Refused { .. }
                    | RemoteErrorKind::Tls { .. }
            )
    );
    let service = store.client().service();
    if store.provider() != Provider::S3 || !explains {
        return None;
    }
    let style = !service.site.path_style;
    let other = store.client().with_path_style(style);
    let works = store.wait(base, async {
        Pages::new(&other, &prefix(base), Depth::Folder).next().await?;
        Ok(())
    });
    works.is_ok().then(|| format!("set path-style={style}: that way the bucket can be listed"))
}

/// The region of the bucket, as the service tells it to anybody.
pub(super) fn region(store: &CloudStore) -> Option<Check> {
    if store.provider() != Provider::S3 {
        return None;
    }
    let service = store.client().service();
    let ours = service.region();
    let ask = Ask::container(Kind::Other, Method::HEAD, Vec::new());
    let told = store.wait(&BlobPath::root(), async {
        let answer = store.client().ask(&ask).await?;
        Ok(answer.text("x-amz-bucket-region").map(str::to_owned))
    });
    Some(match told {
        Ok(Some(theirs)) if theirs != ours => {
            let found = format!("requests are signed for {ours}, the bucket is in {theirs}");
            Check::new(CheckKind::Region, Verdict::Bad, found).with_next(format!("set region={theirs}"))
        }
        Ok(Some(theirs)) => Check::new(CheckKind::Region, Verdict::Good, theirs),
        Ok(None) => Check::new(CheckKind::Region, Verdict::Good, format!("{ours}; the store does not tell its own")),
        Err(error) => Check::failed(CheckKind::Region, &error),
    })
}
