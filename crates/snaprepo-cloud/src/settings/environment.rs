//! The environment as a value. This library does not read it: the program hands it over, and tests hand over another.
//!
//! Two readers are out of our hands: the chain of AWS looks at its own variables, and the HTTP client at those of
//! proxies.

use std::{collections::BTreeMap, fmt};

use super::{Key, Origin, SettingFault, Settings};
use crate::location::Provider;

/// Names and values of the environment.
#[derive(Clone, Default)]
pub struct Environment(BTreeMap<String, String>);

impl Environment {
    /// The value of a variable; `None` when it is not set or empty, which is how shells unset things.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&str> {
        self.0.get(name).map(|value| value.trim()).filter(|value| !value.is_empty())
    }

    /// The first of these variables that is set, with its name.
    #[must_use]
    pub fn first<'n>(&self, names: &[&'n str]) -> Option<(&'n str, &str)> {
        names.iter().find_map(|name| self.get(name).map(|value| (*name, value)))
    }

    /// The settings that the environment has for a provider.
    ///
    /// # Errors
    /// When a value is not of the shape of its key.
    pub fn settings(&self, provider: Provider) -> Result<Settings, SettingFault> {
        let mut settings = Settings::default();
        for key in Key::all() {
            let set = key.variables(provider).find_map(|name| self.get(name).map(|value| (name, value)));
            if let Some((name, value)) = set {
                settings.set(key, value, Origin::Environment(name))?;
            }
        }
        Ok(settings)
    }
}

impl FromIterator<(String, String)> for Environment {
    fn from_iter<I: IntoIterator<Item = (String, String)>>(variables: I) -> Self {
        Self(variables.into_iter().collect())
    }
}

/// Names alone: values of the environment are where secrets live.
impl fmt::Debug for Environment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.0.keys()).finish()
    }
}

#[cfg(test)]
impl Environment {
    /// The environment as the chain of AWS takes it in tests.
    pub(crate) fn for_chain(&self) -> aws_types::os_shim_internal::Env {
        let pairs: Vec<(&str, &str)> = self.0.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
        aws_types::os_shim_internal::Env::from_slice(&pairs)
    }
}
