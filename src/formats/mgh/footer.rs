//! The footer of an MGH file, behind the voxels and big-endian: five float32, of which the first is the TR
//! in ms, and tags. Either may be missing.

use std::io::{self, Read, Write};

/// The tag of a command line, of which a file has one for each program that made it (tags.h,
/// `TAG_CMDLINE`).
const COMMAND_LINE: i32 = 3;

/// The most bytes of tags that are held: they are notes, of kilobytes.
pub(super) const MOST_TAG_BYTES: u64 = 4 * 1024 * 1024;

/// The TR in milliseconds and the bytes of the tags behind it.
pub(super) struct Footer {
    /// The TR as it is stored; 0 of a file without one.
    pub tr_milliseconds: f32,
    /// How many bytes follow the numbers, counted up to [`MOST_TAG_BYTES`].
    pub tag_bytes: u64,
}

impl Footer {
    /// The footer at the end of a file, of which `behind_voxels` is all that follows the voxels.
    ///
    /// # Errors
    /// Those of reading.
    pub fn read(mut behind_voxels: impl Read) -> io::Result<Footer> {
        let (numbers, mut rest) = numbers(&mut behind_voxels)?;
        let tag_bytes = io::copy(&mut rest, &mut io::sink())?;
        let tr_milliseconds = numbers.map_or(0.0, |[tr, ..]| tr);
        Ok(Footer { tr_milliseconds, tag_bytes })
    }
}

/// TR, flip angle, TE, TI and field of view, if they are there, and what may be read behind them.
fn numbers(from: &mut impl Read) -> io::Result<(Option<[f32; 5]>, impl Read)> {
    let mut bytes = Vec::new();
    from.by_ref().take(20).read_to_end(&mut bytes)?;
    let number = |at: usize| {
        f32::from_be_bytes([bytes[4 * at], bytes[4 * at + 1], bytes[4 * at + 2], bytes[4 * at + 3]])
    };
    let numbers = (bytes.len() == 20).then(|| [0, 1, 2, 3, 4].map(number));
    Ok((numbers, from.take(MOST_TAG_BYTES)))
}

/// The command lines among the tags, in their order, without the zero that ends them; up to a tag that
/// breaks off.
///
/// # Errors
/// Those of reading.
pub(super) fn command_lines(mut behind_voxels: impl Read) -> io::Result<Vec<String>> {
    let (_, mut tags) = numbers(&mut behind_voxels)?;
    let mut lines = Vec::new();
    loop {
        let mut head = Vec::new();
        tags.by_ref().take(4).read_to_end(&mut head)?;
        let Some(tag) = head.first_chunk().map(|&tag| i32::from_be_bytes(tag)) else {
            return Ok(lines);
        };
        let Some(length) = length(tag, &mut tags)? else { return Ok(lines) };
        let mut content = Vec::new();
        tags.by_ref().take(length).read_to_end(&mut content)?;
        if (content.len() as u64) < length {
            return Ok(lines);
        }
        if tag == COMMAND_LINE {
            let text = String::from_utf8_lossy(&content);
            lines.push(text.trim_end_matches('\0').to_owned());
        }
    }
}

/// The length of a tag's content, which old tags have as an int32 or not at all (FreeSurfer's
/// `znzTAGreadStart`); none where the file ends or it is damaged.
fn length(tag: i32, from: &mut impl Read) -> io::Result<Option<u64>> {
    /// Flags and the beginnings of old structures.
    const WITHOUT_LENGTH: [i32; 3] = [1, 2, 20];
    /// The path of a transform.
    const OLD_TRANSFORM: i32 = 30;
    if WITHOUT_LENGTH.contains(&tag) {
        return Ok(Some(0));
    }
    let bytes = if tag == OLD_TRANSFORM { 4 } else { 8 };
    let mut length = Vec::new();
    from.by_ref().take(bytes).read_to_end(&mut length)?;
    if (length.len() as u64) < bytes {
        return Ok(None);
    }
    let length = length.iter().fold(0_u64, |number, &byte| number << 8 | u64::from(byte));
    Ok((length <= MOST_TAG_BYTES).then_some(length))
}

/// Writes a footer without a TR, and a tag for each text, with the zero that ends it.
///
/// # Errors
/// Those of writing `to`.
pub(super) fn write(to: &mut dyn Write, texts: &[String]) -> io::Result<()> {
    to.write_all(&[0; 20])?;
    for text in texts {
        to.write_all(&COMMAND_LINE.to_be_bytes())?;
        to.write_all(&(text.len() as u64 + 1).to_be_bytes())?;
        to.write_all(text.as_bytes())?;
        to.write_all(&[0])?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn command_lines_come_back_from_among_other_tags() {
        let line = |text: &str| {
            let length = text.len() as u64 + 1;
            [&[0, 0, 0, 3][..], &length.to_be_bytes(), text.as_bytes(), &[0]].concat()
        };
        let mut bytes = [vec![0; 20], line("first")].concat();
        bytes.extend([0, 0, 0, 2]); // a flag
        bytes.extend([0, 0, 0, 30, 0, 0, 0, 3]); // an old transform's path
        bytes.extend(b"a/b");
        bytes.extend([0, 0, 0, 41, 0, 0, 0, 0, 0, 0, 0, 4]); // a direction
        bytes.extend(b"ROW\0");
        bytes.extend([line("mri_convert a b"), line("last")].concat());
        let lines = command_lines(&*bytes).unwrap();
        assert_eq!(lines, ["first", "mri_convert a b", "last"]);
        for end in 0..bytes.len() {
            let found = command_lines(&bytes[..end]).unwrap();
            assert!(found.len() < 3 && lines.starts_with(&found), "{end}");
        }
        let mut huge = vec![0; 20];
        huge.extend([0, 0, 0, 3, 255, 255, 255, 255, 255, 255, 255, 255]);
        assert_eq!(command_lines(&*huge).unwrap(), [""; 0]);
    }
}
