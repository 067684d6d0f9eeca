//! How each protocol writes a request, and who signs it.

use std::{
    fmt,
    sync::{Arc, PoisonError, RwLock},
};

use http::{HeaderName, HeaderValue, header};
use object_store::{
    CredentialProvider as _,
    aws::AwsAuthorizer,
    azure::{AzureAuthorizer, AzureCredentialProvider},
    client::{HttpRequest, HttpRequestBody},
    gcp::GcpCredentialProvider,
};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use snaprepo_store::{RemoteErrorKind, StoreErrorKind};
use url::Url;

use super::{Ask, Refusal, deepest};
use crate::{credentials::AwsKeys, location::Provider};

/// What stands for itself in a key: anything else is written as `%XX`, so that signer, client and server agree.
const KEY: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~').remove(b'/');
/// The same for names and values of a query.
const QUERY: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');
/// The version of the protocol of Azure for requests that nobody signs; it knows all tiers, and conditions on puts.
const AZURE_VERSION: &str = "2023-11-03";

/// Where a bucket is.
#[derive(Debug)]
pub(crate) struct Site {
    /// As somebody set it, without a slash at its end; `None` is the cloud's own.
    pub(crate) endpoint: Option<Url>,
    /// Whether the bucket stands in the path (S3).
    pub(crate) path_style: bool,
    /// The account (Azure).
    pub(crate) account: String,
    /// For which region requests are signed (S3). Changed when the store says that it is another.
    pub(crate) region: RwLock<String>,
    /// Whether the store may say so: not when somebody set the region.
    pub(crate) may_follow: bool,
}

/// Who signs.
#[derive(Clone)]
pub(crate) enum Auth {
    /// Nobody.
    Anonymous,
    /// A header that is always the same (web servers).
    Header(HeaderValue),
    /// Version 4 signatures.
    Aws {
        /// The keys.
        keys: Arc<AwsKeys>,
        /// Whether we agree to pay.
        pays: bool,
    },
    /// Bearer tokens.
    Gcs {
        /// The tokens.
        tokens: GcpCredentialProvider,
        /// Where they come from, for errors: the word of the network alone would not say whom it asked.
        source: String,
        /// Who pays.
        project: Option<HeaderValue>,
    },
    /// A shared key, a signature in the query, or bearer tokens.
    Azure(AzureCredentialProvider),
}

/// One bucket, container or web server.
pub(crate) struct Service {
    pub(crate) provider: Provider,
    /// The bucket or container; the scheme and authority of a web server.
    pub(crate) container: String,
    pub(crate) site: Site,
    pub(crate) auth: Auth,
    /// What every write says: storage class, encryption.
    pub(crate) write_headers: Vec<(HeaderName, HeaderValue)>,
}

impl Service {
    /// The URL of the bucket, without a slash at its end.
    pub(crate) fn container_url(&self) -> String {
        let bucket = utf8_percent_encode(&self.container, QUERY);
        let own = self.site.endpoint.as_ref().map(|url| url.as_str().trim_end_matches('/'));
        match (self.provider, own) {
            (Provider::Web, _) => self.container.clone(),
            (Provider::Gcs, own) => format!("{}/{bucket}", own.unwrap_or("https://storage.googleapis.com")),
            (Provider::Azure, Some(own)) => format!("{own}/{bucket}"),
            (Provider::Azure, None) => format!("https://{}.blob.core.windows.net/{bucket}", self.site.account),
            (Provider::S3, Some(own)) if self.site.path_style => format!("{own}/{bucket}"),
            (Provider::S3, Some(own)) => match own.split_once("://") {
                Some((scheme, rest)) => format!("{scheme}://{bucket}.{rest}"),
                None => own.to_owned(),
            },
            (Provider::S3, None) => {
                let region = self.region();
                let domain = if region.starts_with("cn-") { "amazonaws.com.cn" } else { "amazonaws.com" };
                if self.site.path_style {
                    format!("https://s3.{region}.{domain}/{bucket}")
                } else {
                    format!("https://{bucket}.s3.{region}.{domain}")
                }
            }
        }
    }

    /// The same under names of another style (S3).
    pub(crate) fn with_path_style(&self, path_style: bool) -> Self {
        let Site { endpoint, account, may_follow, .. } = &self.site;
        let region = RwLock::new(self.region());
        let site =
            Site { endpoint: endpoint.clone(), account: account.clone(), may_follow: *may_follow, path_style, region };
        Self {
            provider: self.provider,
            container: self.container.clone(),
            site,
            auth: self.auth.clone(),
            write_headers: self.write_headers.clone(),
        }
    }

