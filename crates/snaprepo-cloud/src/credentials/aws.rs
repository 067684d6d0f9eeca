//! Keys of AWS: found by its own chain, kept until shortly before they expire, and handed to object_store's signer.

use std::{
    fmt,
    path::Path,
    sync::{Arc, PoisonError, RwLock},
    time::{Duration, SystemTime},
};

use async_trait::async_trait;
use aws_config::{
    BehaviorVersion, ConfigLoader, Region, SdkConfig,
    meta::region::ProvideRegion as _,
    profile::{ProfileFileCredentialsProvider, ProfileFileRegionProvider},
    provider_config::ProviderConfig,
    sts::AssumeRoleProvider,
};
use aws_credential_types::{
    Credentials,
    credential_feature::AwsCredentialFeature,
    provider::{ProvideCredentials as _, SharedCredentialsProvider, error::CredentialsError},
};
use aws_runtime::env_config::file::{EnvConfigFileKind, EnvConfigFiles};
use object_store::{CredentialProvider, aws::AwsCredential, client::HttpClient};

use super::{CredentialFault, CredentialReport, bridge::Bridge, fits_header, hint};
use crate::settings::{Environment, Key, Settings};

/// How long before their end keys are replaced: a request that was signed with them must still arrive.
const RENEW_BEFORE: Duration = Duration::from_secs(5 * 60);
/// Keys are not asked for more often than this, even when they are short-lived.
const RENEW_AT_MOST_EVERY: Duration = Duration::from_secs(30);
/// The name of a session whose role was assumed by us, in the audit log of the cloud.
const SESSION_NAME: &str = "snaprepo";

/// Where the chain has looked.
const NOWHERE: &str = "neither the environment, a profile, a web identity, the container nor the instance has any";

const KEY_ID: &str = "AWS_ACCESS_KEY_ID";
const SECRET: &str = "AWS_SECRET_ACCESS_KEY";

/// Keys that renew themselves.
pub(crate) struct AwsKeys {
    provider: SharedCredentialsProvider,
    naming: Naming,
    /// Held while keys are fetched, so that one request does it for all.
    fetching: tokio::sync::Mutex<()>,
    /// What was fetched last.
    known: RwLock<Option<Known>>,
}

#[derive(Clone)]
struct Known {
    key: Arc<AwsCredential>,
    expires_at: Option<SystemTime>,
    fetched_at: SystemTime,
    features: Vec<AwsCredentialFeature>,
}

/// What the chain does not tell about itself.
#[derive(Debug, Clone)]
struct Naming {
    profile: String,
    /// Whether somebody asked for that profile.
    only_profile: bool,
    web_identity: bool,
    role: Option<String>,
}

/// A failure of the chain, as one line.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
struct ChainFailed(String);

impl AwsKeys {
    /// Sets up the chain. Asks nobody yet.
    pub(crate) async fn load(
        settings: &Settings,
        environment: &Environment,
        http: HttpClient,
        region: &str,
    ) -> Result<Self, CredentialFault> {
        let profile = settings.text(Key::Profile);
        let of_environment = keys_of_environment(environment)?;
        let config = loader(settings, environment, &http, region).load().await;
        let base = match (profile, of_environment) {
            (Some(profile), _) => SharedCredentialsProvider::new(
                ProfileFileCredentialsProvider::builder()
                    .configure(
                        &ProviderConfig::without_region()
                            .with_region(Some(Region::new(region.to_owned())))
                            .with_http_client(Bridge(http)),
                    )
                    .profile_files(files(environment))
                    .profile_name(profile)
                    .build(),
            ),
            (None, Some(keys)) => SharedCredentialsProvider::new(keys),
            (None, None) => {
                config.credentials_provider().ok_or(CredentialFault::Missing { kind: "of AWS", missing: KEY_ID })?
            }
        };
        let naming = Naming {
            profile: profile.or_else(|| environment.get("AWS_PROFILE")).unwrap_or("default").to_owned(),
            only_profile: profile.is_some(),
            web_identity: environment.get("AWS_WEB_IDENTITY_TOKEN_FILE").is_some(),
            role: settings.text(Key::RoleArn).map(str::to_owned),
        };
        let provider = match settings.text(Key::RoleArn) {
            Some(role) => SharedCredentialsProvider::new(assume(role, settings, &config, base).await),
            None => base,
        };
        Ok(Self { provider, naming, fetching: tokio::sync::Mutex::new(()), known: RwLock::new(None) })
    }

