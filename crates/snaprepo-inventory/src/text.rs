//! Lines that other programs print.

use super::Format;

const UNKNOWN: &str = "neither a line of `aws s3 ls --recursive` nor one of `rclone lsf -R --format tsp`";

/// What a line is one of.
pub(super) fn format(line: &str) -> Result<Format, &'static str> {
    if entry(Format::AwsLs, line).is_ok() {
        return Ok(Format::AwsLs);
    }
    if entry(Format::RcloneLsf, line).is_ok() {
        return Ok(Format::RcloneLsf);
    }
    if line.contains(';') || line.contains(char::is_whitespace) {
        return Err(UNKNOWN);
    }
    Err("the line has no length: list with `rclone lsf -R --format tsp` or `aws s3 ls --recursive`")
}

/// The name and the length in a line; `None` for a folder.
pub(super) fn entry(format: Format, line: &str) -> Result<Option<(&str, u64)>, &'static str> {
    let (name, len_bytes) = match format {
        Format::AwsLs => aws(line)?,
        Format::RcloneLsf => rclone(line)?,
        Format::S3Inventory => return Err(UNKNOWN),
    };
    // Consoles make "folders" of no length; rclone shows folders with a length of -1.
    let is_folder = name.ends_with('/') && len_bytes.is_none_or(|len_bytes| len_bytes == 0);
    match len_bytes {
        _ if is_folder => Ok(None),
        Some(len_bytes) if !name.is_empty() => Ok(Some((name, len_bytes))),
        _ => Err("the line has no length or no name"),
    }
}

/// `2026-11-01 03:04:05     123456 some/key with spaces`.
fn aws(line: &str) -> Result<(&str, Option<u64>), &'static str> {
    let (at, rest) = line.split_at_checked(19).ok_or(UNKNOWN)?;
    if !is_time(at) {
        return Err(UNKNOWN);
    }
    let rest = rest.trim_start_matches(' ');
    let (len_bytes, name) = rest.split_once(' ').ok_or(UNKNOWN)?;
    let len_bytes = len_bytes.parse().map_err(|_| "the length is no number: list without --human-readable")?;
    Ok((name, Some(len_bytes)))
}

/// `123456;some/key` or `2026-11-01 03:04:05;123456;some/key`.
fn rclone(line: &str) -> Result<(&str, Option<u64>), &'static str> {
    let rest = match line.split_at_checked(20) {
        Some((at, rest)) if at.ends_with(';') && is_time(&at[..19]) => rest,
        _ => line,
    };
    let (len_bytes, name) = rest.split_once(';').ok_or(UNKNOWN)?;
    let len_bytes = match len_bytes {
        "-1" => None,
        number => Some(number.parse().map_err(|_| UNKNOWN)?),
    };
    Ok((name, len_bytes))
}

/// `2026-11-01 03:04:05`: in whose time zone, nobody tells.
fn is_time(text: &str) -> bool {
    text.len() == 19
        && text.bytes().zip("0000-00-00 00:00:00".bytes()).all(|(byte, shape)| match shape {
            b'0' => byte.is_ascii_digit(),
            shape => byte == shape,
        })
}

#[cfg(test)]
mod tests;
