//! Repositories in buckets, in containers, and behind web servers.
//!
//! ```text
//! text ──▶ Target      provider, bucket, base path, what the location says about how to get there
//! flags, location, environment, preset ──▶ Settings
//!                      │ open
//!                      ▼
//! CloudStore ── ReadStore, WriteStore   blocking calls; inside, one small async runtime and one HTTP client
//!            ── probe, doctor, versions what only remote stores have
//! Registration         the JSON of a cluster, made into a location
//! policy               what an identity must be allowed to, for each verb
//! ```
//! ```no_run
//! use snaprepo_cloud::{Environment, Settings, Target, open};
//! use snaprepo_store::ReadStore as _;
//!
//! let target = Target::parse("s3://backups/prod?region=eu-west-1")?;
//! let environment: Environment = std::env::vars().collect();
//! let opened = open(&target, &Settings::default(), &environment)?;
//! opened.store.list(&opened.base, &mut |entry| println!("{entry:?}"))?;
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//! A crate of its own because it is heavy: whoever reads local repositories needs none of it. It knows nothing of
//! snapshots.
//!
//! Two rules hold everywhere. What could not be looked at is never called absent. And no secret is shown: not in errors,
//! not in `Debug`, not in reports.

mod credentials;
mod doctor;
mod engine;
mod location;
mod open;
mod presets;
mod probe;
mod registration;
mod settings;
mod store;
mod versions;
mod waiting;
mod wire;

pub use credentials::{CredentialFault, CredentialReport};
pub use doctor::{Check, CheckKind, PolicyFault, Verdict, WriteTest, doctor, policy, verbs};
pub use location::{Provider, Secret, Target, TargetFault};
pub use open::{OpenFault, Opened, effective_settings, open};
pub use presets::{Belief, PRESETS, Preset, PresetFault, RegionRule};
pub use probe::Conditional;
pub use registration::{Place, Registration, RegistrationFault};
pub use settings::{Environment, Key, Origin, SettingFault, Settings, Shape};
pub use store::CloudStore;
pub use versions::{StoredBlob, Upload, Version};
pub use waiting::{Kind, Traffic, TrafficCounts};

#[cfg(test)]
mod tests;
