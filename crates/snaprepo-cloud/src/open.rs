//! From a location, settings and the environment to a store.
//!
//! Settings are merged in one order: flags, location, environment, preset; the strongest first. Nothing is asked of the
//! store yet, and of credentials only what lies in files.

use std::{
    fs, io,
    sync::{Arc, RwLock},
};

use http::{HeaderName, HeaderValue};
use object_store::{BackoffConfig, Certificate, ClientOptions, RetryConfig};
use snaprepo_codec::BlobPath;
use url::Url;

use crate::{
    credentials::{AwsKeys, AzureKeys, CredentialFault, GcpTokens, account_of_environment, region_of_profile},
    engine::Engine,
    location::{Provider, Target},
    presets::{Preset, PresetFault},
    settings::{Environment, Key, Origin, SettingFault, Settings},
    store::{CloudStore, Ranges, Shared},
    waiting::Waiting,
    wire::{Auth, Client, Connector, Service, Site, Skew, http_options},
};

mod keys;

pub(crate) use keys::Keys;

/// The region that requests to Amazon are signed for when nobody says another. The store corrects it.
const FIRST_REGION: &str = "us-east-1";
/// Requests for tokens are the only ones that object_store may make again; they are few.
const TOKEN_RETRIES: usize = 2;

/// A store that was opened.
#[derive(Debug)]
pub struct Opened {
    /// The store; its root is that of the bucket, so that also what lies outside the base path can be reached.
    pub store: CloudStore,
    /// The folder of the repository.
    pub base: BlobPath,
    /// What holds, with where each value came from.
    pub settings: Settings,
}

