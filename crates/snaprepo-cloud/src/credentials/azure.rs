//! Credentials of Azure: which of them is decided here, so that it can be told; fetching and renewing tokens is
//! object_store's.

use std::{
    fmt,
    sync::{Arc, OnceLock},
    time::{Duration, SystemTime},
};

use async_trait::async_trait;
use chrono::DateTime;
use object_store::{
    CredentialProvider, RetryConfig,
    azure::{AzureCredential, AzureCredentialProvider, MicrosoftAzureBuilder, split_sas},
};
use tokio::time::timeout;

use super::{CredentialFault, CredentialReport, connection_string::ConnectionString, fits_header};
use crate::{
    settings::{Environment, Key, Settings},
    wire::{Connector, deepest},
};

const ACCOUNTS: [&str; 2] = ["AZURE_STORAGE_ACCOUNT_NAME", "AZURE_STORAGE_ACCOUNT"];
const CONNECTION: &str = "AZURE_STORAGE_CONNECTION_STRING";
const TOKEN: &str = "AZURE_STORAGE_TOKEN";
const KEYS: [&str; 3] = ["AZURE_STORAGE_KEY", "AZURE_STORAGE_ACCOUNT_KEY", "AZURE_STORAGE_ACCESS_KEY"];
const SIGNATURES: [&str; 2] = ["AZURE_STORAGE_SAS_TOKEN", "AZURE_STORAGE_SAS_KEY"];
const CLIENT: &str = "AZURE_CLIENT_ID";
const TENANT: &str = "AZURE_TENANT_ID";
const CLIENT_SECRET: &str = "AZURE_CLIENT_SECRET";
const FEDERATED: &str = "AZURE_FEDERATED_TOKEN_FILE";
const AUTHORITY: &str = "AZURE_AUTHORITY_HOST";
const IDENTITIES: [&str; 2] = ["IDENTITY_ENDPOINT", "MSI_ENDPOINT"];

/// How long the metadata of an instance may take when it is only a guess that there is an instance.
const METADATA_TIMEOUT: Duration = Duration::from_secs(2);
/// How long the command line of Azure may take. It is slow to start.
const CLI_TIMEOUT: Duration = Duration::from_secs(30);

/// Credentials, and what may be said about them.
pub(crate) struct AzureKeys {
    pub(crate) keys: AzureCredentialProvider,
    report: CredentialReport,
    /// Set when there are several guesses.
    guesses: Option<Arc<Guesses>>,
}

/// The account and the endpoint that the environment names, if it does.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub(crate) struct Account {
    pub(crate) name: Option<String>,
    pub(crate) endpoint: Option<String>,
}

/// Several credentials, of which the first that can be had is used from then on.
struct Guesses {
    all: Vec<Guess>,
    chosen: OnceLock<usize>,
}

struct Guess {
    name: &'static str,
    keys: AzureCredentialProvider,
    wait: Duration,
}

/// The account that the environment names.
pub(crate) fn account_of_environment(environment: &Environment) -> Account {
    let string = environment.get(CONNECTION).map(ConnectionString::parse).unwrap_or_default();
    let name = environment.first(&ACCOUNTS).map(|(_, name)| name.to_owned()).or(string.account);
    Account { name, endpoint: string.endpoint }
}

impl AzureKeys {
    /// Sets them up. Asks nobody yet.
    pub(crate) fn load(
        account: &str,
        settings: &Settings,
        environment: &Environment,
        connector: &Connector,
        retry: &RetryConfig,
    ) -> Result<Self, CredentialFault> {
        let maker = Maker { account, environment, connector, retry };
        let kind = settings.text(Key::Credential).unwrap_or("auto");
        let string = environment.get(CONNECTION).map(ConnectionString::parse).unwrap_or_default();
        let key = environment.first(&KEYS).or_else(|| string.key.as_ref().map(|key| (CONNECTION, key.0.as_str())));
        let sas = environment.first(&SIGNATURES);
        let sas = sas.or_else(|| string.signature.as_ref().map(|sas| (CONNECTION, sas.0.as_str())));
        let wants = |this: &str, found: bool| kind == this || (kind == "auto" && found);
        let has_client = environment.get(CLIENT).is_some() && environment.get(TENANT).is_some();
        if wants("token", environment.get(TOKEN).is_some()) {
            return maker.token();
        }
        if wants("key", key.is_some()) {
            return maker.key(key);
        }
        if wants("sas", sas.is_some()) {
            return maker.signature(sas);
        }
        if wants("workload-identity", has_client && environment.get(FEDERATED).is_some()) {
            return maker.workload();
        }
        if wants("client-secret", has_client && environment.get(CLIENT_SECRET).is_some()) {
            return maker.client_secret();
        }
        if wants("managed-identity", environment.first(&IDENTITIES).is_some()) {
            return Ok(AzureKeys::one(maker.managed()?, CredentialReport::new("the managed identity")));
        }
        if kind == "cli" {
            return Ok(AzureKeys::one(maker.cli()?, CredentialReport::new("the command line of Azure (az login)")));
        }
        maker.guess()
    }

