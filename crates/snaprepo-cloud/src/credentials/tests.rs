//! The chain of AWS against servers on loopback that play its token service, its instances and its containers; and what
//! is said about credentials of every kind.

use std::{fs, sync::Arc, time::Duration};

use object_store::{
    CredentialProvider as _, RetryConfig,
    client::{HttpClient, HttpConnector as _, HttpError, HttpRequest, HttpResponse, HttpService, ReqwestConnector},
};
use snaprepo_testkit::server::{Reply, Seen, Server};

use super::*;
use crate::{
    settings::{Environment, Key, Origin, Settings},
    tests::{KEYS, environment},
    waiting::Waiting,
    wire::{Connector, Skew, choose_tls, http_options},
};

mod tokens;

/// Leads every request to one server, whoever it was meant for; the host is told in a header.
#[derive(Debug)]
struct Rerouted {
    to: String,
    inner: HttpClient,
}

#[async_trait::async_trait]
impl HttpService for Rerouted {
    async fn call(&self, request: HttpRequest) -> Result<HttpResponse, HttpError> {
        let (mut parts, body) = request.into_parts();
        let host = parts.uri.host().unwrap_or_default().to_owned();
        let tail = parts.uri.path_and_query().map_or("/", |tail| tail.as_str());
        parts.headers.insert("x-meant-for", host.parse().unwrap());
        parts.headers.remove("host");
        parts.uri = format!("{}{tail}", self.to).parse().unwrap();
        self.inner.execute(HttpRequest::from_parts(parts, body)).await
    }
}

fn rerouted(server: &Server) -> HttpClient {
    choose_tls();
    let inner = ReqwestConnector::default().connect(&http_options().with_allow_http(true)).unwrap();
    HttpClient::new(Rerouted { to: server.url(), inner })
}

fn settings(pairs: &[(Key, &str)]) -> Settings {
    let mut settings = Settings::default();
    for (key, value) in pairs {
        settings.set(*key, value, Origin::Flag).unwrap();
    }
    settings
}

/// Keys of a chain, and the report about them.
fn found(
    server: &Server,
    pairs: &[(Key, &str)],
    environment: &Environment,
) -> Result<(String, CredentialReport), String> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let keys = AwsKeys::load(&settings(pairs), environment, rerouted(server), "eu-west-1").await;
        let keys = keys.map_err(|fault| fault.to_string())?;
        let key = keys.get_credential().await.map_err(|error| crate::wire::deepest(&error))?;
        let report = keys.report().await.map_err(|error| error.to_string())?;
        assert!(!format!("{keys:?}{report:?}").contains(&key.secret_key));
        Ok((key.key_id.clone(), report))
    })
}

fn sts(action: &str, seen: &Seen) -> Reply {
    let body = String::from_utf8(seen.body.clone()).unwrap();
    assert!(seen.header("x-meant-for").unwrap().starts_with("sts."), "{seen:?}");
    assert!(body.contains(&format!("Action={action}&")), "{body}");
    Reply::ok(format!(
        "<{action}Response><{action}Result><Credentials><AccessKeyId>ASIAROLEROLEROLEROLE</AccessKeyId><SecretAccessKey>S3CR3T\
         </SecretAccessKey><SessionToken>t</SessionToken><Expiration>2099-01-01T00:00:00Z</Expiration></Credentials>\
         <AssumedRoleUser><AssumedRoleId>A:b</AssumedRoleId><Arn>arn:aws:sts::123456789012:assumed-role/r/s</Arn>\
         </AssumedRoleUser></{action}Result></{action}Response>"
    ))
}

fn nobody() -> Server {
    Server::start(|_| Reply::new(404))
}

