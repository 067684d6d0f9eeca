//! Policies: as little as possible, and never a write for a verb that reads.

use super::*;

fn of(location: &str, verb: &str) -> String {
    policy(&Target::parse(location).unwrap(), verb).unwrap()
}

#[test]
fn a_reader_on_aws_gets_two_actions() {
    let expected = r#"{
  "Version": "2012-10-17",
  "Statement": [
    {
      "Sid": "List",
      "Effect": "Allow",
      "Action": [
        "s3:ListBucket"
      ],
      "Resource": "arn:aws:s3:::backups",
      "Condition": {
        "StringLike": {
          "s3:prefix": [
            "prod/*",
            "prod"
          ]
        }
      }
    },
    {
      "Sid": "Objects",
      "Effect": "Allow",
      "Action": [
        "s3:GetObject"
      ],
      "Resource": "arn:aws:s3:::backups/prod/*"
    }
  ]
}"#;
    assert_eq!(of("s3://backups/prod", "verify"), expected);
    assert!(of("s3://backups", "list").contains("\"Resource\": \"arn:aws:s3:::backups/*\""));
}

#[test]
fn only_verbs_that_change_get_to_write() {
    for verb in verbs() {
        let all = ["s3://b/x", "gs://b/x", "az://c/x"].map(|location| of(location, verb)).join("");
        let writes = ["s3:PutObject", "storage.objects.create", "blobs/write"].map(|action| all.contains(action));
        let deletes = ["s3:DeleteObject", "storage.objects.delete", "blobs/delete"].map(|action| all.contains(action));
        const CHANGE: [&str; 8] =
            ["delete", "prune", "gc", "repair", "drop-broken", "apply", "undo", "doctor --write-test"];
        let changes = CHANGE.contains(&verb);
        assert_eq!(writes, [changes; 3], "{verb}");
        assert_eq!(deletes, [changes; 3], "{verb}");
    }
}

#[test]
fn versions_need_their_own_actions() {
    let versions = of("s3://b/x", "du --versions");
    for action in ["s3:ListBucketVersions", "s3:ListBucketMultipartUploads", "s3:ListMultipartUploadParts"] {
        assert!(versions.contains(action), "{action}");
    }
}

#[test]
fn faults() {
    let target = Target::parse("s3://b").unwrap();
    assert!(
        policy(&target, "dance")
            .unwrap_err()
            .to_string()
            .starts_with("\"dance\" is no verb with a policy: known are info,")
    );
    assert_eq!(policy(&Target::parse("https://h/x").unwrap(), "list"), Err(PolicyFault::Web));
}