    /// Which keys are in use; fetches them when there are none yet.
    pub(crate) async fn report(&self) -> object_store::Result<CredentialReport> {
        self.get_credential().await?;
        let Some(known) = self.known() else { return Ok(CredentialReport::new("nowhere")) };
        let report = CredentialReport::new(self.naming.source(&known.features)).with_identity(hint(&known.key.key_id));
        Ok(CredentialReport { expires_at: known.expires_at, ..report })
    }

    /// Forgets keys that the store calls expired. `false` when these were fetched just now: others would be the same.
    pub(crate) fn forget(&self) -> bool {
        let mut known = self.known.write().unwrap_or_else(PoisonError::into_inner);
        let old = known.as_ref().is_some_and(|known| age(known) >= RENEW_AT_MOST_EVERY);
        if old {
            *known = None;
        }
        old
    }

    fn known(&self) -> Option<Known> {
        self.known.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    async fn fetch(&self) -> object_store::Result<Arc<AwsCredential>> {
        let _one_at_a_time = self.fetching.lock().await;
        let old = self.known();
        if let Some(key) = old.as_ref().filter(|known| is_fresh(known, SystemTime::now())).map(|known| &known.key) {
            return Ok(Arc::clone(key));
        }
        let found = self.provider.provide_credentials().await;
        let found = match (found, old) {
            (Ok(found), _) => found,
            // The old ones are still good: whoever gives out keys may be back before they end.
            (Err(_), Some(old)) if old.expires_at.is_none_or(|end| end > SystemTime::now()) => return Ok(old.key),
            (Err(CredentialsError::CredentialsNotLoaded(_)), _) => return Err(failed(self.naming.nowhere())),
            (Err(error), _) => return Err(failed(ChainFailed(one_line(&error)))),
        };
        let known = known(&found)?;
        let key = Arc::clone(&known.key);
        *self.known.write().unwrap_or_else(PoisonError::into_inner) = Some(known);
        Ok(key)
    }
}

#[async_trait]
impl CredentialProvider for AwsKeys {
    type Credential = AwsCredential;

    async fn get_credential(&self) -> object_store::Result<Arc<AwsCredential>> {
        match self.known().filter(|known| is_fresh(known, SystemTime::now())) {
            Some(known) => Ok(known.key),
            None => self.fetch().await,
        }
    }
}

impl fmt::Debug for AwsKeys {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AwsKeys").field("naming", &self.naming).finish_non_exhaustive()
    }
}

impl Naming {
    fn nowhere(&self) -> ChainFailed {
        if self.only_profile {
            ChainFailed(format!("there is no profile {:?}, or it has none", self.profile))
        } else {
            ChainFailed(NOWHERE.to_owned())
        }
    }

    fn source(&self, features: &[AwsCredentialFeature]) -> String {
        use AwsCredentialFeature as F;
        let profile = &self.profile;
        let has = |feature: &F| features.contains(feature);
        let base = if has(&F::CredentialsImds) {
            "the metadata of the instance".to_owned()
        } else if has(&F::CredentialsHttp) {
            "the service of the container (ECS or EKS pod identity)".to_owned()
        } else if has(&F::CredentialsSso) {
            format!("profile {profile} (single sign-on)")
        } else if has(&F::CredentialsProcess) {
            format!("profile {profile} (a process)")
        } else if has(&F::CredentialsProfileStsWebIdToken) && self.web_identity {
            "a web identity token (AWS_WEB_IDENTITY_TOKEN_FILE)".to_owned()
        } else if has(&F::CredentialsProfile) || has(&F::CredentialsProfileStsWebIdToken) {
            format!("profile {profile}")
        } else if has(&F::CredentialsEnvVars) {
            format!("the environment ({KEY_ID})")
        } else {
            "credentials".to_owned()
        };
        match &self.role {
            // The chain below an assumed role is not told.
            Some(role) => format!("role {role}"),
            None => base,
        }
    }
}

/// Fresh keys have time left, or were fetched so recently that others would be no fresher.
fn is_fresh(known: &Known, now: SystemTime) -> bool {
    match known.expires_at.and_then(|end| end.duration_since(now).ok()) {
        Some(left) => left > RENEW_BEFORE || (age(known) < RENEW_AT_MOST_EVERY && !left.is_zero()),
        None => known.expires_at.is_none(),
    }
}

fn age(known: &Known) -> Duration {
    known.fetched_at.elapsed().unwrap_or_default()
}

fn known(found: &Credentials) -> object_store::Result<Known> {
    let (key_id, token) = (found.access_key_id(), found.session_token());
    if !fits_header(key_id) || !token.is_none_or(fits_header) || found.secret_access_key().is_empty() {
        return Err(failed(ChainFailed("the keys that were found hold spaces or nothing at all".to_owned())));
    }
    let features: Option<&Vec<AwsCredentialFeature>> = found.get_property();
    Ok(Known {
        key: Arc::new(AwsCredential {
            key_id: key_id.to_owned(),
            secret_key: found.secret_access_key().to_owned(),
            token: token.map(str::to_owned),
        }),
        expires_at: found.expiry(),
        fetched_at: SystemTime::now(),
        features: features.cloned().unwrap_or_default(),
    })
}

