//! What each type of registration says, and what it leaves out.

use super::{Given, Place, RegistrationFault};
use crate::settings::{Key, Origin, Settings};

/// The container that Azure repositories use when nobody says another.
const DEFAULT_AZURE_CONTAINER: &str = "elasticsearch-snapshots";

/// Settings of a registration that hold secrets: never carried, and worth a word.
const SECRETS: [&str; 9] = [
    "access_key",
    "secret_key",
    "access_key_id",
    "access_key_secret",
    "secret_access_key",
    "secret_id",
    "security_token",
    "session_token",
    "sas_token",
];

type Placed = Result<(Place, Vec<String>), RegistrationFault>;

impl Given {
    pub(super) fn place(&self) -> Placed {
        match self.kind.as_str() {
            "s3" => self.s3(),
            "gcs" => self.gcs(),
            "azure" => self.azure(),
            "oss" => self.oss(),
            "cos" | "cosn" => self.cos(),
            "fs" => self.directory("location"),
            "url" => self.url(),
            "source" => self.source(),
            kind => Err(RegistrationFault::Type { kind: kind.to_owned() }),
        }
    }

    /// `client` names settings of the nodes; a few of them may stand in the registration too.
    fn s3(&self) -> Placed {
        let location = self.location("s3", self.need("bucket")?);
        let mut settings = Settings::default();
        if let Some(endpoint) = self.get("endpoint") {
            let protocol = self.get("protocol").unwrap_or("https");
            let whole = if endpoint.contains("://") { endpoint.to_owned() } else { format!("{protocol}://{endpoint}") };
            settings.set(Key::Endpoint, &whole, Origin::Registration)?;
        }
        self.carry("region", Key::Region, &mut settings)?;
        self.carry("path_style_access", Key::PathStyle, &mut settings)?;
        self.carry("role_arn", Key::RoleArn, &mut settings)?;
        self.carry("storage_class", Key::StorageClass, &mut settings)?;
        if let (Some(host), Some(port)) = (self.get("proxy.host"), self.get("proxy.port")) {
            settings.set(Key::Proxy, &format!("http://{host}:{port}"), Origin::Registration)?;
        }
        match self.get("server_side_encryption") {
            Some("true") => settings.set(Key::Encryption, "AES256", Origin::Registration)?,
            Some(kind @ ("AES256" | "aws:kms")) => settings.set(Key::Encryption, kind, Origin::Registration)?,
            _ => {}
        }
        let client = self.get("client").unwrap_or("default");
        let mut notes = vec![format!(
            "endpoint, region and keys of the client {client:?} are settings of the nodes (s3.client.{client}.*): set \
             AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or profile=; and endpoint= and region= where the nodes have them"
        )];
        self.note_secrets(&mut notes);
        Ok((Place::Remote { location, settings }, notes))
    }

    fn gcs(&self) -> Placed {
        let location = self.location("gs", self.need("bucket")?);
        let client = self.get("client").unwrap_or("default");
        let mut notes = vec![format!(
            "the service account of the client {client:?} lies in the keystore of the nodes: set \
             GOOGLE_APPLICATION_CREDENTIALS to a file of it"
        )];
        self.note_secrets(&mut notes);
        Ok((Place::Remote { location, settings: Settings::default() }, notes))
    }

    fn azure(&self) -> Placed {
        let location = self.location("az", self.get("container").unwrap_or(DEFAULT_AZURE_CONTAINER));
        let client = self.get("client").or_else(|| self.get("account")).unwrap_or("default");
        let mut notes = vec![format!(
            "account and key of the client {client:?} lie in the keystore of the nodes: set AZURE_STORAGE_ACCOUNT and \
             AZURE_STORAGE_KEY, AZURE_STORAGE_SAS_TOKEN or another credential of Azure"
        )];
        if let Some(mode) = self.get("location_mode").filter(|mode| mode.starts_with("secondary")) {
            notes.push(format!(
                "location_mode {mode} reads the secondary copy: add endpoint=https://<account>-secondary.blob.core.windows.net"
            ));
        }
        self.note_secrets(&mut notes);
        Ok((Place::Remote { location, settings: Settings::default() }, notes))
    }