    /// For which region requests are signed; empty where that means nothing.
    pub(crate) fn region(&self) -> String {
        self.site.region.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Goes on in another region. `false` when that is the one we are in, or when we may not.
    pub(crate) fn follow(&self, region: &str) -> bool {
        let mut ours = self.site.region.write().unwrap_or_else(PoisonError::into_inner);
        if !self.site.may_follow || *ours == region {
            return false;
        }
        region.clone_into(&mut ours);
        true
    }

    /// Forgets credentials that the store calls expired. `false` when others could not be had.
    pub(crate) fn renew(&self) -> bool {
        match &self.auth {
            Auth::Aws { keys, .. } => keys.forget(),
            _ => false,
        }
    }

    /// The request as the protocol writes it, signed.
    pub(crate) async fn request(&self, ask: &Ask) -> Result<HttpRequest, Refusal> {
        let mut request = self.unsigned(ask)?;
        match &self.auth {
            Auth::Anonymous => {
                if self.provider == Provider::Azure {
                    request.headers_mut().insert("x-ms-version", HeaderValue::from_static(AZURE_VERSION));
                }
            }
            Auth::Header(value) => {
                request.headers_mut().insert(header::AUTHORIZATION, value.clone());
            }
            Auth::Aws { keys, pays } => {
                let key = keys.get_credential().await.map_err(|error| no_credentials(&error))?;
                let region = self.region();
                let authorizer = AwsAuthorizer::new(&key, "s3", &region).with_request_payer(*pays);
                authorizer.try_authorize(&mut request, None).map_err(|error| no_credentials(&error))?;
            }
            Auth::Gcs { tokens, source, project } => {
                let token = tokens.get_credential().await.map_err(|error| no_credentials_from(source, &error))?;
                let bearer = HeaderValue::try_from(format!("Bearer {}", token.bearer));
                let mut bearer = bearer.map_err(|_| bad_credentials("the token is no text of a header"))?;
                bearer.set_sensitive(true);
                request.headers_mut().insert(header::AUTHORIZATION, bearer);
                if let Some(project) = project {
                    request.headers_mut().insert("x-goog-user-project", project.clone());
                }
            }
            Auth::Azure(keys) => {
                let key = keys.get_credential().await.map_err(|error| no_credentials(&error))?;
                let authorizer = AzureAuthorizer::new(&key, &self.site.account);
                authorizer.try_authorize(&mut request).map_err(|error| no_credentials(&error))?;
            }
        }
        Ok(request)
    }

    fn unsigned(&self, ask: &Ask) -> Result<HttpRequest, Refusal> {
        let mut url = self.container_url();
        if let Some(key) = &ask.key {
            url.push('/');
            url.extend(utf8_percent_encode(key, KEY));
        }
        for (index, (name, value)) in ask.query.iter().enumerate() {
            url.push(if index == 0 { '?' } else { '&' });
            url.push_str(name);
            if !value.is_empty() {
                url.push('=');
                url.extend(utf8_percent_encode(value, QUERY));
            }
        }
        // Signer and client take the URL apart once more, and expect that this works.
        let unfit = || Refusal::never(RemoteErrorKind::Unreachable { reason: "the endpoint is no URL".to_owned() });
        Url::parse(&url).map_err(|_| unfit())?;
        let mut request = http::Request::builder().method(ask.method.clone()).uri(url);
        if !ask.body.is_empty() || ask.method == http::Method::PUT || ask.method == http::Method::POST {
            request = request.header(header::CONTENT_LENGTH, ask.body.len());
        }
        for (name, value) in &ask.headers {
            request = request.header(name, value);
        }
        request.body(HttpRequestBody::from(ask.body.clone())).map_err(|_| unfit())
    }
}

impl fmt::Debug for Service {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut shown = f.debug_struct("Service");
        shown.field("provider", &self.provider).field("container", &self.container).field("site", &self.site);
        shown.finish_non_exhaustive()
    }
}

/// What a provider of credentials could not do. Its text may quote answers of token services, which hold no secrets.
pub(crate) fn no_credentials(error: &object_store::Error) -> Refusal {
    Refusal::never(RemoteErrorKind::NoCredentials { reason: deepest(error) })
}

/// The same, with the source that was asked.
pub(crate) fn no_credentials_from(source: &str, error: &object_store::Error) -> Refusal {
    Refusal::never(RemoteErrorKind::NoCredentials { reason: format!("from {source}: {}", deepest(error)) })
}

fn bad_credentials(code: &str) -> Refusal {
    Refusal::never(StoreErrorKind::from(RemoteErrorKind::BadCredentials { code: code.to_owned() }))
}
