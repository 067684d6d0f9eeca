//! Real engines as the judge. Starts unmodified Elasticsearch and OpenSearch nodes on loopback, drives them over HTTP,
//! and compares what they say with what we say. Nothing here knows the format of a repository: the crate must not
//! share a mistake with the code that it judges, so it depends on no other crate of the workspace.
//!
//! ```no_run
//! use snaprepo_lab::{Cache, Node, NodeOptions, Release};
//!
//! let node = Node::start(&Cache::open()?, Release::find("es:9")?, &NodeOptions::default())?;
//! println!("{} repositories", node.http().get("/_snapshot")?.as_object().map_or(0, |all| all.len()));
//! node.stop()?;
//! # Ok::<(), snaprepo_lab::Error>(())
//! ```
//!
//! `release` says what there is, `cache`, `distribution` and `jdk` bring it here, `node` runs it, `http` talks to it.
//! `server` runs object stores and a web server in the same way.

pub mod accept;
pub mod attempt;
pub mod cache;
pub mod case;
pub mod dialect;
pub mod distribution;
pub mod documents;
pub mod error;
pub mod http;
pub mod jdk;
pub mod judge;
pub mod live;
pub mod node;
pub mod release;
pub mod rounds;
pub mod server;
pub mod snaprepo;
pub mod trap;
pub mod truth;

mod launcher;
mod owner;
mod program;

pub use cache::Cache;
pub use error::{Error, Result};
pub use http::Http;
pub use node::{Node, Options as NodeOptions};
pub use release::{Product, Release, Version};
pub use server::Server;