    /// The plugin of Alibaba Cloud; it has the keys in the registration.
    fn oss(&self) -> Placed {
        let location = self.location("s3", self.need("bucket")?);
        let mut settings = Settings::default();
        settings.set(Key::Preset, "alibaba-oss", Origin::Registration)?;
        if let Some(region) = self.get("endpoint").and_then(oss_region) {
            settings.set(Key::Region, region, Origin::Registration)?;
        }
        let mut notes = Vec::new();
        if settings.text(Key::Region).is_none() {
            notes.push("the endpoint does not tell the region: add region=, as in region=cn-hangzhou".to_owned());
        }
        notes.push("set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY to the access key of Alibaba Cloud".to_owned());
        self.note_secrets(&mut notes);
        Ok((Place::Remote { location, settings }, notes))
    }

    /// The plugins of Tencent Cloud: the bucket may or may not end in the number of the account.
    fn cos(&self) -> Placed {
        let bucket = self.need("bucket")?;
        let account = self.get("app_id").or_else(|| self.get("account"));
        let whole = match account.map(|id| format!("-{id}")) {
            Some(suffix) if !bucket.ends_with(&suffix) => format!("{bucket}{suffix}"),
            _ => bucket.to_owned(),
        };
        let mut settings = Settings::default();
        settings.set(Key::Preset, "tencent-cos", Origin::Registration)?;
        settings.set(Key::Region, self.need("region")?, Origin::Registration)?;
        let mut notes = vec!["set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY to the key of Tencent Cloud".to_owned()];
        self.note_secrets(&mut notes);
        Ok((Place::Remote { location: self.location("s3", &whole), settings }, notes))
    }

    fn directory(&self, setting: &'static str) -> Placed {
        let path = self.need(setting)?;
        let note = if path.starts_with('/') {
            format!("{path} is a directory of the nodes: it has to be mounted here under the same path")
        } else {
            format!("{path} is relative to a path.repo of the nodes: put that folder in front of it")
        };
        Ok((Place::Directory(path.into()), vec![note]))
    }

    fn url(&self) -> Placed {
        let url = self.need("url")?;
        if let Some(path) = url.strip_prefix("file:") {
            let path = path.trim_start_matches('/');
            let note = format!("/{path} is a directory of the nodes: it has to be mounted here under the same path");
            return Ok((Place::Directory(format!("/{path}").into()), vec![note]));
        }
        if !url.starts_with("http://") && !url.starts_with("https://") {
            return Err(RegistrationFault::Url { url: url.to_owned() });
        }
        let note = "a web server cannot be listed: what index.latest leads to is all that can be seen".to_owned();
        Ok((Place::Remote { location: url.to_owned(), settings: Settings::default() }, vec![note]))
    }

    /// Holds the settings of another type under its own name.
    fn source(&self) -> Placed {
        let kind = self.need("delegate_type")?;
        if kind == "source" {
            return Err(RegistrationFault::Type { kind: "source of source".to_owned() });
        }
        let settings = self.settings.iter().filter(|(name, _)| name != "delegate_type").cloned().collect();
        let (place, mut notes) = Self { kind: kind.to_owned(), settings }.place()?;
        notes.push("source-only: the snapshots hold documents and no indices that can be searched".to_owned());
        Ok((place, notes))
    }

    fn note_secrets(&self, notes: &mut Vec<String>) {
        let found: Vec<&str> = SECRETS.iter().copied().filter(|name| self.get(name).is_some()).collect();
        if !found.is_empty() {
            notes.push(format!("the registration holds secrets ({}): they were not carried over", found.join(", ")));
        }
    }
}

/// `oss-cn-hangzhou-internal.aliyuncs.com`, perhaps with a scheme or a bucket in front → `cn-hangzhou`.
fn oss_region(endpoint: &str) -> Option<&str> {
    let host = endpoint.split_once("://").map_or(endpoint, |(_, rest)| rest);
    let label = host.split(['.', '/']).find(|label| label.starts_with("oss-"))?;
    let region = label.strip_prefix("oss-")?;
    Some(region.strip_suffix("-internal").unwrap_or(region)).filter(|region| !region.is_empty())
}