#[test]
fn keys_of_the_environment() {
    let (id, report) = found(&nobody(), &[], &environment(&KEYS)).unwrap();
    assert_eq!(id, KEYS[0].1);
    assert_eq!(report.source, "the environment (AWS_ACCESS_KEY_ID)");
    assert_eq!(report.identity.as_deref(), Some("…WXYZ"));
    let half = found(&nobody(), &[], &environment(&KEYS[..1])).unwrap_err();
    assert_eq!(half, "AWS_ACCESS_KEY_ID is set, and AWS_SECRET_ACCESS_KEY is not");
    let spaces = [("AWS_ACCESS_KEY_ID", "a b"), KEYS[1]];
    let spaces = found(&nobody(), &[], &environment(&spaces)).unwrap_err();
    assert_eq!(spaces, "the keys that were found hold spaces or nothing at all");
}

#[test]
fn a_profile_that_was_asked_for_beats_the_environment() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("credentials");
    let text = "[default]\naws_access_key_id=AKIADEFAULTDEFAULT00\naws_secret_access_key=S3CR3T\n\
                [backup]\naws_access_key_id=AKIABACKUPBACKUPQRST\naws_secret_access_key=S3CR3T\n";
    fs::write(&file, text).unwrap();
    let variables = [KEYS[0], KEYS[1], ("AWS_SHARED_CREDENTIALS_FILE", file.to_str().unwrap())];
    let (id, report) = found(&nobody(), &[(Key::Profile, "backup")], &environment(&variables)).unwrap();
    assert_eq!((id.as_str(), report.source.as_str()), ("AKIABACKUPBACKUPQRST", "profile backup"));
    let (id, _) = found(&nobody(), &[], &environment(&variables)).unwrap();
    assert_eq!(id, KEYS[0].1, "as the tools of AWS do it");
    let (id, report) = found(&nobody(), &[], &environment(&variables[2..])).unwrap();
    assert_eq!((id.as_str(), report.source.as_str()), ("AKIADEFAULTDEFAULT00", "profile default"));
    let missing = found(&nobody(), &[(Key::Profile, "none-such")], &environment(&variables)).unwrap_err();
    assert_eq!(missing, "there is no profile \"none-such\", or it has none");
}

#[test]
fn a_role_is_assumed_with_its_external_id() {
    let server = Server::start(|seen| {
        let body = String::from_utf8(seen.body.clone()).unwrap();
        assert!(body.contains("ExternalId=ex%2Fternal") && body.contains("RoleSessionName=audit-me"), "{body}");
        assert!(seen.header("authorization").unwrap().contains(KEYS[0].1), "signed with the keys below");
        sts("AssumeRole", seen)
    });
    let role = "arn:aws:iam::123456789012:role/r";
    let pairs = [(Key::RoleArn, role), (Key::ExternalId, "ex/ternal"), (Key::RoleSessionName, "audit-me")];
    let (id, report) = found(&server, &pairs, &environment(&KEYS)).unwrap();
    assert_eq!(id, "ASIAROLEROLEROLEROLE");
    assert_eq!(report.source, "role arn:aws:iam::123456789012:role/r");
    assert!(report.expires_at.is_some());
}

#[test]
fn a_role_that_is_refused_is_said_so() {
    let error = "<ErrorResponse><Error><Type>Sender</Type><Code>AccessDenied</Code><Message>not you</Message></Error>\
                 </ErrorResponse>";
    let server = Server::start(move |_| Reply::new(403).body(error));
    let refused = found(&server, &[(Key::RoleArn, "arn:aws:iam::1:role/r")], &environment(&KEYS)).unwrap_err();
    assert!(refused.contains("AccessDenied") && refused.contains("not you"), "{refused}");
}

