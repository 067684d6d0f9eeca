//! The one table of settings: what each is called in a query, as a flag and in the environment, and what it takes.

use crate::location::Provider;

/// One setting.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Key {
    /// A service of the table of presets.
    Preset,
    /// Where requests go, with `http://` or `https://`.
    Endpoint,
    /// The region of the bucket.
    Region,
    /// Whether the bucket stands in the path, not in the host name.
    PathStyle,
    /// The account: of Azure, or what a preset puts into its endpoint.
    Account,
    /// No credentials at all.
    Anonymous,
    /// Agrees to pay for requests (S3).
    RequesterPays,
    /// The project that pays for requests (Google).
    UserProject,
    /// A profile of the shared configuration of AWS.
    Profile,
    /// A role of AWS to be assumed.
    RoleArn,
    /// What the role's trust policy asks for beside the caller.
    ExternalId,
    /// The name of the assumed role's session, seen in the cloud's audit log.
    RoleSessionName,
    /// Which kind of credentials of Azure.
    Credential,
    /// The address of a proxy.
    Proxy,
    /// A file of certificates to be trusted beside the system's own, in PEM.
    CaFile,
    /// The class in which new blobs are stored.
    StorageClass,
    /// How the service encrypts new blobs.
    Encryption,
    /// The key with which it does.
    KmsKey,
    /// Most requests under way at once.
    Width,
    /// Bytes a second that are read.
    LimitDownload,
    /// Requests a second.
    LimitRequests,
    /// Requests after which the run ends.
    MaxRequests,
    /// How long a request may take to be answered.
    RequestTimeout,
    /// How long an answer may stand still.
    ProgressTimeout,
    /// How often one request is tried.
    Tries,
}

/// What a setting takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Shape {
    /// Any text but none.
    Text,
    /// One of these words.
    OneOf(&'static [&'static str]),
    /// `true`, `yes`, `1`, `false`, `no`, `0`.
    Flag,
    /// A number above nought.
    Number,
    /// Bytes: `500000`, `20mb`, `1.5gib`.
    Size,
    /// A length of time: `30s`, `2m`, `500ms`.
    Time,
}

/// Why a setting was not taken.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SettingFault {
    /// There is no such setting.
    #[error("{name:?} is no setting of a location: known are {}", names())]
    Unknown {
        /// What was given.
        name: String,
    },
    /// The value is not of the shape.
    #[error("{value:?} is no value for {}: it takes {}", key.name(), key.shape().words())]
    Value {
        /// The setting.
        key: Key,
        /// What was given.
        value: String,
    },
}

/// A row of the table.
struct Row {
    key: Key,
    name: &'static str,
    shape: Shape,
    /// Variables of the environment, the strongest first; those of a cloud only for its provider.
    variables: &'static [(Option<Provider>, &'static str)],
    help: &'static str,
}

const S3: Option<Provider> = Some(Provider::S3);
const GCS: Option<Provider> = Some(Provider::Gcs);
const AZURE: Option<Provider> = Some(Provider::Azure);

