//! The HTTP clients of a store, made once each; and how they are handed to object_store, where that asks for one.

use std::{
    fmt,
    sync::{Arc, OnceLock},
    time::Duration,
};

use http::Uri;
use object_store::{
    ClientOptions, Result,
    client::{HttpClient, HttpConnector, HttpError, HttpRequest, HttpResponse, HttpService, ReqwestConnector},
};

use super::line::{Line, Skew, http_options};
use crate::waiting::{Kind, Waiting};

/// How long a request that others make may take, with its answer. Tokens and lists of deleted keys are small.
const WHOLE_REQUEST: Duration = Duration::from_secs(30);

/// Every name, and every address.
const EVERYBODY: &str = "*,0.0.0.0/0,::/0";

/// Makes clients that share connections and counts.
#[derive(Clone)]
pub(crate) struct Connector {
    options: ClientOptions,
    waiting: Arc<Waiting>,
    skew: Skew,
    /// What requests are that others make.
    kind: Kind,
    made: Arc<Made>,
}

/// Clients that were needed so far: making one reads all certificates of the system.
#[derive(Default)]
struct Made {
    own: OnceLock<HttpClient>,
    others: OnceLock<HttpClient>,
}

/// Sends requests to addresses of this machine and its host past any proxy: metadata services answer nobody else.
struct Forked {
    outer: HttpClient,
    direct: HttpClient,
}

impl Connector {
    /// `options` must come from [`http_options`].
    pub(crate) fn new(options: ClientOptions, waiting: Arc<Waiting>, skew: Skew) -> Self {
        Self { options, waiting, skew, kind: Kind::Other, made: Arc::default() }
    }

    /// The same, for others whose requests are of this kind.
    pub(crate) fn for_kind(&self, kind: Kind) -> Self {
        Self { kind, ..self.clone() }
    }

    /// The client for our own requests.
    pub(crate) fn own_client(&self) -> Result<HttpClient> {
        let made = made_once(&self.made.own, || ReqwestConnector::default().connect(&self.options))?;
        Ok(self.counted(made))
    }

    /// The client for requests of others. Metadata services speak plain HTTP, whatever the store speaks.
    pub(crate) fn client_for_others(&self) -> Result<HttpClient> {
        let made = made_once(&self.made.others, || {
            let outer = self.options.clone().with_allow_http(true).with_timeout(WHOLE_REQUEST);
            // The only way to say "no proxy, whatever the environment says": one for nobody. Addresses are no names.
            let direct = http_options().with_allow_http(true).with_timeout(WHOLE_REQUEST);
            let direct = direct.with_proxy_url("http://localhost").with_proxy_excludes(EVERYBODY);
            let connector = ReqwestConnector::default();
            Ok(HttpClient::new(Forked { outer: connector.connect(&outer)?, direct: connector.connect(&direct)? }))
        })?;
        Ok(self.counted(made))
    }

    fn counted(&self, client: HttpClient) -> HttpClient {
        HttpClient::new(Line::new(client, Arc::clone(&self.waiting), self.skew.clone(), self.kind))
    }
}

impl HttpConnector for Connector {
    fn connect(&self, _: &ClientOptions) -> Result<HttpClient> {
        self.client_for_others()
    }
}

#[async_trait::async_trait]
impl HttpService for Forked {
    async fn call(&self, request: HttpRequest) -> Result<HttpResponse, HttpError> {
        let client = if is_near(request.uri()) { &self.direct } else { &self.outer };
        client.execute(request).await
    }
}

/// Options and clients would show the address of a proxy, with the password.
impl fmt::Debug for Connector {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Connector").field("kind", &self.kind).finish_non_exhaustive()
    }
}

impl fmt::Debug for Forked {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Forked")
    }
}

/// Says which cryptography TLS is made with: reqwest panics when nobody has.
pub(crate) fn choose_tls() {
    // Fails when the program around us has chosen before: its choice is as good.
    let _ = rustls::crypto::ring::default_provider().install_default();
}

/// Two at once may make two; one of them is kept.
fn made_once(place: &OnceLock<HttpClient>, make: impl FnOnce() -> Result<HttpClient>) -> Result<HttpClient> {
    match place.get() {
        Some(client) => Ok(client.clone()),
        None => {
            choose_tls();
            let client = make()?;
            Ok(place.get_or_init(|| client).clone())
        }
    }
}

/// Whether the address is on this machine or its host: services for credentials of instances, containers and pods.
fn is_near(uri: &Uri) -> bool {
    let host = uri.host().unwrap_or_default();
    let here = host.starts_with("127.") || host == "localhost" || host == "[::1]";
    here || host.starts_with("169.254.") || host.starts_with("[fd00:ec2::") || host == "metadata.google.internal"
}

#[cfg(test)]
mod tests;
