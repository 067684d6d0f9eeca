//! Where a repository is: what was typed, with the registration or the configuration file that explains it.

use std::{
    collections::BTreeMap,
    io,
    path::{Path, PathBuf},
};

use serde::Deserialize;
use snaprepo_cloud::{
    Environment, Key, Origin, Place as Registered, Registration, RegistrationFault, SettingFault, Settings, Target,
    TargetFault,
};
use snaprepo_codec::{BlobPath, PathFault};
use snaprepo_store::{Location, LocationFault};

use crate::{args::GlobalArgs, toml_file};

/// The variable that names the configuration file, beside the flag.
const CONFIG_VARIABLE: &str = "SNAPREPO_CONFIG";

/// The place of a repository.
#[derive(Debug)]
pub(crate) struct Place {
    /// As it is shown; never with a secret, because those are refused.
    pub shown: String,
    /// The store.
    pub store: StorePlace,
    /// The folder of the repository in it.
    pub base: BlobPath,
    /// The end of that folder that the location does not show: of a flag, or of the configuration file.
    pub below: BlobPath,
    /// What to tell before anything else, one sentence each.
    pub notes: Vec<String>,
}

/// The place of a store.
#[derive(Debug)]
pub(crate) enum StorePlace {
    /// A directory.
    Directory(PathBuf),
    /// A bucket, a container or a web server.
    Remote(Target),
}