#[test]
fn a_web_identity() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("token");
    fs::write(&file, "token-of-the-pod").unwrap();
    let server = Server::start(|seen| {
        assert!(String::from_utf8_lossy(&seen.body).contains("WebIdentityToken=token-of-the-pod"));
        sts("AssumeRoleWithWebIdentity", seen)
    });
    let variables = [
        ("AWS_WEB_IDENTITY_TOKEN_FILE", file.to_str().unwrap()),
        ("AWS_ROLE_ARN", "arn:aws:iam::123456789012:role/pod"),
    ];
    let (id, report) = found(&server, &[], &environment(&variables)).unwrap();
    assert_eq!(id, "ASIAROLEROLEROLEROLE");
    assert_eq!(report.source, "a web identity token (AWS_WEB_IDENTITY_TOKEN_FILE)");
}

const ISSUED: &str = r#"{"Code":"Success","Type":"AWS-HMAC","AccessKeyId":"ASIAISSUEDISSUEDIMDS","SecretAccessKey":"S3CR3T",
    "Token":"t","Expiration":"2099-01-01T00:00:00Z","LastUpdated":"2026-01-01T00:00:00Z"}"#;

#[test]
fn a_container() {
    let server = Server::start(|seen| {
        assert_eq!(seen.header("authorization"), Some("token-of-the-container"));
        Reply::ok(ISSUED).header("content-type", "application/json")
    });
    let uri = format!("{}/creds", server.url());
    let variables = [
        ("AWS_CONTAINER_CREDENTIALS_FULL_URI", uri.as_str()),
        ("AWS_CONTAINER_AUTHORIZATION_TOKEN", "token-of-the-container"),
    ];
    let (id, report) = found(&server, &[], &environment(&variables)).unwrap();
    assert_eq!(id, "ASIAISSUEDISSUEDIMDS");
    assert_eq!(report.source, "the service of the container (ECS or EKS pod identity)");
}

#[test]
fn an_instance() {
    let server = Server::start(|seen| {
        assert_eq!(seen.header("x-meant-for"), Some("169.254.169.254"));
        match (seen.method.as_str(), seen.path.as_str()) {
            ("PUT", "/latest/api/token") => {
                Reply::ok("session").header("x-aws-ec2-metadata-token-ttl-seconds", "21600")
            }
            ("GET", path) if path.ends_with("/security-credentials/") => Reply::ok("the-role"),
            ("GET", path) if path.ends_with("/the-role") => Reply::ok(ISSUED),
            _ => Reply::new(404),
        }
    });
    let (id, report) = found(&server, &[], &environment(&[])).unwrap();
    assert_eq!((id.as_str(), report.source.as_str()), ("ASIAISSUEDISSUEDIMDS", "the metadata of the instance"));
}

#[test]
fn keys_are_fetched_once_and_forgotten_only_when_they_are_old() {
    let server = Server::start(|seen| sts("AssumeRole", seen));
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let pairs = [(Key::RoleArn, "arn:aws:iam::123456789012:role/r")];
        let keys = AwsKeys::load(&settings(&pairs), &environment(&KEYS), rerouted(&server), "eu-west-1").await.unwrap();
        for _ in 0..5 {
            keys.get_credential().await.unwrap();
        }
        assert_eq!(server.seen().len(), 1);
        assert!(!keys.forget(), "others would be the same");
    });
}

#[test]
fn nothing_anywhere_is_one_line() {
    let nothing = found(&nobody(), &[], &environment(&[("AWS_EC2_METADATA_DISABLED", "true")])).unwrap_err();
    assert_eq!(nothing, "neither the environment, a profile, a web identity, the container nor the instance has any");
}

fn connector() -> Connector {
    Connector::new(http_options(), Arc::new(Waiting::new(&Settings::default())), Skew::new())
}

fn retry() -> RetryConfig {
    RetryConfig { max_retries: 0, retry_timeout: Duration::from_secs(1), ..RetryConfig::default() }
}