/// As the chain would find them; taken from the environment that we were given, which need not be that of the process.
fn keys_of_environment(environment: &Environment) -> Result<Option<Credentials>, CredentialFault> {
    match (environment.get(KEY_ID), environment.get(SECRET)) {
        (None, None) => Ok(None),
        (Some(_), None) => Err(CredentialFault::Half { present: KEY_ID, missing: SECRET }),
        (None, Some(_)) => Err(CredentialFault::Half { present: SECRET, missing: KEY_ID }),
        (Some(id), Some(secret)) => {
            let token = environment.get("AWS_SESSION_TOKEN").map(str::to_owned);
            let mut keys = Credentials::new(id, secret, token, None, "environment");
            let features: &mut Vec<AwsCredentialFeature> = keys.get_property_mut_or_default();
            features.push(AwsCredentialFeature::CredentialsEnvVars);
            Ok(Some(keys))
        }
    }
}

fn loader(settings: &Settings, environment: &Environment, http: &HttpClient, region: &str) -> ConfigLoader {
    let loader = aws_config::defaults(BehaviorVersion::latest())
        .http_client(Bridge(http.clone()))
        .region(Region::new(region.to_owned()))
        .profile_files(files(environment));
    let loader = match settings.text(Key::Profile) {
        Some(profile) => loader.profile_name(profile),
        None => loader,
    };
    injected(loader, environment)
}

/// Tests have an environment of their own. The program's is that of its process, which the chain reads itself.
#[cfg(test)]
fn injected(loader: ConfigLoader, environment: &Environment) -> ConfigLoader {
    loader.env(environment.for_chain())
}

#[cfg(not(test))]
fn injected(loader: ConfigLoader, _: &Environment) -> ConfigLoader {
    loader
}

async fn assume(
    role: &str,
    settings: &Settings,
    config: &SdkConfig,
    base: SharedCredentialsProvider,
) -> AssumeRoleProvider {
    let session = settings.text(Key::RoleSessionName).unwrap_or(SESSION_NAME);
    let builder = AssumeRoleProvider::builder(role).configure(config).session_name(session);
    let builder = match settings.text(Key::ExternalId) {
        Some(id) => builder.external_id(id),
        None => builder,
    };
    builder.build_from_provider(base).await
}

/// The region of the profile in use, if it has one.
pub(crate) async fn region_of_profile(settings: &Settings, environment: &Environment) -> Option<String> {
    let builder = ProfileFileRegionProvider::builder().profile_files(files(environment));
    let builder = match settings.text(Key::Profile).or_else(|| environment.get("AWS_PROFILE")) {
        Some(profile) => builder.profile_name(profile),
        None => builder,
    };
    builder.build().region().await.map(|region| region.to_string())
}

/// The two files of shared configuration. One that the environment names and that is not there is empty, as for the
/// tools of AWS; a profile that should be in it is then missing, and that is said.
fn files(environment: &Environment) -> EnvConfigFiles {
    let named = |variable: &str| environment.get(variable).map(|file| Path::new(file).to_owned());
    let mut builder = EnvConfigFiles::builder();
    builder = match named("AWS_CONFIG_FILE") {
        Some(file) if file.is_file() => builder.with_file(EnvConfigFileKind::Config, file),
        Some(_) => builder.with_contents(EnvConfigFileKind::Config, ""),
        None => builder.include_default_config_file(true),
    };
    builder = match named("AWS_SHARED_CREDENTIALS_FILE") {
        Some(file) if file.is_file() => builder.with_file(EnvConfigFileKind::Credentials, file),
        Some(_) => builder.with_contents(EnvConfigFileKind::Credentials, ""),
        None => builder.include_default_credentials_file(true),
    };
    builder.build()
}

fn failed(error: ChainFailed) -> object_store::Error {
    object_store::Error::Generic { store: "credentials", source: Box::new(error) }
}

/// The causes of the chain, outermost first. They name profiles, files and addresses, and no secrets.
fn one_line(error: &dyn std::error::Error) -> String {
    let mut line = error.to_string();
    let mut next = error.source();
    while let Some(source) = next {
        let text = source.to_string();
        if !line.contains(&text) {
            line.push_str(": ");
            line.push_str(&text);
        }
        next = source.source();
    }
    line.lines().collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests;