/// Why a store cannot be opened.
#[derive(Debug, thiserror::Error)]
pub enum OpenFault {
    /// A setting that is no value of its key.
    #[error(transparent)]
    Setting(#[from] SettingFault),
    /// A preset that does not exist, or needs more.
    #[error(transparent)]
    Preset(#[from] PresetFault),
    /// Credentials that cannot be set up.
    #[error(transparent)]
    Credential(#[from] CredentialFault),
    /// An endpoint that is no URL.
    #[error("the endpoint {endpoint:?} is no URL of a host: write it as https://host or http://host:port")]
    Endpoint {
        /// What was given.
        endpoint: String,
    },
    /// An endpoint with a user or password in it.
    #[error("the endpoint carries credentials: leave them out, they come from the environment")]
    EndpointSecret,
    /// Nobody says whose container it is.
    #[error("which storage account is not known: set AZURE_STORAGE_ACCOUNT, or add account=")]
    NoAccount,
    /// A name that no bucket or account can have.
    #[error("{name:?} cannot be the name of a {what}")]
    Name {
        /// What was given.
        name: String,
        /// `bucket`, `container`, `account`.
        what: &'static str,
    },
    /// A file of certificates that cannot be used.
    #[error("the certificates in {file} cannot be used: {reason}")]
    Certificates {
        /// The file.
        file: String,
        /// Why.
        reason: String,
    },
    /// The HTTP client cannot be made: the proxy, or the certificates of the system.
    #[error("no connection can be set up: {reason}")]
    Http {
        /// Why.
        reason: String,
    },
    /// The system gives no threads or sockets.
    #[error("the system gives no threads for requests: {0}")]
    System(io::Error),
}

/// Opens the store of a location.
///
/// # Errors
/// When settings do not fit together, credentials cannot be set up, or no connection can be.
pub fn open(target: &Target, flags: &Settings, environment: &Environment) -> Result<Opened, OpenFault> {
    let settings = effective_settings(target, flags, environment)?;
    let store = CloudStore::new(Plan { target, settings: &settings, environment }.shared()?);
    Ok(Opened { store, base: target.base.clone(), settings })
}

/// What holds for a location: flags, then the location, then the environment, then a preset.
///
/// # Errors
/// When a value does not fit, or a preset does not exist or needs more.
pub fn effective_settings(target: &Target, flags: &Settings, environment: &Environment) -> Result<Settings, OpenFault> {
    let settings = flags.clone().or(&target.settings).or(&environment.settings(target.provider)?);
    if target.provider != Provider::S3 {
        return Ok(settings);
    }
    match Preset::of(&settings)? {
        Some(preset) => Ok(preset.complete(settings)?),
        None => Ok(settings),
    }
}

/// What is needed to open a store.
struct Plan<'a> {
    target: &'a Target,
    settings: &'a Settings,
    environment: &'a Environment,
}

impl Plan<'_> {
    fn shared(&self) -> Result<Shared, OpenFault> {
        let engine = Engine::start().map_err(OpenFault::System)?;
        let waiting = Arc::new(Waiting::new(self.settings));
        let skew = Skew::new();
        let endpoint = self.endpoint()?;
        let connector = Connector::new(self.client_options(endpoint.as_ref())?, Arc::clone(&waiting), skew.clone());
        let http = connector.own_client().map_err(|error| http_fault(&error))?;
        // Clients and chains expect to be made where they will run.
        let (site, keys) = engine.wait(async {
            let site = self.site(endpoint).await?;
            let keys = self.keys(&connector, &site).await?;
            Ok::<_, OpenFault>((site, keys))
        })?;
        let service = Service {
            provider: self.target.provider,
            container: self.target.container.clone(),
            site,
            auth: self.auth(&keys),
            write_headers: self.write_headers(),
        };
        let description = format!("{}, {}", self.target.provider, service.container_url());
        // Web servers are not ours to load.
        let ranges = Ranges::new(self.target.provider != Provider::Web);
        let client = Client::new(service, http, waiting, skew);
        Ok(Shared { engine, client, keys, connector, ranges, description })
    }

    /// Where somebody says that requests go.
    fn endpoint(&self) -> Result<Option<Url>, OpenFault> {
        let of_account = (self.target.provider == Provider::Azure).then(|| account_of_environment(self.environment));
        let of_account = of_account.and_then(|account| account.endpoint);
        let text = match self.target.provider {
            Provider::Web => Some(self.target.container.as_str()),
            _ => self.settings.text(Key::Endpoint).or(of_account.as_deref()),
        };
        let Some(text) = text else { return Ok(None) };
        // Emulators are given without a scheme, and speak plain HTTP.
        let is_emulator = self.settings.origin(Key::Endpoint) == Some(Origin::Environment("STORAGE_EMULATOR_HOST"));
        let whole = match (text.contains("://"), is_emulator) {
            (true, _) => text.to_owned(),
            (false, true) => format!("http://{text}"),
            (false, false) => format!("https://{text}"),
        };
        let fault = || OpenFault::Endpoint { endpoint: text.to_owned() };
        let url = Url::parse(&whole).map_err(|_| fault())?;
        if !url.username().is_empty() || url.password().is_some() {
            return Err(OpenFault::EndpointSecret);
        }
        let fits = matches!(url.scheme(), "http" | "https") && url.host().is_some() && url.query().is_none();
        if fits { Ok(Some(url)) } else { Err(fault()) }
    }

    fn client_options(&self, endpoint: Option<&Url>) -> Result<ClientOptions, OpenFault> {
        let allow_http = endpoint.is_some_and(|url| url.scheme() == "http");
        let mut options = http_options().with_allow_http(allow_http);
        if let Some(proxy) = self.settings.text(Key::Proxy) {
            options = options.with_proxy_url(proxy);
        }
        if let Some(file) = self.settings.text(Key::CaFile) {
            let fault = |reason: String| OpenFault::Certificates { file: file.to_owned(), reason };
            let pem = fs::read(file).map_err(|error| fault(error.to_string()))?;
            let bundle = Certificate::from_pem_bundle(&pem).map_err(|error| fault(error.to_string()))?;
            if bundle.is_empty() {
                return Err(fault("it holds none".to_owned()));
            }
            options = bundle.into_iter().fold(options, ClientOptions::with_root_certificate);
        }
        Ok(options)
    }

    async fn site(&self, endpoint: Option<Url>) -> Result<Site, OpenFault> {
        let name = |what, text: &str| {
            let legal = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_' | b'$');
            let fits = !text.is_empty() && text.bytes().all(legal);
            if fits { Ok(()) } else { Err(OpenFault::Name { name: text.to_owned(), what }) }
        };
        let container = &self.target.container;
        let (mut path_style, mut account, mut region, mut may_follow) = (false, String::new(), String::new(), false);
        match self.target.provider {
            Provider::S3 => {
                name("bucket", container)?;
                // No certificate of Amazon's fits a bucket with a point in its name.
                let default_style = endpoint.is_some() || container.contains('.');
                path_style = self.settings.flag(Key::PathStyle).unwrap_or(default_style);
                (region, may_follow) = self.region().await;
                name("region", &region)?;
            }
            Provider::Gcs => name("bucket", container)?,
            Provider::Azure => {
                name("container", container)?;
                let known = self.settings.text(Key::Account).map(str::to_owned);
                let known = known.or_else(|| account_of_environment(self.environment).name);
                account = known.ok_or(OpenFault::NoAccount)?;
                name("account", &account)?;
            }
            Provider::Web => {}
        }
        Ok(Site { endpoint, path_style, account, region: RwLock::new(region), may_follow })
    }

    /// The region, and whether the store may correct it: what somebody set on purpose holds.
    async fn region(&self) -> (String, bool) {
        let weak = match self.settings.origin(Key::Region) {
            Some(Origin::Environment(name)) => name.starts_with("AWS_"),
            Some(Origin::Preset(_)) | None => true,
            Some(_) => false,
        };
        let region = match self.settings.text(Key::Region) {
            Some(region) => Some(region.to_owned()),
            None => region_of_profile(self.settings, self.environment).await,
        };
        (region.unwrap_or_else(|| FIRST_REGION.to_owned()), weak)
    }

    async fn keys(&self, connector: &Connector, site: &Site) -> Result<Keys, OpenFault> {
        if self.settings.flag(Key::Anonymous) == Some(true) {
            return Ok(Keys::Anonymous);
        }
        let retry =
            RetryConfig { max_retries: TOKEN_RETRIES, backoff: BackoffConfig::default(), ..RetryConfig::default() };
        Ok(match self.target.provider {
            Provider::Web => keys::of_web(self.environment)?,
            Provider::S3 => {
                let http = connector.client_for_others().map_err(|error| http_fault(&error))?;
                let region = site.region.read().map_or_else(|_| FIRST_REGION.to_owned(), |region| region.clone());
                Keys::Aws(Arc::new(AwsKeys::load(self.settings, self.environment, http, &region).await?))
            }
            Provider::Gcs => Keys::Gcs(GcpTokens::load(self.environment, connector.clone(), retry)?),
            Provider::Azure => {
                Keys::Azure(AzureKeys::load(&site.account, self.settings, self.environment, connector, &retry)?)
            }
        })
    }

    fn auth(&self, keys: &Keys) -> Auth {
        match keys {
            Keys::Anonymous => Auth::Anonymous,
            Keys::Header(value, _) => Auth::Header(value.clone()),
            Keys::Aws(keys) => {
                Auth::Aws { keys: Arc::clone(keys), pays: self.settings.flag(Key::RequesterPays).unwrap_or(false) }
            }
            Keys::Gcs(tokens) => Auth::Gcs {
                tokens: Arc::clone(&tokens.tokens),
                source: tokens.report.source.clone(),
                project: self.settings.text(Key::UserProject).and_then(|project| HeaderValue::from_str(project).ok()),
            },
            Keys::Azure(keys) => Auth::Azure(Arc::clone(&keys.keys)),
        }
    }

    /// What every write says about how the blob is to be kept.
    fn write_headers(&self) -> Vec<(HeaderName, HeaderValue)> {
        let names: &[(Key, &'static str)] = match self.target.provider {
            Provider::S3 => &[
                (Key::StorageClass, "x-amz-storage-class"),
                (Key::Encryption, "x-amz-server-side-encryption"),
                (Key::KmsKey, "x-amz-server-side-encryption-aws-kms-key-id"),
            ],
            Provider::Gcs => {
                &[(Key::StorageClass, "x-goog-storage-class"), (Key::KmsKey, "x-goog-encryption-kms-key-name")]
            }
            Provider::Azure => &[(Key::StorageClass, "x-ms-access-tier")],
            Provider::Web => &[],
        };
        let set = names.iter().filter_map(|(key, name)| {
            let value = HeaderValue::from_str(self.settings.text(*key)?).ok()?;
            Some((HeaderName::from_static(name), value))
        });
        set.collect()
    }
}

fn http_fault(error: &object_store::Error) -> OpenFault {
    OpenFault::Http { reason: error.to_string().lines().next().unwrap_or_default().to_owned() }
}

#[cfg(test)]
mod tests;
