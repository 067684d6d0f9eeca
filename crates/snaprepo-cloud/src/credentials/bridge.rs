//! Lets the chain of AWS make its requests through our one HTTP client: the same proxy, the same certificates, the same
//! counts, and no second TLS stack in the program.

use std::time::Duration;

use aws_smithy_runtime_api::client::{
    http::{HttpClient, HttpConnector, HttpConnectorFuture, HttpConnectorSettings, SharedHttpConnector},
    orchestrator::{HttpRequest, HttpResponse},
    result::ConnectorError,
    runtime_components::RuntimeComponents,
};
use aws_smithy_types::body::SdkBody;
use bytes::Bytes;
use object_store::client::{HttpClient as OurClient, HttpError, HttpErrorKind, HttpRequestBody};
use tokio::time::timeout;

/// How long to wait when the chain does not say it. Its own metadata requests say one second.
const DEFAULT_TIMEOUT: Duration = Duration::from_secs(20);

/// Makes connectors of our client.
#[derive(Debug, Clone)]
pub(super) struct Bridge(pub(super) OurClient);

#[derive(Debug)]
struct Connector {
    client: OurClient,
    wait: Duration,
}

impl HttpClient for Bridge {
    fn http_connector(&self, settings: &HttpConnectorSettings, _: &RuntimeComponents) -> SharedHttpConnector {
        let connect = settings.connect_timeout().unwrap_or_default();
        let wait = settings.read_timeout().map_or(DEFAULT_TIMEOUT, |read| read + connect);
        SharedHttpConnector::new(Connector { client: self.0.clone(), wait })
    }
}

impl HttpConnector for Connector {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        let (client, wait) = (self.client.clone(), self.wait);
        HttpConnectorFuture::new(async move {
            match timeout(wait, call(&client, request)).await {
                Ok(answered) => answered,
                Err(elapsed) => Err(ConnectorError::timeout(elapsed.into())),
            }
        })
    }
}

async fn call(client: &OurClient, request: HttpRequest) -> Result<HttpResponse, ConnectorError> {
    let user = |error: Box<dyn std::error::Error + Send + Sync>| ConnectorError::user(error);
    let request = request.try_into_http1x().map_err(|error| user(error.into()))?;
    let (parts, body) = request.into_parts();
    // Requests for credentials are small, and are always in memory.
    let body = Bytes::copy_from_slice(body.bytes().unwrap_or_default());
    let request = http::Request::from_parts(parts, HttpRequestBody::from(body));
    let response = client.execute(request).await.map_err(connector_error)?;
    let (parts, body) = response.into_parts();
    let body = body.bytes().await.map_err(connector_error)?;
    HttpResponse::try_from(http::Response::from_parts(parts, SdkBody::from(body))).map_err(|error| user(error.into()))
}

fn connector_error(error: HttpError) -> ConnectorError {
    match error.kind() {
        HttpErrorKind::Timeout => ConnectorError::timeout(error.into()),
        HttpErrorKind::Connect | HttpErrorKind::Request | HttpErrorKind::Interrupted => {
            ConnectorError::io(error.into())
        }
        _ => ConnectorError::other(error.into(), None),
    }
}
