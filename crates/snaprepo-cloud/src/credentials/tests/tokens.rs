//! Credentials that somebody else issues for a token, a file or a program: what is asked for them, and what is said.

use super::*;

/// A home with a configuration of AWS in it.
fn home(config: &str) -> tempfile::TempDir {
    let home = tempfile::tempdir().unwrap();
    fs::create_dir_all(home.path().join(".aws/sso/cache")).unwrap();
    fs::write(home.path().join(".aws/config"), config).unwrap();
    home
}

fn environment_of(home: &tempfile::TempDir) -> Environment {
    let file = home.path().join(".aws/config");
    environment(&[("HOME", home.path().to_str().unwrap()), ("AWS_CONFIG_FILE", file.to_str().unwrap())])
}

#[test]
fn a_single_sign_on() {
    const START: &str = "https://example.awsapps.com/start";
    let home = home(&format!(
        "[default]\nsso_start_url = {START}\nsso_region = eu-central-1\nsso_account_id = 123456789012\n\
         sso_role_name = auditor\n"
    ));
    // The name is the SHA-1 of the start page.
    let token = home.path().join(".aws/sso/cache/e8be5486177c5b5392bd9aa76563515b29358e6e.json");
    let text = r#"{"accessToken":"token-of-the-login","expiresAt":"2099-01-01T00:00:00Z","region":"eu-central-1"}"#;
    fs::write(token, text).unwrap();
    let server = Server::start(|seen| {
        assert_eq!(seen.header("x-meant-for"), Some("portal.sso.eu-central-1.amazonaws.com"));
        assert_eq!(seen.header("x-amz-sso_bearer_token"), Some("token-of-the-login"));
        assert_eq!((seen.query("account_id"), seen.query("role_name")), (Some("123456789012"), Some("auditor")));
        Reply::ok(
            r#"{"roleCredentials":{"accessKeyId":"ASIASSOSSOSSOSSOSSO0","secretAccessKey":"S3CR3T","sessionToken":"t",
               "expiration":4070908800000}}"#,
        )
    });
    let (id, report) = found(&server, &[], &environment_of(&home)).unwrap();
    let source = "profile default (single sign-on)";
    assert_eq!((id.as_str(), report.source.as_str()), ("ASIASSOSSOSSOSSOSSO0", source));
    assert!(report.expires_at.is_some());
}

#[test]
fn a_program_that_prints_keys() {
    let folder = tempfile::tempdir().unwrap();
    let printed = folder.path().join("keys.json");
    let text = r#"{"Version":1,"AccessKeyId":"ASIAPROCESSPROCESS00","SecretAccessKey":"S3CR3T","SessionToken":"t"}"#;
    fs::write(&printed, text).unwrap();
    let home = home(&format!("[profile vault]\ncredential_process = cat {}\n", printed.display()));
    let (id, report) = found(&nobody(), &[(Key::Profile, "vault")], &environment_of(&home)).unwrap();
    assert_eq!((id.as_str(), report.source.as_str()), ("ASIAPROCESSPROCESS00", "profile vault (a process)"));
}

#[test]
fn a_pod_with_its_token_in_a_file() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("token");
    fs::write(&file, "token-of-the-pod").unwrap();
    let server = Server::start(|seen| {
        assert_eq!(seen.header("authorization"), Some("token-of-the-pod"));
        Reply::ok(ISSUED).header("content-type", "application/json")
    });
    let uri = format!("{}/v1/credentials", server.url());
    let variables = [
        ("AWS_CONTAINER_CREDENTIALS_FULL_URI", uri.as_str()),
        ("AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE", file.to_str().unwrap()),
    ];
    let (id, _) = found(&server, &[], &environment(&variables)).unwrap();
    assert_eq!(id, "ASIAISSUEDISSUEDIMDS");
}

/// The token that Azure gives for credentials of a kind, and what is said of them.
fn azure(kind: &str, variables: &[(&str, &str)]) -> (String, String) {
    let pairs = settings(&[(Key::Credential, kind)]);
    let loaded = AzureKeys::load("acc", &pairs, &environment(variables), &connector(), &retry()).unwrap();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let token = match &*loaded.keys.get_credential().await.unwrap() {
            object_store::azure::AzureCredential::BearerToken(token) => token.clone(),
            other => panic!("{other:?}"),
        };
        (token, loaded.report().await.unwrap().source)
    })
}

/// Issues a token to whoever says all of this.
fn issuer(path: &'static str, said: &'static [&'static str]) -> Server {
    Server::start(move |seen| {
        let all = format!("{} {} {}", seen.target, String::from_utf8_lossy(&seen.body), seen.method);
        assert_eq!(seen.path, path);
        said.iter().for_each(|word| assert!(all.contains(word), "{word}: {all}"));
        let token = r#"{"access_token":"issued","expires_in":3600,"expires_on":"4070908800","token_type":"Bearer"}"#;
        Reply::ok(token).header("content-type", "application/json")
    })
}

#[test]
fn azure_gives_tokens_for_secrets_and_workloads() {
    let server = issuer("/tenant/oauth2/v2.0/token", &["client_id=me", "client_secret=hush", "client_credentials"]);
    let url = server.url();
    let variables = [
        ("AZURE_AUTHORITY_HOST", url.as_str()),
        ("AZURE_CLIENT_ID", "me"),
        ("AZURE_TENANT_ID", "tenant"),
        ("AZURE_CLIENT_SECRET", "hush"),
    ];
    let (token, source) = azure("client-secret", &variables);
    assert_eq!((token.as_str(), source.as_str()), ("issued", "the secret of a client (AZURE_CLIENT_SECRET)"));

    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("token");
    fs::write(&file, "token-of-the-pod").unwrap();
    let server = issuer("/tenant/oauth2/v2.0/token", &["client_id=me", "client_assertion=token-of-the-pod"]);
    let url = server.url();
    let variables = [
        ("AZURE_AUTHORITY_HOST", url.as_str()),
        ("AZURE_CLIENT_ID", "me"),
        ("AZURE_TENANT_ID", "tenant"),
        ("AZURE_FEDERATED_TOKEN_FILE", file.to_str().unwrap()),
    ];
    let (token, source) = azure("workload-identity", &variables);
    assert_eq!((token.as_str(), source.as_str()), ("issued", "the workload identity (AZURE_FEDERATED_TOKEN_FILE)"));
}

#[test]
fn azure_gives_tokens_to_machines() {
    let server = issuer("/msi", &["GET", "storage.azure.com"]);
    let endpoint = format!("{}/msi", server.url());
    let (token, source) = azure("managed-identity", &[("IDENTITY_ENDPOINT", endpoint.as_str())]);
    assert_eq!((token.as_str(), source.as_str()), ("issued", "the managed identity"));
}