/// Why a place is not known.
#[derive(Debug, thiserror::Error)]
pub(crate) enum PlaceFault {
    /// What was typed is no location.
    #[error(transparent)]
    Location(#[from] LocationFault),
    /// What was typed is no remote location.
    #[error(transparent)]
    Target(#[from] TargetFault),
    /// The base path cannot be one.
    #[error(transparent)]
    Path(#[from] PathFault),
    /// A file that cannot be read.
    #[error("cannot read {}: {source}", .path.display())]
    File {
        /// The file.
        path: PathBuf,
        /// The system's word.
        source: io::Error,
    },
    /// The registration cannot be used.
    #[error("{}: {source}", .path.display())]
    Registration {
        /// The file.
        path: PathBuf,
        /// Why.
        source: RegistrationFault,
    },
    /// There is no configuration file that could have the name.
    #[error("@{name}: there is no configuration file{}", .path.as_ref().map(|path| format!(" {}", path.display())).unwrap_or_default())]
    NoConfiguration {
        /// The name of the repository.
        name: String,
        /// Where the file was looked for.
        path: Option<PathBuf>,
    },
    /// The configuration file is none.
    #[error("{}: {message}", .path.display())]
    Configuration {
        /// The file.
        path: PathBuf,
        /// Why; the parser names the line.
        message: String,
    },
    /// The configuration file has no such repository.
    #[error("@{name}: {} has no repository of this name{}", .path.display(), known(names))]
    NoSuch {
        /// The name.
        name: String,
        /// The file.
        path: PathBuf,
        /// The names that it has.
        names: Vec<String>,
    },
    /// A setting of the configuration file.
    #[error("{}, repository {name:?}: {source}", .path.display())]
    Setting {
        /// The file.
        path: PathBuf,
        /// The repository.
        name: String,
        /// Why.
        source: SettingFault,
    },
}

fn known(names: &[String]) -> String {
    if names.is_empty() { String::new() } else { format!(": it has {}", names.join(", ")) }
}

impl PlaceFault {
    /// What to do next.
    #[must_use]
    pub(crate) fn hint(&self) -> Option<&'static str> {
        match self {
            Self::NoConfiguration { .. } | Self::NoSuch { .. } => {
                Some("write it there as [repositories.NAME] with a location (docs/guides/locations.md)")
            }
            Self::Registration { source: RegistrationFault::NoSuch { .. }, .. } => {
                Some("with --from-registration, REPO is the name of a repository in that file")
            }
            _ => None,
        }
    }
}

/// Says where a repository is.
pub(crate) fn find(repo: &str, global: &GlobalArgs, environment: &Environment) -> Result<Place, PlaceFault> {
    let mut place = match (&global.from_registration, repo.parse()?) {
        (Some(file), _) => from_registration(file, repo)?,
        (None, Location::Named(name)) => from_configuration(&name, global.config.as_deref(), environment)?,
        (None, location) => of_location(repo, location, &Settings::default())?,
    };
    if let Some(below) = &global.base_path {
        place.go_below(below)?;
    }
    Ok(place)
}

/// Says where something else than the repository is: neither its registration nor its base path speak of it.
pub(crate) fn elsewhere(location: &str, global: &GlobalArgs, environment: &Environment) -> Result<Place, PlaceFault> {
    match location.parse()? {
        Location::Named(name) => from_configuration(&name, global.config.as_deref(), environment),
        other => of_location(location, other, &Settings::default()),
    }
}

impl Place {
    fn go_below(&mut self, path: &str) -> Result<(), PathFault> {
        self.base = joined(&self.base, path)?;
        self.below = joined(&self.below, path)?;
        Ok(())
    }
}

fn of_location(shown: &str, location: Location, settings: &Settings) -> Result<Place, PlaceFault> {
    let (store, base) = match location {
        Location::Remote { scheme, rest } => {
            let mut target = Target::from_parts(scheme, &rest)?;
            target.settings = target.settings.or(settings);
            let base = target.base.clone();
            (StorePlace::Remote(target), base)
        }
        Location::Local(path) => (StorePlace::Directory(path), BlobPath::root()),
        Location::Named(name) => return Err(PlaceFault::NoConfiguration { name, path: None }),
    };
    Ok(Place { shown: shown.to_owned(), store, base, below: BlobPath::root(), notes: Vec::new() })
}

fn joined(base: &BlobPath, below: &str) -> Result<BlobPath, PathFault> {
    let below = below.trim_matches('/');
    if below.is_empty() {
        return Ok(base.clone());
    }
    below.split('/').try_fold(base.clone(), |path, component| path.join(component))
}

fn from_registration(file: &Path, repo: &str) -> Result<Place, PlaceFault> {
    let text = read(file)?;
    let fault = |source| PlaceFault::Registration { path: file.to_owned(), source };
    let registration = Registration::parse(&text, Some(repo)).map_err(fault)?;
    let mut place = match registration.place {
        Registered::Directory(path) => Place {
            shown: path.display().to_string(),
            store: StorePlace::Directory(path),
            base: BlobPath::root(),
            below: BlobPath::root(),
            notes: Vec::new(),
        },
        Registered::Remote { location, settings } => of_location(&location, location.parse()?, &settings)?,
    };
    place.notes = registration.notes;
    Ok(place)
}

/// The configuration file.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Configuration {
    #[serde(default)]
    repositories: BTreeMap<String, Repository>,
}

#[derive(Debug, Deserialize)]
struct Repository {
    location: String,
    #[serde(rename = "base-path")]
    base_path: Option<String>,
    #[serde(flatten)]
    settings: BTreeMap<String, toml::Value>,
}

fn from_configuration(name: &str, file: Option<&Path>, environment: &Environment) -> Result<Place, PlaceFault> {
    let no_file = |path| PlaceFault::NoConfiguration { name: name.to_owned(), path };
    let path = match file.map(Path::to_owned).or_else(|| usual_file(environment)) {
        Some(path) if file.is_some() || path.exists() => path,
        path => return Err(no_file(path)),
    };
    let fault =
        |message: String| PlaceFault::Configuration { path: path.clone(), message: message.trim_end().to_owned() };
    let configuration: Configuration = toml_file::parse(&read(&path)?).map_err(fault)?;
    let Some(repository) = configuration.repositories.get(name) else {
        let names = configuration.repositories.into_keys().collect();
        return Err(PlaceFault::NoSuch { name: name.to_owned(), path, names });
    };
    let mut settings = Settings::default();
    for (key, value) in &repository.settings {
        let text = match value {
            toml::Value::String(text) => text.clone(),
            toml::Value::Integer(number) => number.to_string(),
            toml::Value::Boolean(flag) => flag.to_string(),
            _ => return Err(fault(format!("repository {name:?}: {key} takes a text, a number, true or false"))),
        };
        Key::parse(key)
            .and_then(|key| settings.set(key, &text, Origin::Configuration))
            .map_err(|source| PlaceFault::Setting { path: path.clone(), name: name.to_owned(), source })?;
    }
    let location: Location = repository.location.parse()?;
    if matches!(location, Location::Named(_)) {
        return Err(fault(format!("repository {name:?}: its location must not be another name")));
    }
    let mut place = of_location(&repository.location, location, &settings)?;
    if let Some(below) = &repository.base_path {
        place.go_below(below)?;
    }
    Ok(place)
}

/// The configuration file when nobody names one: where the platform keeps such files.
fn usual_file(environment: &Environment) -> Option<PathBuf> {
    if let Some(path) = environment.get(CONFIG_VARIABLE) {
        return Some(path.into());
    }
    let folder = match environment.get("XDG_CONFIG_HOME") {
        Some(folder) => PathBuf::from(folder),
        None if cfg!(windows) => environment.get("APPDATA")?.into(),
        None => Path::new(environment.get("HOME")?).join(".config"),
    };
    Some(folder.join("snaprepo").join("config.toml"))
}

fn read(path: &Path) -> Result<String, PlaceFault> {
    toml_file::read(path).map_err(|source| PlaceFault::File { path: path.to_owned(), source })
}

#[cfg(test)]
mod tests;
