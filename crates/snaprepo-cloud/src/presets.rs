//! Services that speak S3, and what is different about each. The table of `docs/guides/locations.md` is this one; a
//! test holds the two together.
//!
//! No service but Amazon's own is believed when it says that it writes only what is absent: some ignore the condition
//! silently. Writers ask with [`probe`](crate::CloudStore::probe).

use crate::settings::{Key, Origin, SettingFault, Settings};

/// A service that speaks S3.
#[derive(Debug, PartialEq, Eq)]
pub struct Preset {
    /// What it is called in settings.
    pub name: &'static str,
    /// What it is called by people.
    pub title: &'static str,
    /// Its endpoint, with `{region}` and `{account}`; `None` where everybody runs it at another address.
    pub endpoint: Option<&'static str>,
    /// How the names of its hosts end, by which an endpoint shows that this preset fits; empty where they do not.
    pub host_suffix: &'static str,
    /// Whether the bucket stands in the path.
    pub path_style: bool,
    /// Which region requests are signed for.
    pub region: RegionRule,
    /// Whether it writes only what is absent, when asked to.
    pub conditional: Belief,
    /// What else one should know: a sentence, or nothing.
    pub quirk: &'static str,
}

/// Which region requests are signed for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RegionRule {
    /// Always this one.
    Fixed(&'static str),
    /// This one, unless the settings say another; the service does not look at it.
    Any(&'static str),
    /// The settings must say it; an example.
    Needed(&'static str),
}

/// Whether a service may be believed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Belief {
    /// Documented by the service, and known to be true.
    Believed,
    /// Must be asked on a scratch key.
    Asked,
}

/// Why a preset cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PresetFault {
    /// There is no such preset.
    #[error("{name:?} is no known service: known are {}", names())]
    Unknown {
        /// What was given.
        name: String,
    },
    /// It needs a setting.
    #[error("the preset {preset} needs {setting}=, as in {setting}={example}")]
    Needs {
        /// The preset.
        preset: &'static str,
        /// The setting.
        setting: &'static str,
        /// An example.
        example: &'static str,
    },
    /// A value of the preset does not fit its setting.
    #[error(transparent)]
    Setting(#[from] SettingFault),
}

/// The table.
pub const PRESETS: &[Preset] = &[
    Preset {
        name: "minio",
        title: "MinIO",
        endpoint: None,
        host_suffix: "",
        path_style: true,
        region: RegionRule::Any("us-east-1"),
        conditional: Belief::Asked,
        quirk: "Old releases ignore conditional writes.",
    },
    Preset {
        name: "ceph",
        title: "Ceph Object Gateway",
        endpoint: None,
        host_suffix: "",
        path_style: true,
        region: RegionRule::Any("us-east-1"),
        conditional: Belief::Asked,
        quirk: "Host-style names work only where rgw_dns_name is set.",
    },
    Preset {
        name: "seaweedfs",
        title: "SeaweedFS",
        endpoint: None,
        host_suffix: "",
        path_style: true,
        region: RegionRule::Any("us-east-1"),
        conditional: Belief::Asked,
        quirk: "",
    },
    Preset {
        name: "alibaba-oss",
        title: "Alibaba Cloud OSS",
        endpoint: Some("https://s3.oss-{region}.aliyuncs.com"),
        host_suffix: ".aliyuncs.com",
        path_style: false,
        region: RegionRule::Needed("cn-hangzhou"),
        conditional: Belief::Asked,
        quirk: "Refuses path style.",
    },
    Preset {
        name: "yandex",
        title: "Yandex Object Storage",
        endpoint: Some("https://storage.yandexcloud.net"),
        host_suffix: "storage.yandexcloud.net",
        path_style: true,
        region: RegionRule::Any("ru-central1"),
        conditional: Belief::Asked,
        quirk: "",
    },
    Preset {
        name: "backblaze",
        title: "Backblaze B2",
        endpoint: Some("https://s3.{region}.backblazeb2.com"),
        host_suffix: ".backblazeb2.com",
        path_style: true,
        region: RegionRule::Needed("us-west-004"),
        conditional: Belief::Asked,
        quirk: "Only application keys work, not the master key.",
    },
    Preset {
        name: "cloudflare-r2",
        title: "Cloudflare R2",
        endpoint: Some("https://{account}.r2.cloudflarestorage.com"),
        host_suffix: ".r2.cloudflarestorage.com",
        path_style: true,
        region: RegionRule::Fixed("auto"),
        conditional: Belief::Asked,
        quirk: "account= is the account id; buckets with a jurisdiction need their own endpoint=.",
    },
    Preset {
        name: "oracle-oci",
        title: "Oracle Cloud Infrastructure",
        endpoint: Some("https://{account}.compat.objectstorage.{region}.oraclecloud.com"),
        host_suffix: ".oraclecloud.com",
        path_style: true,
        region: RegionRule::Needed("eu-frankfurt-1"),
        conditional: Belief::Asked,
        quirk: "account= is the namespace; credentials are a customer secret key.",
    },
    Preset {
        name: "tencent-cos",
        title: "Tencent Cloud COS",
        endpoint: Some("https://cos.{region}.myqcloud.com"),
        host_suffix: ".myqcloud.com",
        path_style: false,
        region: RegionRule::Needed("ap-guangzhou"),
        conditional: Belief::Asked,
        quirk: "The name of a bucket ends in the number of its account.",
    },
    Preset {
        name: "wasabi",
        title: "Wasabi",
        endpoint: Some("https://s3.{region}.wasabisys.com"),
        host_suffix: ".wasabisys.com",
        path_style: true,
        region: RegionRule::Needed("eu-central-1"),
        conditional: Belief::Asked,
        quirk: "",
    },
];

impl Preset {
    /// The preset of a name.
    ///
    /// # Errors
    /// When there is none.
    pub fn named(name: &str) -> Result<&'static Self, PresetFault> {
        let preset = PRESETS.iter().find(|preset| preset.name.eq_ignore_ascii_case(name));
        preset.ok_or_else(|| PresetFault::Unknown { name: name.to_owned() })
    }

    /// The preset that settings ask for, or that the host of their endpoint shows.
    ///
    /// # Errors
    /// When they ask for one that does not exist.
    pub fn of(settings: &Settings) -> Result<Option<&'static Self>, PresetFault> {
        if let Some(name) = settings.text(Key::Preset) {
            return Self::named(name).map(Some);
        }
        let Some(endpoint) = settings.text(Key::Endpoint) else { return Ok(None) };
        let host = endpoint.split_once("://").map_or(endpoint, |(_, rest)| rest);
        let host = host.split(['/', ':']).next().unwrap_or(host);
        let fits = |preset: &&Self| !preset.host_suffix.is_empty() && host.ends_with(preset.host_suffix);
        Ok(PRESETS.iter().find(fits))
    }

    /// The settings with what this preset adds where they say nothing. Only a region that is always the same holds
    /// against theirs: that one is often in the environment for Amazon's sake.
    ///
    /// # Errors
    /// When its endpoint or its region needs a setting that is not there.
    pub fn complete(&self, mut settings: Settings) -> Result<Settings, PresetFault> {
        let needs = |setting, example| PresetFault::Needs { preset: self.name, setting, example };
        let origin = Origin::Preset(self.name);
        let mut added = Settings::default();
        added.set(Key::PathStyle, if self.path_style { "true" } else { "false" }, origin)?;
        let endpoint = settings.text(Key::Endpoint).unwrap_or_default();
        let region = match self.region {
            RegionRule::Fixed(region) => region.to_owned(),
            RegionRule::Any(region) => settings.text(Key::Region).unwrap_or(region).to_owned(),
            // An endpoint that was given whole has the region in it: nobody should have to say it twice.
            RegionRule::Needed(example) => settings
                .text(Key::Region)
                .or_else(|| self.region_of(endpoint))
                .ok_or_else(|| needs(Key::Region.name(), example))?
                .to_owned(),
        };
        match self.endpoint {
            _ if !endpoint.is_empty() => {}
            None => return Err(needs(Key::Endpoint.name(), "https://host:9000")),
            Some(pattern) => {
                let account = settings.text(Key::Account).unwrap_or_default();
                if pattern.contains("{account}") && account.is_empty() {
                    return Err(needs(Key::Account.name(), "abc123"));
                }
                let endpoint = pattern.replace("{region}", &region).replace("{account}", account);
                added.set(Key::Endpoint, &endpoint, origin)?;
            }
        }
        if matches!(self.region, RegionRule::Fixed(_)) {
            settings.set(Key::Region, &region, origin)?;
        } else {
            added.set(Key::Region, &region, origin)?;
        }
        Ok(settings.or(&added))
    }

    /// The region that stands in an endpoint of this service.
    fn region_of<'e>(&self, endpoint: &'e str) -> Option<&'e str> {
        let (before, after) = self.endpoint?.split_once("{region}")?;
        let rest = match before.rsplit_once("{account}") {
            Some((_, between)) => endpoint.split_once(between)?.1,
            None => endpoint.strip_prefix(before)?,
        };
        let region = rest.strip_suffix('/').unwrap_or(rest).strip_suffix(after)?;
        (!region.is_empty() && !region.contains(['.', '/'])).then_some(region)
    }
}

fn names() -> String {
    PRESETS.iter().map(|preset| preset.name).collect::<Vec<_>>().join(", ")
}

#[cfg(test)]
mod tests;