#[test]
fn tokens_of_google() {
    let folder = tempfile::tempdir().unwrap();
    let write = |name: &str, text: &str| {
        let file = folder.path().join(name);
        fs::write(&file, text).unwrap();
        file.to_str().unwrap().to_owned()
    };
    let account = write(
        "account.json",
        r#"{"type":"service_account","client_email":"me@project","private_key":"k","private_key_id":"i","disable_oauth":true}"#,
    );
    let federated = write("federated.json", r#"{"type":"external_account"}"#);
    let load =
        |variables: &[(&str, &str)]| GcpTokens::load(&environment(variables), connector(), retry()).map(|it| it.report);
    let report = load(&[("GOOGLE_SERVICE_ACCOUNT", &account)]).unwrap();
    assert_eq!(report.source, format!("the service account in {account} (GOOGLE_SERVICE_ACCOUNT)"));
    assert_eq!(report.identity.as_deref(), Some("me@project"));
    let report = load(&[("GOOGLE_OAUTH_ACCESS_TOKEN", "t"), ("GOOGLE_SERVICE_ACCOUNT", &account)]).unwrap();
    assert_eq!(report.source, "a token (GOOGLE_OAUTH_ACCESS_TOKEN)");
    let fault = load(&[("GOOGLE_APPLICATION_CREDENTIALS", &federated)]).unwrap_err().to_string();
    assert!(fault.contains("external_account is not supported: put a token into GOOGLE_OAUTH_ACCESS_TOKEN"), "{fault}");
    let fault = load(&[("GOOGLE_APPLICATION_CREDENTIALS", "/nowhere/x.json")]).unwrap_err().to_string();
    assert!(fault.starts_with("the credentials in /nowhere/x.json cannot be used: "), "{fault}");
}

#[test]
fn credentials_of_azure() {
    let load = |pairs: &[(Key, &str)], variables: &[(&str, &str)]| {
        let loaded = AzureKeys::load("acc", &settings(pairs), &environment(variables), &connector(), &retry());
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        loaded.map(|keys| runtime.block_on(keys.report()).unwrap()).map_err(|fault| fault.to_string())
    };
    let key = ("AZURE_STORAGE_KEY", "c2VjcmV0");
    let sas = ("AZURE_STORAGE_SAS_TOKEN", "?sv=2023-11-03&se=2099-01-01T00%3A00%3A00Z&sig=abc%3D");
    let report = load(&[], &[key, sas]).unwrap();
    assert_eq!(report.source, "the key of the account (AZURE_STORAGE_KEY)");
    let report = load(&[(Key::Credential, "sas")], &[key, sas]).unwrap();
    assert_eq!(report.source, "a shared access signature (AZURE_STORAGE_SAS_TOKEN)");
    assert!(report.expires_at.is_some());
    let string = "DefaultEndpointsProtocol=http;AccountName=acc;AccountKey=c2VjcmV0==;BlobEndpoint=http://h:1/acc/;";
    let variables = [("AZURE_STORAGE_CONNECTION_STRING", string)];
    assert_eq!(
        load(&[], &variables).unwrap_err(),
        "AZURE_STORAGE_CONNECTION_STRING does not hold what it should: it is no key in base64"
    );
    let account = account_of_environment(&environment(&variables));
    assert_eq!((account.name.as_deref(), account.endpoint.as_deref()), (Some("acc"), Some("http://h:1/acc")));
    let fault = load(&[(Key::Credential, "client-secret")], &[("AZURE_CLIENT_ID", "c")]).unwrap_err();
    assert_eq!(fault, "credentials of the kind client-secret need AZURE_TENANT_ID in the environment");
    let client = [("AZURE_CLIENT_ID", "c"), ("AZURE_TENANT_ID", "t"), ("AZURE_CLIENT_SECRET", "s")];
    let loaded = AzureKeys::load("acc", &Settings::default(), &environment(&client), &connector(), &retry());
    assert!(format!("{:?}", loaded.unwrap()).contains("the secret of a client (AZURE_CLIENT_SECRET)"));
}

#[test]
fn hints_show_little() {
    assert_eq!(hint("AKIAIOSFODNN7EXAMPLE").as_deref(), Some("…MPLE"));
    assert_eq!(hint("test"), None);
}
