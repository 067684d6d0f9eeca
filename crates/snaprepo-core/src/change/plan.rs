//! What will be done to a repository: shown before, kept in the journal, carried out as it stands.
//!
//! On disk a plan is one JSON object in each line: the head, the shard tables, the blobs that are deleted, and an end
//! that counts them (`docs/json.md`, *Plans*).

use std::io::{self, BufRead, Write};

use serde::{Deserialize, Serialize};
use snaprepo_codec::BlobPath;

use super::spool::{Spool, Writer, next_line};
use crate::usage::Blobs;

/// The version of plans that this program writes, and the only one that it reads.
pub(super) const VERSION: u32 = 1;

/// Which state of which repository a plan is for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Identity {
    /// Uuid, where the repository has one.
    pub uuid: Option<String>,
    /// The folder of the repository in its store.
    pub base: String,
    /// Generation of the newest root; `None` where there is none any more.
    pub generation: Option<u64>,
    /// CRC-32 of the root blob.
    pub root_crc32: u32,
    /// Length of the root blob.
    pub root_bytes: u64,
}

/// A snapshot that goes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Removed {
    /// Name.
    pub name: String,
    /// Uuid.
    pub uuid: String,
}

/// The first line of a plan.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Head {
    /// The version of plans that this is one of.
    pub plan: u32,
    /// The verb that made it.
    pub command: String,
    /// What it is for.
    pub repository: Identity,
    /// When it was made, in milliseconds since 1970.
    pub made_at_in_millis: i64,
    /// Snapshots that go.
    pub removes: Vec<Removed>,
    /// Generation of the root that is written.
    pub publishes: u64,
    /// Whether `index.latest` exists, and is renewed.
    pub renews_latest: bool,
    /// Whether shard tables are written before the root, which then names them. Elasticsearch 5 to 7.5 finds them by
    /// their numbers: there the root comes first.
    pub tables_first: bool,
    /// The new root, where it is another than the old one without the snapshots that go and with the new tables.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub root: Option<String>,
}

impl Head {
    /// Whether no root is written.
    #[must_use]
    pub fn keeps_root(&self) -> bool {
        self.repository.generation == Some(self.publishes)
    }
}

/// How a new shard table comes about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum How {
    /// It is the old one without the snapshots that go.
    #[default]
    Without,
    /// It is the old one with the snapshots that the new root has for the index, and no others.
    Known,
    /// It is made of the file lists of the snapshots that the new root has for the index.
    Rebuilt,
}

fn is_usual(how: &How) -> bool {
    *how == How::default()
}

/// A shard table that is written anew, or goes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Table {
    /// Index id.
    pub index: String,
    /// Number of the shard.
    pub shard: u32,
    /// Its folder.
    pub folder: String,
    /// The text behind `index-` of the table that is; `None` where there is none that can be read.
    pub from: Option<String>,
    /// The same of the one that is written; `None` when no snapshot of the shard is left.
    pub to: Option<String>,
    /// How it comes about.
    #[serde(default, skip_serializing_if = "is_usual")]
    pub how: How,
}

/// A blob that is deleted, from the root of the store, and its length.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Doomed {
    blob: String,
    bytes: u64,
}

/// Any line but the first.
#[derive(Serialize, Deserialize)]
#[serde(untagged)]
enum Line {
    Delete(Doomed),
    Table { table: Table },
    End { end: End },
}

#[derive(Serialize, Deserialize)]
struct End {
    tables: u64,
    blobs: u64,
    bytes: u64,
}

/// What will be done.
#[derive(Debug)]
pub struct Plan {
    /// What for.
    pub head: Head,
    /// Shard tables.
    pub tables: Vec<Table>,
    /// Blobs that are deleted, and their bytes.
    pub doomed: Blobs,
    lines: Spool,
}

/// A plan that is being made.
pub(super) struct Draft {
    pub(super) tables: Vec<Table>,
    doomed: Blobs,
    lines: Writer,
}

/// Why a plan cannot be read.
#[derive(Debug, thiserror::Error)]
pub enum PlanError {
    /// The file cannot be read.
    #[error("cannot be read: {0}")]
    Io(#[from] io::Error),
    /// A line is not of a plan.
    #[error("line {line} is not of a plan: {reason}")]
    Line {
        /// Number of the line, from 1.
        line: u64,
        /// Why.
        reason: String,
    },
    /// It was made by another version.
    #[error("is a plan of version {found}; this program carries out version {VERSION}")]
    Version {
        /// Its version.
        found: u32,
    },
    /// It does not end as plans do.
    #[error("is not whole: its last line does not count what stands before it")]
    CutOff,
}

impl Draft {
    pub(super) fn new() -> io::Result<Self> {
        Ok(Self { tables: Vec::new(), doomed: Blobs::default(), lines: Writer::new()? })
    }

