//! The JSON in which a cluster knows a repository (`GET /_snapshot/<repo>`), made into a location.
//!
//! What a registration has are names, not secrets: credentials lie in the keystores of the nodes. What could not be
//! carried over is listed, each with what to do.

use std::path::PathBuf;

use serde_json::{Map, Value};

use crate::settings::{Key, Origin, SettingFault, Settings};

mod types;

/// A repository as a cluster has it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Registration {
    /// Its name in the cluster, where the JSON has it.
    pub name: Option<String>,
    /// Where it is.
    pub place: Place,
    /// What was not carried over, one sentence each, with what to do.
    pub notes: Vec<String>,
}

/// Where a registered repository is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Place {
    /// A directory of the nodes: it has to be mounted here under the same path.
    Directory(PathBuf),
    /// A location with its scheme, and what the registration says about how to get there.
    Remote {
        /// As [`Target::parse`](crate::Target::parse) takes it, without a query.
        location: String,
        /// Endpoint, region, path style.
        settings: Settings,
    },
}

/// Why JSON is no registration that can be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum RegistrationFault {
    /// It is no JSON.
    #[error("the registration is no JSON: {reason}")]
    Json {
        /// The parser's word.
        reason: String,
    },
    /// It is JSON of another kind.
    #[error("this is no registration: give the answer of GET /_snapshot/<name>, or one repository of it")]
    NoRegistration,
    /// It has several repositories.
    #[error("the registration has {} repositories: choose one of {}", names.len(), names.join(", "))]
    Several {
        /// Their names.
        names: Vec<String>,
    },
    /// The repository that was asked for is not in it.
    #[error("the registration has no repository {name:?}: it has {}", names.join(", "))]
    NoSuch {
        /// What was asked for.
        name: String,
        /// What there is.
        names: Vec<String>,
    },
    /// A type that nothing here can read.
    #[error("repositories of type {kind:?} cannot be read")]
    Type {
        /// The type.
        kind: String,
    },
    /// A setting that the type cannot do without.
    #[error("the registration of type {kind:?} has no {setting:?}")]
    Missing {
        /// The type.
        kind: String,
        /// The setting.
        setting: &'static str,
    },
    /// A URL of a kind that nothing here can read.
    #[error("{url:?} is no http, https or file URL")]
    Url {
        /// The URL.
        url: String,
    },
    /// A value that does not fit.
    #[error(transparent)]
    Setting(#[from] SettingFault),
}

impl Registration {
    /// Makes a location of a registration: the whole answer of the cluster, with one repository or with `name` among
    /// several, or the object of one repository alone.
    ///
    /// # Errors
    /// When it is no registration, its type is unknown, or it lacks what the type needs.
    pub fn parse(json: &str, name: Option<&str>) -> Result<Self, RegistrationFault> {
        let value: Value =
            serde_json::from_str(json).map_err(|error| RegistrationFault::Json { reason: error.to_string() })?;
        let Value::Object(object) = &value else { return Err(RegistrationFault::NoRegistration) };
        let (name, repository) =
            if is_repository(object) { (name.map(str::to_owned), object) } else { pick(object, name)? };
        let kind = repository.get("type").and_then(Value::as_str).ok_or(RegistrationFault::NoRegistration)?;
        let given = Given { kind: kind.to_owned(), settings: flatten(repository.get("settings")) };
        let (place, notes) = given.place()?;
        Ok(Self { name, place, notes })
    }
}

/// The type and the settings of a registration.
struct Given {
    kind: String,
    /// With dots for levels, as clusters print them; all values as text.
    settings: Vec<(String, String)>,
}

impl Given {
    fn get(&self, name: &str) -> Option<&str> {
        self.settings
            .iter()
            .find(|(key, _)| key == name)
            .map(|(_, value)| value.as_str())
            .filter(|value| !value.is_empty())
    }

    fn need(&self, setting: &'static str) -> Result<&str, RegistrationFault> {
        self.get(setting).ok_or_else(|| RegistrationFault::Missing { kind: self.kind.clone(), setting })
    }

    /// `scheme://container/base`.
    fn location(&self, scheme: &str, container: &str) -> String {
        let base = self.get("base_path").unwrap_or_default().trim_matches('/');
        if base.is_empty() { format!("{scheme}://{container}") } else { format!("{scheme}://{container}/{base}") }
    }

    /// Carries one setting over, if it is there.
    fn carry(&self, name: &str, key: Key, settings: &mut Settings) -> Result<(), RegistrationFault> {
        if let Some(value) = self.get(name) {
            settings.set(key, value, Origin::Registration)?;
        }
        Ok(())
    }
}

/// Nobody calls a repository `type`: then the JSON would have an object there.
fn is_repository(object: &Map<String, Value>) -> bool {
    object.get("type").is_some_and(Value::is_string)
}

fn pick<'v>(
    object: &'v Map<String, Value>,
    name: Option<&str>,
) -> Result<(Option<String>, &'v Map<String, Value>), RegistrationFault> {
    let repositories: Vec<(&String, &Map<String, Value>)> = object
        .iter()
        .filter_map(|(name, value)| {
            value.as_object().filter(|object| is_repository(object)).map(|object| (name, object))
        })
        .collect();
    let names = || repositories.iter().map(|(name, _)| (*name).clone()).collect();
    match (name, repositories.as_slice()) {
        (_, []) => Err(RegistrationFault::NoRegistration),
        (None, [(name, repository)]) => Ok((Some((*name).clone()), repository)),
        (None, _) => Err(RegistrationFault::Several { names: names() }),
        (Some(wanted), all) => match all.iter().find(|(name, _)| *name == wanted) {
            Some((name, repository)) => Ok((Some((*name).clone()), repository)),
            None => Err(RegistrationFault::NoSuch { name: wanted.to_owned(), names: names() }),
        },
    }
}

fn flatten(settings: Option<&Value>) -> Vec<(String, String)> {
    let mut flat = Vec::new();
    let mut open: Vec<(String, &Value)> = settings.map(|value| (String::new(), value)).into_iter().collect();
    while let Some((name, value)) = open.pop() {
        match value {
            Value::Object(object) => {
                for (key, value) in object {
                    let name = if name.is_empty() { key.clone() } else { format!("{name}.{key}") };
                    open.push((name, value));
                }
            }
            Value::String(text) => flat.push((name, text.clone())),
            Value::Null => {}
            other => flat.push((name, other.to_string())),
        }
    }
    flat.sort();
    flat
}

#[cfg(test)]
mod tests;
