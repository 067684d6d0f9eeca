//! Many deletes at once, by object_store: a thousand keys a request on S3, 256 on Azure. What such a request leaves
//! undone is deleted one by one, so that each failure has its own reason.

use std::{collections::BTreeSet, sync::Arc};

use futures_util::{StreamExt as _, stream};
use object_store::{
    ObjectStore, RetryConfig,
    aws::{AmazonS3Builder, AwsCredentialProvider},
    azure::MicrosoftAzureBuilder,
    path::Path,
};
use snaprepo_codec::BlobPath;
use snaprepo_store::{StoreError, StoreErrorKind};

use super::{CloudStore, at, write};
use crate::{
    credentials::AwsKeys,
    location::Provider,
    waiting::{Kind, delay},
    wire::Auth,
};

/// Keys that are handed to object_store in one go. It cuts them into requests.
const KEYS_AT_ONCE: usize = 1000;
/// Single deletes under way at once.
const DELETES_AT_ONCE: usize = 16;

impl CloudStore {
    /// Deletes many blobs, in as few requests as the service allows.
    pub(super) fn delete_in_bulks(&self, paths: &[BlobPath]) -> Vec<StoreError> {
        if self.provider() == Provider::Web {
            return paths.iter().map(|path| StoreError::new(path, StoreErrorKind::Denied)).collect();
        }
        let mut failures = Vec::new();
        for paths in paths.chunks(KEYS_AT_ONCE) {
            failures.extend(self.block(self.delete_some(paths)));
        }
        failures
    }

    async fn delete_some(&self, paths: &[BlobPath]) -> Vec<StoreError> {
        let deleted = match self.bulk_store() {
            Some(bulk) if paths.len() > 1 => self.delete_at_once(bulk.as_ref(), paths).await,
            _ => BTreeSet::new(),
        };
        // The root is no blob.
        let left = paths.iter().filter(|path| !path.is_root() && !deleted.contains(path.as_str()));
        let deletes = left.map(|path| async move {
            match write::delete(self.client(), path.as_str()).await {
                Err(refusal) if !matches!(refusal.kind, StoreErrorKind::NotFound) => Some(at(path, refusal)),
                _ => None,
            }
        });
        stream::iter(deletes).buffered(DELETES_AT_ONCE).filter_map(std::future::ready).collect().await
    }

    /// The keys that were deleted for certain. A request that deletes nothing at all is made once more a little later:
    /// one that is told to slow down must not become a thousand.
    async fn delete_at_once(&self, bulk: &dyn ObjectStore, paths: &[BlobPath]) -> BTreeSet<String> {
        let waiting = self.client().waiting();
        let once = async || {
            let _slot = waiting.width.slot().await;
            waiting.requests.take(1).await;
            delete_in_bulk(bulk, paths).await
        };
        let deleted = once().await;
        if !deleted.is_empty() || !waiting.budget.take(waiting.traffic.counts().requests()) {
            return deleted;
        }
        waiting.traffic.retried();
        tokio::time::sleep(delay(1, None, fastrand::f64())).await;
        once().await
    }

    /// This store as object_store sees it; `None` where it has no request for many deletes, or cannot be set up: then
    /// blobs are deleted one by one.
    fn bulk_store(&self) -> Option<Arc<dyn ObjectStore>> {
        let service = self.client().service();
        let connector = self.shared().connector.for_kind(Kind::Delete);
        // What fails is deleted one by one, and that is made again where it makes sense.
        let retry = RetryConfig { max_retries: 0, ..RetryConfig::default() };
        match &service.auth {
            Auth::Aws { keys, pays } => {
                let keys: AwsCredentialProvider = Arc::<AwsKeys>::clone(keys);
                let builder = AmazonS3Builder::new()
                    .with_bucket_name(&service.container)
                    .with_region(service.region())
                    // Said to be of host style, the endpoint is taken as it is.
                    .with_virtual_hosted_style_request(true)
                    .with_endpoint(service.container_url())
                    .with_credentials(keys)
                    .with_request_payer(*pays)
                    .with_http_connector(connector)
                    .with_retry(retry);
                Some(Arc::new(builder.build().ok()?))
            }
            Auth::Azure(keys) => {
                let url = service.container_url();
                let (endpoint, _) = url.rsplit_once('/')?;
                let builder = MicrosoftAzureBuilder::new()
                    .with_account(&service.site.account)
                    .with_container_name(&service.container)
                    .with_endpoint(endpoint.to_owned())
                    .with_credentials(Arc::clone(keys))
                    .with_http_connector(connector)
                    .with_retry(retry);
                Some(Arc::new(builder.build().ok()?))
            }
            Auth::Anonymous | Auth::Header(_) | Auth::Gcs { .. } => None,
        }
    }
}

/// The keys that were deleted for certain.
async fn delete_in_bulk(bulk: &dyn ObjectStore, paths: &[BlobPath]) -> BTreeSet<String> {
    // Keys that object_store does not take are left to be deleted one by one.
    let blobs = paths.iter().filter(|path| !path.is_root());
    let keys: Vec<_> = blobs.filter_map(|path| Path::parse(path.as_str()).ok()).map(Ok).collect();
    let results = bulk.delete_stream(stream::iter(keys).boxed()).collect::<Vec<_>>().await;
    results.into_iter().flatten().map(String::from).collect()
}
