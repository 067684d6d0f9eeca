//! What the tests of this crate share. And the one rule that concerns every type: no secret is shown.

use std::sync::Arc;

use snaprepo_codec::BlobPath;
use snaprepo_testkit::server::{Reply, Server};

use crate::{Environment, Opened, Settings, Target, open};

/// An environment of these variables and no others. Without files of its own, so that no file of whoever runs the
/// tests is read.
pub(crate) fn environment(variables: &[(&str, &str)]) -> Environment {
    let nowhere = [("AWS_CONFIG_FILE", "/nowhere/config"), ("AWS_SHARED_CREDENTIALS_FILE", "/nowhere/credentials")];
    let all = nowhere.iter().chain(variables);
    all.map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
}

/// Keys of AWS for tests.
pub(crate) const KEYS: [(&str, &str); 2] =
    [("AWS_ACCESS_KEY_ID", "AKIATESTTESTTESTWXYZ"), ("AWS_SECRET_ACCESS_KEY", "S3CR3TS3CR3T")];

/// Opens a location of a test server, with keys.
pub(crate) fn opened(location: &str) -> Opened {
    open(&Target::parse(location).unwrap(), &Settings::default(), &environment(&KEYS)).unwrap()
}

pub(crate) fn path(text: &str) -> BlobPath {
    BlobPath::parse(text).unwrap()
}

#[test]
fn no_secret_is_shown() {
    const SECRETS: [&str; 4] = ["S3CR3T", "TOKENTOKEN", "c2VjcmV0", "PASSW0RD"];
    let server = Server::start(|_| Reply::new(404));
    let variables = [
        KEYS[0],
        KEYS[1],
        ("AWS_SESSION_TOKEN", "TOKENTOKEN"),
        ("GOOGLE_OAUTH_ACCESS_TOKEN", "TOKENTOKEN"),
        ("AZURE_STORAGE_ACCOUNT", "account"),
        ("AZURE_STORAGE_KEY", "c2VjcmV0c2VjcmV0"),
        ("SNAPREPO_WEB_USER", "user"),
        ("SNAPREPO_WEB_PASSWORD", "PASSW0RD"),
        ("SNAPREPO_PROXY", "http://user:PASSW0RD@localhost:1"),
    ];
    let environment = environment(&variables);
    let endpoint = server.url();
    let locations = [
        format!("s3://bucket/base?endpoint={endpoint}&region=eu-west-1"),
        format!("gs://bucket/base?endpoint={endpoint}"),
        format!("az://container/base?endpoint={endpoint}"),
        format!("{endpoint}/base"),
    ];
    for location in locations {
        let opened = open(&Target::parse(&location).unwrap(), &Settings::default(), &environment).unwrap();
        let shared = opened.store.shared();
        let report = opened.store.credentials();
        let shown = format!(
            "{opened:?} {:?} {:?} {:?} {:?} {:?} {environment:?} {report:?} {}",
            opened.settings,
            shared.client,
            shared.keys,
            shared.connector,
            Arc::new(shared.client.service()),
            opened.settings.to_query(),
        );
        for secret in SECRETS {
            assert!(!shown.contains(secret), "{location}: {secret} in {shown}");
        }
    }
}
