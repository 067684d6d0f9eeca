//! The JDKs that run the engines: the ones of this machine, or a runtime that is fetched.

use std::{
    env, fmt,
    path::{Path, PathBuf},
};

use crate::{Error, Release, Result, cache::Cache, owner};

mod places;
mod runtime;
mod version_file;

use version_file::VersionFile;

/// The versions that releases ask for, and that variables may name.
const NAMED: [u8; 4] = [11, 17, 21, 25];

/// A JDK, or a runtime that is large enough for a server.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Jdk {
    /// Its folder, with `bin` inside.
    pub home: PathBuf,
    /// Its major version.
    pub major: u8,
    /// Its whole version, as it says it itself.
    pub version: String,
    /// How it was found.
    pub origin: Origin,
    /// Its modules; nothing when it has all.
    modules: Option<Vec<String>>,
}

/// How a JDK was found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Origin {
    /// A variable of the environment names it.
    Variable,
    /// It is installed on this machine.
    Machine,
    /// It was fetched into the cache.
    Fetched,
}

impl Jdk {
    /// The program that runs classes.
    #[must_use]
    pub fn java(&self) -> PathBuf {
        self.home.join("bin").join("java")
    }

    /// The compiler, which runtimes do not have.
    #[must_use]
    pub fn javac(&self) -> Option<PathBuf> {
        Some(self.home.join("bin").join("javac")).filter(|javac| javac.is_file())
    }

    /// Whether it has a module of the platform.
    #[must_use]
    pub fn has(&self, module: &str) -> bool {
        self.modules.as_ref().is_none_or(|modules| modules.iter().any(|own| own == module))
    }
}

#[cfg(test)]
impl Jdk {
    /// With one module, or all.
    pub(crate) fn for_tests(module: Option<&str>) -> Self {
        Self {
            home: "/jdk".into(),
            major: 17,
            version: "17".to_owned(),
            origin: Origin::Machine,
            modules: module.map(|module| vec![module.to_owned()]),
        }
    }
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Variable => "named by a variable",
            Self::Machine => "of this machine",
            Self::Fetched => "fetched",
        })
    }
}

/// Finds a JDK for a release, of the best version there is; fetches a runtime only when this machine has none.
///
/// # Errors
/// [`Error::WrongJdk`] when a variable names something else, [`Error::NoJdk`] when there is none to fetch for this
/// platform, and what can go wrong while fetching.
pub fn find(cache: &Cache, release: &Release) -> Result<Jdk> {
    if let Some(jdk) = find_local(cache, release)? {
        return Ok(jdk);
    }
    let home = match to_fetch(release).next() {
        Some(runtime) => runtime::install(cache, runtime)?,
        None => return Err(none(release)),
    };
    look(&home, Origin::Fetched).ok_or_else(|| none(release))
}

/// Like [`find`], but fetches nothing: nothing when there is none.
///
/// # Errors
/// [`Error::WrongJdk`].
pub fn find_local(cache: &Cache, release: &Release) -> Result<Option<Jdk>> {
    for &major in release.jdks {
        if let Some(jdk) = named_by_variable(major, release.jdk_modules())? {
            return Ok(Some(jdk));
        }
    }
    let mut known = installed();
    known.extend(to_fetch(release).filter_map(|runtime| look(&runtime::home(cache, runtime), Origin::Fetched)));
    known.retain(|jdk| release.jdk_modules().iter().all(|module| jdk.has(module)));
    Ok(release.jdks.iter().find_map(|major| known.iter().find(|jdk| jdk.major == *major)).cloned())
}

/// Whether [`find`] would have something to fetch for this platform.
#[must_use]
pub fn can_be_fetched(release: &Release) -> bool {
    to_fetch(release).next().is_some()
}

fn to_fetch(release: &Release) -> impl Iterator<Item = &'static runtime::Runtime> {
    release.jdks.iter().filter_map(|major| runtime::of(*major, release.jdk_modules()))
}

/// A JDK with a compiler that can make classes for version 11 and later.
pub(crate) fn find_compiler() -> Result<Jdk> {
    let named = NAMED.iter().filter_map(|major| env::var_os(variable(*major)));
    let mut with_compiler: Vec<Jdk> = named.filter_map(|home| read(Path::new(&home), Origin::Variable)).collect();
    with_compiler.extend(installed());
    with_compiler.retain(|jdk| jdk.javac().is_some() && jdk.major >= 11);
    // The oldest: the classes use an inside of the platform, and version 11 is what runs them.
    with_compiler.into_iter().min_by_key(|jdk| jdk.major).ok_or(Error::NoCompiler)
}

fn named_by_variable(major: u8, modules: &[&str]) -> Result<Option<Jdk>> {
    let variable = variable(major);
    let Some(home) = env::var_os(&variable).filter(|home| !home.is_empty()).map(PathBuf::from) else {
        return Ok(None);
    };
    let wrong = |reason: String| Error::WrongJdk { variable: variable.clone(), major, reason };
    // Somebody said to use this one, so another one is not a substitute.
    let jdk = read(&home, Origin::Variable)
        .ok_or_else(|| wrong(format!("no file `release` with a JAVA_VERSION in {}", home.display())))?;
    if jdk.major != major {
        return Err(wrong(format!("{} is version {}", home.display(), jdk.version)));
    }
    if let Some(module) = modules.iter().find(|module| !jdk.has(module)) {
        return Err(wrong(format!("{} has no module {module}, which whole JDKs have", home.display())));
    }
    owner::check_reach(&jdk.java())?;
    Ok(Some(jdk))
}

/// The variable that names the home of a JDK.
fn variable(major: u8) -> String {
    format!("SNAPREPO_JAVA_{major}")
}

/// The JDKs of this machine that nodes can reach, those that the person chose first.
fn installed() -> Vec<Jdk> {
    let homes = places::homes(|name| env::var_os(name));
    homes.iter().filter_map(|home| look(home, Origin::Machine)).collect()
}

fn look(home: &Path, origin: Origin) -> Option<Jdk> {
    read(home, origin).filter(|jdk| owner::nodes_reach(&jdk.java()))
}

fn read(home: &Path, origin: Origin) -> Option<Jdk> {
    let VersionFile { version, major, modules } = VersionFile::read(home)?;
    let jdk = Jdk { home: home.to_owned(), major, version, origin, modules };
    jdk.java().is_file().then_some(jdk)
}

fn none(release: &Release) -> Error {
    let majors: Vec<String> = release.jdks.iter().map(ToString::to_string).collect();
    let mut wanted = majors.join(" or ");
    if !release.jdk_modules().is_empty() {
        wanted = format!("{wanted} with {}", release.jdk_modules().join(", "));
    }
    Error::NoJdk { wanted, first: release.jdks.first().copied().unwrap_or_default() }
}
