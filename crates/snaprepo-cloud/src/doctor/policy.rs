//! The least that an identity must be allowed to, for each verb: ready to be pasted, with nothing to spare.
//!
//! What no cloud can narrow to a folder is left at the bucket: listing on Google, for one.

use serde_json::{Value, json};

use crate::location::{Provider, Target};

/// What a verb does to a store.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Needs {
    write: bool,
    delete: bool,
    versions: bool,
}

const READ: Needs = Needs { write: false, delete: false, versions: false };
const CHANGE: Needs = Needs { write: true, delete: true, ..READ };
const VERSIONS: Needs = Needs { versions: true, ..READ };

/// Every verb that asks a store something, and what it does there.
const VERBS: &[(&str, Needs)] = &[
    ("info", READ),
    ("list", READ),
    ("show", READ),
    ("ls", READ),
    ("find", READ),
    ("status", READ),
    ("verify", READ),
    ("report", READ),
    ("compat", READ),
    ("diff", READ),
    ("du", READ),
    ("du --versions", VERSIONS),
    ("cat-blob", READ),
    ("discover", READ),
    ("store", READ),
    ("store --versions", VERSIONS),
    ("doctor", READ),
    ("doctor --write-test", CHANGE),
    ("delete", CHANGE),
    ("prune", CHANGE),
    ("gc", CHANGE),
    ("repair", CHANGE),
    ("drop-broken", CHANGE),
    ("apply", CHANGE),
    ("undo", CHANGE),
];

/// Why there is no policy.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PolicyFault {
    /// No such verb.
    #[error("{verb:?} is no verb with a policy: known are {}", verbs().collect::<Vec<_>>().join(", "))]
    Verb {
        /// What was given.
        verb: String,
    },
    /// Web servers have no policies.
    #[error("a web server has no policies")]
    Web,
}

/// The verbs that have a policy.
pub fn verbs() -> impl Iterator<Item = &'static str> {
    VERBS.iter().map(|(verb, _)| *verb)
}

/// The policy of a verb for a location, as JSON for people: an identity policy of AWS, a custom role with its binding
/// of Google, or a role definition of Azure.
///
/// # Errors
/// When the verb is not known, or the provider has no policies.
pub fn policy(target: &Target, verb: &str) -> Result<String, PolicyFault> {
    let needs = VERBS.iter().find(|(name, _)| *name == verb).map(|(_, needs)| *needs);
    let needs = needs.ok_or_else(|| PolicyFault::Verb { verb: verb.to_owned() })?;
    let value = match target.provider {
        Provider::S3 => aws(target, needs),
        Provider::Gcs => google(target, needs),
        Provider::Azure => azure(target, needs),
        Provider::Web => return Err(PolicyFault::Web),
    };
    Ok(format!("{value:#}"))
}

fn aws(target: &Target, needs: Needs) -> Value {
    let (bucket, base) = (&target.container, target.base.as_str());
    let arn = format!("arn:aws:s3:::{bucket}");
    let inside = if base.is_empty() { format!("{arn}/*") } else { format!("{arn}/{base}/*") };
    let mut on_bucket = vec!["s3:ListBucket"];
    let mut on_objects = vec!["s3:GetObject"];
    if needs.versions {
        on_bucket.push("s3:ListBucketVersions");
    }
    // Who changes a repository looks whether somebody is uploading to it.
    if needs.versions || needs.write {
        on_bucket.push("s3:ListBucketMultipartUploads");
        on_objects.push("s3:ListMultipartUploadParts");
    }
    if needs.write {
        on_objects.extend(["s3:PutObject", "s3:AbortMultipartUpload"]);
    }
    if needs.delete {
        on_objects.push("s3:DeleteObject");
    }
    let mut list = json!({ "Sid": "List", "Effect": "Allow", "Action": on_bucket, "Resource": arn });
    if !base.is_empty()
        && let Some(list) = list.as_object_mut()
    {
        list.insert("Condition".to_owned(), json!({ "StringLike": { "s3:prefix": [format!("{base}/*"), base] } }));
    }
    json!({
        "Version": "2012-10-17",
        "Statement": [
            list,
            { "Sid": "Objects", "Effect": "Allow", "Action": on_objects, "Resource": inside },
        ],
    })
}

fn google(target: &Target, needs: Needs) -> Value {
    let mut permissions = vec!["storage.objects.get", "storage.objects.list"];
    if needs.write {
        permissions.extend([
            "storage.objects.create",
            "storage.multipartUploads.create",
            "storage.multipartUploads.abort",
        ]);
    }
    if needs.delete {
        permissions.push("storage.objects.delete");
    }
    let bucket = format!("projects/_/buckets/{}", target.container);
    let mut binding = json!({ "role": "projects/PROJECT/roles/snaprepo", "members": ["serviceAccount:ACCOUNT"] });
    if !target.base.is_root()
        && let Some(binding) = binding.as_object_mut()
    {
        // A listing is asked of the bucket itself, so the bucket has to pass the condition too.
        let inside = format!("resource.name.startsWith(\"{bucket}/objects/{}/\")", target.base);
        let condition = json!({
            "title": "snaprepo",
            "expression": format!("resource.type == \"storage.googleapis.com/Bucket\" || {inside}"),
        });
        binding.insert("condition".to_owned(), condition);
    }
    json!({
        "role": { "title": "snaprepo", "stage": "GA", "includedPermissions": permissions },
        "bucket": target.container,
        "bindings": [binding],
    })
}

fn azure(target: &Target, needs: Needs) -> Value {
    const BLOBS: &str = "Microsoft.Storage/storageAccounts/blobServices/containers/blobs";
    let mut data = vec![format!("{BLOBS}/read")];
    if needs.write {
        data.extend([format!("{BLOBS}/write"), format!("{BLOBS}/add/action")]);
    }
    if needs.delete {
        data.push(format!("{BLOBS}/delete"));
    }
    let scope = format!(
        "/subscriptions/SUBSCRIPTION/resourceGroups/GROUP/providers/Microsoft.Storage/storageAccounts/ACCOUNT/\
         blobServices/default/containers/{}",
        target.container
    );
    json!({
        "Name": "snaprepo",
        "IsCustom": true,
        "Description": "What snaprepo needs for its repository",
        "Actions": [],
        "NotActions": [],
        "DataActions": data,
        "NotDataActions": [],
        "AssignableScopes": [scope],
    })
}

#[cfg(test)]
mod tests;