    /// Adds a blob that is deleted. They are deleted in the order in which they are added.
    pub(super) fn doom(&mut self, path: &BlobPath, len_bytes: u64) -> io::Result<()> {
        self.doomed.add(Blobs::one(len_bytes));
        self.lines.line(&serde_json::to_vec(&Doomed { blob: path.to_string(), bytes: len_bytes })?)
    }

    pub(super) fn finish(self, head: Head) -> io::Result<Plan> {
        let Self { tables, doomed, lines } = self;
        Ok(Plan { head, tables, doomed, lines: lines.finish()? })
    }
}

impl Plan {
    /// Writes the plan.
    ///
    /// # Errors
    /// When it cannot be written.
    pub fn write(&self, out: &mut impl Write) -> io::Result<()> {
        let mut line = |line: &[u8]| out.write_all(line).and_then(|()| out.write_all(b"\n"));
        line(&serde_json::to_vec(&self.head)?)?;
        for table in &self.tables {
            line(&serde_json::to_vec(&Line::Table { table: table.clone() })?)?;
        }
        let (mut input, mut text) = (self.lines.read()?, Vec::new());
        while next_line(&mut input, &mut text)? {
            line(&text)?;
        }
        let Blobs { n, bytes } = self.doomed;
        line(&serde_json::to_vec(&Line::End { end: End { tables: self.tables.len() as u64, blobs: n, bytes } })?)
    }

    /// Reads a plan. Nothing in it is believed that is not looked at again before it is done.
    ///
    /// # Errors
    /// When it cannot be read, is no plan, not whole, or of another version.
    pub fn read(input: &mut impl BufRead) -> Result<Self, PlanError> {
        let (mut text, mut number) = (Vec::new(), 1_u64);
        if !next_line(input, &mut text)? {
            return Err(PlanError::CutOff);
        }
        let bad = |line: u64, error: &serde_json::Error| PlanError::Line { line, reason: error.to_string() };
        #[derive(Deserialize)]
        struct OnlyVersion {
            plan: u32,
        }
        let OnlyVersion { plan: found } = serde_json::from_slice(&text).map_err(|error| bad(1, &error))?;
        if found != VERSION {
            return Err(PlanError::Version { found });
        }
        let head: Head = serde_json::from_slice(&text).map_err(|error| bad(1, &error))?;
        let mut draft = Draft::new()?;
        loop {
            number += 1;
            if !next_line(input, &mut text)? {
                return Err(PlanError::CutOff);
            }
            match serde_json::from_slice(&text).map_err(|error| bad(number, &error))? {
                Line::Table { table } => draft.tables.push(table),
                Line::Delete(Doomed { blob, bytes }) => {
                    let path = BlobPath::parse(&blob).map_err(|fault| PlanError::Line {
                        line: number,
                        reason: format!("{blob:?} is no name of a blob: {fault}"),
                    })?;
                    draft.doom(&path, bytes)?;
                }
                Line::End { end: End { tables, blobs, bytes } } => {
                    let counted = (draft.tables.len() as u64, draft.doomed.n, draft.doomed.bytes);
                    if counted != (tables, blobs, bytes) || next_line(input, &mut text)? {
                        return Err(PlanError::CutOff);
                    }
                    return Ok(draft.finish(head)?);
                }
            }
        }
    }

    /// Every blob that is deleted, in order. Only one reader at a time.
    ///
    /// # Errors
    /// When the lines cannot be read back.
    pub fn blobs(&self) -> io::Result<impl Iterator<Item = io::Result<(BlobPath, u64)>> + Send> {
        let (mut input, mut text) = (self.lines.read()?, Vec::new());
        let mut next = move || -> io::Result<Option<(BlobPath, u64)>> {
            if !next_line(&mut input, &mut text)? {
                return Ok(None);
            }
            let Doomed { blob, bytes } = serde_json::from_slice(&text)?;
            let path = BlobPath::parse(&blob).map_err(|fault| io::Error::other(fault.to_string()))?;
            Ok(Some((path, bytes)))
        };
        Ok(std::iter::from_fn(move || next().transpose()))
    }
}
