//! Tokens of Google: which file or service they come from is decided here, so that it can be told; fetching and renewing
//! is object_store's.

use std::{fs, path::Path};

use object_store::{
    RetryConfig,
    gcp::{GcpCredentialProvider, GoogleCloudStorageBuilder},
};
use serde_json::Value;

use super::{CredentialFault, CredentialReport, fits_header};
use crate::{settings::Environment, wire::Connector};

/// Variables that hold a token, as other tools have them.
const TOKENS: [&str; 2] = ["GOOGLE_OAUTH_ACCESS_TOKEN", "CLOUDSDK_AUTH_ACCESS_TOKEN"];
/// Variables that name a file of a service account.
const SERVICE_ACCOUNTS: [&str; 2] = ["GOOGLE_SERVICE_ACCOUNT", "GOOGLE_SERVICE_ACCOUNT_PATH"];
/// The variable that names a file of any kind.
const APPLICATION: &str = "GOOGLE_APPLICATION_CREDENTIALS";
/// Where `gcloud auth application-default login` leaves its file, below its own folder.
const DEFAULT_FILE: &str = "application_default_credentials.json";
/// Kinds of files that object_store reads.
const KNOWN_KINDS: [&str; 2] = ["authorized_user", "service_account"];

/// Tokens, and what may be said about them.
pub(crate) struct GcpTokens {
    pub(crate) tokens: GcpCredentialProvider,
    pub(crate) report: CredentialReport,
}

impl GcpTokens {
    /// Sets them up. Reads files, asks nobody yet.
    pub(crate) fn load(
        environment: &Environment,
        connector: Connector,
        retry: RetryConfig,
    ) -> Result<Self, CredentialFault> {
        let builder = GoogleCloudStorageBuilder::new()
            .with_bucket_name("credentials")
            .with_http_connector(connector)
            .with_retry(retry);
        let (builder, report, source) = if let Some((variable, token)) = environment.first(&TOKENS) {
            if !fits_header(token) {
                return Err(CredentialFault::Value { variable, reason: "a token has no spaces and no line breaks" });
            }
            (
                builder.with_bearer_token(token),
                CredentialReport::new(format!("a token ({variable})")),
                variable.to_owned(),
            )
        } else if let Some((variable, file)) = environment.first(&SERVICE_ACCOUNTS) {
            let report = report_of_file(file, &format!("the service account in {file} ({variable})"))?;
            (builder.with_service_account_path(file), report, file.to_owned())
        } else if let Some(file) = environment.get(APPLICATION) {
            let report = report_of_file(file, &format!("{file} ({APPLICATION})"))?;
            (builder.with_application_credentials(file), report, file.to_owned())
        } else if let Some(file) = default_file(environment) {
            let report = report_of_file(&file, &format!("the application default credentials in {file}"))?;
            (builder.with_application_credentials(&file), report, file)
        } else {
            (builder, CredentialReport::new("the metadata of the instance"), "the metadata of the instance".to_owned())
        };
        let built = builder.build();
        let store = built.map_err(|error| CredentialFault::File { file: source, reason: one_line(&error) })?;
        Ok(Self { tokens: store.credentials().clone(), report })
    }
}

fn default_file(environment: &Environment) -> Option<String> {
    let folder = match environment.get("CLOUDSDK_CONFIG") {
        Some(folder) => Path::new(folder).to_owned(),
        None => Path::new(environment.get("HOME")?).join(".config/gcloud"),
    };
    let file = folder.join(DEFAULT_FILE);
    file.is_file().then(|| file.to_string_lossy().into_owned())
}

/// Looks into a file for its kind and for whom it names. What it holds beside that is forgotten at once.
fn report_of_file(file: &str, source: &str) -> Result<CredentialReport, CredentialFault> {
    let fault = |reason: String| CredentialFault::File { file: file.to_owned(), reason };
    let text = fs::read_to_string(file).map_err(|error| fault(error.to_string()))?;
    let json: Value = serde_json::from_str(&text).map_err(|_| fault("it is no JSON".to_owned()))?;
    let kind = json.get("type").and_then(Value::as_str).unwrap_or("service_account");
    if !KNOWN_KINDS.contains(&kind) {
        return Err(fault(format!(
            "{kind} is not supported: put a token into {}, as gcloud auth print-access-token prints it",
            TOKENS[0]
        )));
    }
    let whom = json.get("client_email").or_else(|| json.get("account")).and_then(Value::as_str);
    Ok(CredentialReport::new(source).with_identity(whom.filter(|whom| !whom.is_empty()).map(str::to_owned)))
}

fn one_line(error: &object_store::Error) -> String {
    error.to_string().lines().next().unwrap_or_default().to_owned()
}