/// In the order of [`Key`]; a test holds that.
const TABLE: &[Row] = &[
    row(Key::Preset, "preset", Shape::Text, &[(None, "SNAPREPO_PRESET")], "a service that speaks S3, by its name"),
    row(
        Key::Endpoint,
        "endpoint",
        Shape::Text,
        &[
            (None, "SNAPREPO_ENDPOINT"),
            (S3, "AWS_ENDPOINT_URL_S3"),
            (S3, "AWS_ENDPOINT_URL"),
            (GCS, "STORAGE_EMULATOR_HOST"),
            (AZURE, "AZURE_STORAGE_ENDPOINT"),
        ],
        "where requests go, with http:// or https://",
    ),
    row(
        Key::Region,
        "region",
        Shape::Text,
        &[(None, "SNAPREPO_REGION"), (S3, "AWS_REGION"), (S3, "AWS_DEFAULT_REGION")],
        "the region of the bucket",
    ),
    row(
        Key::PathStyle,
        "path-style",
        Shape::Flag,
        &[(None, "SNAPREPO_PATH_STYLE")],
        "the bucket in the path, not in the host name",
    ),
    row(
        Key::Account,
        "account",
        Shape::Text,
        &[(None, "SNAPREPO_ACCOUNT"), (AZURE, "AZURE_STORAGE_ACCOUNT_NAME"), (AZURE, "AZURE_STORAGE_ACCOUNT")],
        "the storage account (Azure), or the account in the endpoint of a preset",
    ),
    row(Key::Anonymous, "anonymous", Shape::Flag, &[(None, "SNAPREPO_ANONYMOUS")], "no credentials at all"),
    row(
        Key::RequesterPays,
        "requester-pays",
        Shape::Flag,
        &[(None, "SNAPREPO_REQUESTER_PAYS")],
        "agree to pay for the requests (S3)",
    ),
    row(
        Key::UserProject,
        "user-project",
        Shape::Text,
        &[(None, "SNAPREPO_USER_PROJECT")],
        "the project that pays for the requests (Google)",
    ),
    row(
        Key::Profile,
        "profile",
        Shape::Text,
        &[(None, "SNAPREPO_AWS_PROFILE")],
        "a profile of the shared configuration of AWS",
    ),
    row(Key::RoleArn, "role-arn", Shape::Text, &[(None, "SNAPREPO_ROLE_ARN")], "a role of AWS to assume"),
    row(
        Key::ExternalId,
        "external-id",
        Shape::Text,
        &[(None, "SNAPREPO_EXTERNAL_ID")],
        "the external id that the role asks for",
    ),
    row(
        Key::RoleSessionName,
        "role-session-name",
        Shape::Text,
        &[(None, "SNAPREPO_ROLE_SESSION_NAME")],
        "the name of the session in the audit log",
    ),
    row(
        Key::Credential,
        "credential",
        Shape::OneOf(&["auto", "key", "sas", "client-secret", "workload-identity", "managed-identity", "cli", "token"]),
        &[(None, "SNAPREPO_CREDENTIAL")],
        "which credentials of Azure, when there are several",
    ),
    row(Key::Proxy, "proxy", Shape::Text, &[(None, "SNAPREPO_PROXY")], "the address of a proxy"),
    row(
        Key::CaFile,
        "ca-file",
        Shape::Text,
        &[(None, "SNAPREPO_CA_FILE"), (S3, "AWS_CA_BUNDLE")],
        "certificates to trust beside the system's, in PEM",
    ),
    row(
        Key::StorageClass,
        "storage-class",
        Shape::Text,
        &[(None, "SNAPREPO_STORAGE_CLASS")],
        "the class of blobs that are written",
    ),
    row(
        Key::Encryption,
        "encryption",
        Shape::OneOf(&["AES256", "aws:kms", "aws:kms:dsse"]),
        &[(None, "SNAPREPO_ENCRYPTION")],
        "how the service encrypts blobs that are written (S3)",
    ),
    row(Key::KmsKey, "kms-key", Shape::Text, &[(None, "SNAPREPO_KMS_KEY")], "the key for that"),
    row(Key::Width, "width", Shape::Number, &[(None, "SNAPREPO_WIDTH")], "most requests under way at once"),
    row(
        Key::LimitDownload,
        "limit-download",
        Shape::Size,
        &[(None, "SNAPREPO_LIMIT_DOWNLOAD")],
        "bytes a second that are read",
    ),
    row(Key::LimitRequests, "limit-requests", Shape::Number, &[(None, "SNAPREPO_LIMIT_REQUESTS")], "requests a second"),
    row(
        Key::MaxRequests,
        "max-requests",
        Shape::Number,
        &[(None, "SNAPREPO_MAX_REQUESTS")],
        "requests after which the run ends with an error",
    ),
    row(
        Key::RequestTimeout,
        "request-timeout",
        Shape::Time,
        &[(None, "SNAPREPO_REQUEST_TIMEOUT")],
        "how long a request may take to be answered",
    ),
    row(
        Key::ProgressTimeout,
        "progress-timeout",
        Shape::Time,
        &[(None, "SNAPREPO_PROGRESS_TIMEOUT")],
        "how long an answer may stand still",
    ),
    row(Key::Tries, "tries", Shape::Number, &[(None, "SNAPREPO_TRIES")], "how often one request is tried"),
];

const fn row(
    key: Key,
    name: &'static str,
    shape: Shape,
    variables: &'static [(Option<Provider>, &'static str)],
    help: &'static str,
) -> Row {
    Row { key, name, shape, variables, help }
}

impl Key {
    /// Every setting, in the order of the table.
    pub fn all() -> impl Iterator<Item = Self> {
        TABLE.iter().map(|row| row.key)
    }

    /// The setting of a name: `path-style`; underscores are taken for dashes.
    ///
    /// # Errors
    /// When there is none.
    pub fn parse(name: &str) -> Result<Self, SettingFault> {
        let dashed = name.replace('_', "-");
        let row = TABLE.iter().find(|row| row.name == dashed);
        row.map(|row| row.key).ok_or_else(|| SettingFault::Unknown { name: name.to_owned() })
    }

    /// Its name in a query; also that of its flag, without the dashes in front.
    #[must_use]
    pub fn name(self) -> &'static str {
        self.row().map_or("", |row| row.name)
    }

    /// What it takes.
    #[must_use]
    pub fn shape(self) -> Shape {
        self.row().map_or(Shape::Text, |row| row.shape)
    }

    /// What it is for: a fragment without a full stop.
    #[must_use]
    pub fn help(self) -> &'static str {
        self.row().map_or("", |row| row.help)
    }

    /// The variables of the environment that stand for it with this provider, the strongest first.
    pub fn variables(self, provider: Provider) -> impl Iterator<Item = &'static str> {
        let variables = self.row().map_or(&[][..], |row| row.variables);
        variables.iter().filter(move |(only, _)| only.is_none_or(|only| only == provider)).map(|(_, name)| *name)
    }

    fn row(self) -> Option<&'static Row> {
        TABLE.get(self as usize)
    }
}

impl Shape {
    fn words(self) -> String {
        match self {
            Self::Text => "a text".to_owned(),
            Self::OneOf(words) => words.join(", "),
            Self::Flag => "true or false".to_owned(),
            Self::Number => "a number above nought".to_owned(),
            Self::Size => "a number of bytes, as in 500000, 20mb or 1.5gib".to_owned(),
            Self::Time => "a length of time, as in 500ms, 30s or 2m".to_owned(),
        }
    }
}

fn names() -> String {
    TABLE.iter().map(|row| row.name).collect::<Vec<_>>().join(", ")
}