    fn one(keys: AzureCredentialProvider, report: CredentialReport) -> Self {
        Self { keys, report, guesses: None }
    }

    /// Which credentials are in use; fetches them when they are not known yet.
    pub(crate) async fn report(&self) -> object_store::Result<CredentialReport> {
        self.keys.get_credential().await?;
        let guessed = self.guesses.as_ref().and_then(|guesses| guesses.chosen());
        Ok(guessed.map_or_else(|| self.report.clone(), CredentialReport::new))
    }
}

impl fmt::Debug for AzureKeys {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AzureKeys").field("report", &self.report).finish_non_exhaustive()
    }
}

/// Makes providers of one kind each.
struct Maker<'a> {
    account: &'a str,
    environment: &'a Environment,
    connector: &'a Connector,
    retry: &'a RetryConfig,
}

impl Maker<'_> {
    fn need(&self, kind: &'static str, missing: &'static str) -> Result<&str, CredentialFault> {
        self.environment.get(missing).ok_or(CredentialFault::Missing { kind, missing })
    }

    fn token(&self) -> Result<AzureKeys, CredentialFault> {
        let token = self.need("token", TOKEN)?;
        if !fits_header(token) {
            let reason = "a token has no spaces and no line breaks";
            return Err(CredentialFault::Value { variable: TOKEN, reason });
        }
        let keys = self.built("bearer_token", |builder| builder.with_bearer_token_authorization(token))?;
        Ok(AzureKeys::one(keys, CredentialReport::new(format!("a token ({TOKEN})"))))
    }

    fn key(&self, key: Option<(&'static str, &str)>) -> Result<AzureKeys, CredentialFault> {
        let (variable, key) = key.ok_or(CredentialFault::Missing { kind: "key", missing: KEYS[0] })?;
        let keys = self.built("access_key", |builder| builder.with_access_key(key));
        let keys = keys.map_err(|_| CredentialFault::Value { variable, reason: "it is no key in base64" })?;
        let report = CredentialReport::new(format!("the key of the account ({variable})"));
        Ok(AzureKeys::one(keys, report.with_identity(Some(self.account.to_owned()))))
    }

    fn signature(&self, signature: Option<(&'static str, &str)>) -> Result<AzureKeys, CredentialFault> {
        let (variable, text) = signature.ok_or(CredentialFault::Missing { kind: "sas", missing: SIGNATURES[0] })?;
        let text = text.trim_start_matches('?');
        let reason = "it is no shared access signature";
        let pairs = split_sas(text).map_err(|_| CredentialFault::Value { variable, reason })?;
        let end = pairs.iter().find(|(name, _)| name == "se").map(|(_, end)| end.as_str());
        let expires_at = end.and_then(|end| DateTime::parse_from_rfc3339(end).ok()).map(SystemTime::from);
        let keys = self.built("sas_token", |builder| builder.with_sas_authorization(pairs.clone()))?;
        let report = CredentialReport::new(format!("a shared access signature ({variable})"));
        Ok(AzureKeys::one(keys, CredentialReport { expires_at, ..report }))
    }

    fn workload(&self) -> Result<AzureKeys, CredentialFault> {
        const KIND: &str = "workload-identity";
        let (client, tenant) = (self.need(KIND, CLIENT)?, self.need(KIND, TENANT)?);
        let file = self.need(KIND, FEDERATED)?;
        let keys = self.built("workload_identity", |builder| {
            builder.with_client_id(client).with_tenant_id(tenant).with_federated_token_file(file)
        })?;
        let report = CredentialReport::new(format!("the workload identity ({FEDERATED})"));
        Ok(AzureKeys::one(keys, report.with_identity(Some(client.to_owned()))))
    }

    fn client_secret(&self) -> Result<AzureKeys, CredentialFault> {
        const KIND: &str = "client-secret";
        let (client, tenant) = (self.need(KIND, CLIENT)?, self.need(KIND, TENANT)?);
        let secret = self.need(KIND, CLIENT_SECRET)?;
        let keys =
            self.built("client_secret", |builder| builder.with_client_secret_authorization(client, secret, tenant))?;
        let report = CredentialReport::new(format!("the secret of a client ({CLIENT_SECRET})"));
        Ok(AzureKeys::one(keys, report.with_identity(Some(client.to_owned()))))
    }

    fn managed(&self) -> Result<AzureCredentialProvider, CredentialFault> {
        let endpoint = self.environment.first(&IDENTITIES).map(|(_, endpoint)| endpoint.to_owned());
        let client = self.environment.get(CLIENT);
        self.built("managed_identity", |builder| {
            let builder = endpoint.into_iter().fold(builder, MicrosoftAzureBuilder::with_msi_endpoint);
            client.into_iter().fold(builder, MicrosoftAzureBuilder::with_client_id)
        })
    }

    fn cli(&self) -> Result<AzureCredentialProvider, CredentialFault> {
        self.built("azure_cli", |builder| builder)
    }

    fn guess(&self) -> Result<AzureKeys, CredentialFault> {
        let all = vec![
            Guess { name: "the managed identity", keys: self.managed()?, wait: METADATA_TIMEOUT },
            Guess { name: "the command line of Azure (az login)", keys: self.cli()?, wait: CLI_TIMEOUT },
        ];
        let guesses = Arc::new(Guesses { all, chosen: OnceLock::new() });
        let keys: AzureCredentialProvider = Arc::<Guesses>::clone(&guesses);
        Ok(AzureKeys { keys, report: CredentialReport::new("nowhere yet"), guesses: Some(guesses) })
    }

    fn built(
        &self,
        kind: &'static str,
        set: impl FnOnce(MicrosoftAzureBuilder) -> MicrosoftAzureBuilder,
    ) -> Result<AzureCredentialProvider, CredentialFault> {
        let builder = MicrosoftAzureBuilder::new()
            .with_account(self.account)
            .with_container_name("credentials")
            .with_http_connector(self.connector.clone())
            .with_retry(self.retry.clone())
            .with_credential_type(kind);
        let builder = match self.environment.get(AUTHORITY) {
            Some(authority) => builder.with_authority_host(authority),
            None => builder,
        };
        let reason = "it is not of the form that its kind has";
        let built = set(builder).build().map_err(|_| CredentialFault::Value { variable: CLIENT, reason })?;
        Ok(built.credentials().clone())
    }
}

impl Guesses {
    fn chosen(&self) -> Option<&'static str> {
        self.all.get(*self.chosen.get()?).map(|guess| guess.name)
    }
}

#[async_trait]
impl CredentialProvider for Guesses {
    type Credential = AzureCredential;

    async fn get_credential(&self) -> object_store::Result<Arc<AzureCredential>> {
        if let Some(guess) = self.chosen.get().and_then(|chosen| self.all.get(*chosen)) {
            return guess.keys.get_credential().await;
        }
        let mut failures = Vec::new();
        for (index, Guess { name, keys, wait }) in self.all.iter().enumerate() {
            match timeout(*wait, keys.get_credential()).await {
                Ok(Ok(key)) => {
                    // Two at once come to the same answer.
                    let _ = self.chosen.set(index);
                    return Ok(key);
                }
                Ok(Err(error)) => failures.push(format!("{name} ({})", deepest(&error))),
                Err(_) => failures.push(format!("{name} (no answer)")),
            }
        }
        let reason = NothingFound(failures.join(" nor "));
        Err(object_store::Error::Generic { store: "credentials", source: Box::new(reason) })
    }
}

impl fmt::Debug for Guesses {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.all.iter().map(|guess| guess.name)).finish()
    }
}

#[derive(Debug, thiserror::Error)]
#[error("neither the environment has any nor {0}")]
struct NothingFound(String);
