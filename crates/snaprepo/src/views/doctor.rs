//! The answer of `doctor`: what was looked at, and what holds.

use schemars::JsonSchema;
use serde::Serialize;

use super::{Layout, View};
use crate::output::units::{clean, counted};

/// How a store does.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct DoctorView {
    /// The location.
    pub location: String,
    /// Which service, where.
    pub store: String,
    /// What was looked at, in this order.
    pub checks: Vec<CheckRow>,
    /// What holds for this store, and where each value comes from.
    pub settings: Vec<SettingRow>,
}

/// One check.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct CheckRow {
    /// `endpoint`, `credentials`, `list`, `read`, `range`, `region`, `clock`, `write`, `conditional`, `delete`.
    pub check: &'static str,
    /// `good`, `note`, `bad`, `skipped`.
    pub verdict: &'static str,
    /// What was found. Never a secret.
    pub found: String,
    /// What to do.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub next: Option<String>,
}

/// A setting.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct SettingRow {
    /// Its name.
    pub name: &'static str,
    /// Its value. Never a secret.
    pub value: String,
    /// Where it comes from.
    pub from: String,
}

impl View for DoctorView {
    fn text(&self, layout: &Layout) -> String {
        let n = |verdict| self.checks.iter().filter(|check| check.verdict == verdict).count() as u64;
        let mut text = match n("bad") {
            0 => format!("good: {} passed", counted(n("good") + n("note"), "check")),
            bad => format!("bad: {} failed", counted(bad, "check")),
        };
        text += &format!("   {} · {}\n", clean(&self.location), clean(&self.store));
        if layout.quiet {
            return text;
        }
        text.push('\n');
        for CheckRow { check, verdict, found, next } in &self.checks {
            text += &format!("  {check:<12} {verdict:<8} {}\n", clean(found));
            if let Some(next) = next {
                text += &format!("  {:<12} {:<8} {}\n", "", "next", clean(next));
            }
        }
        for (i, SettingRow { name, value, from }) in self.settings.iter().enumerate() {
            let heading = if i == 0 { "\n  settings\n" } else { "" };
            text += &format!("{heading}  {name:<18} {}   from {}\n", clean(value), clean(from));
        }
        text
    }
}
