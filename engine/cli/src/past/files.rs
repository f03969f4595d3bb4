//! The files of a history, line by line; they may be longer than memory, and are read twice.

use crate::failure::{Failure, Fault};
use std::fs::File;
use std::io::{self, BufRead, BufReader, Read, Seek};
use std::path::PathBuf;

/// Standard input.
const STDIN: &str = "-";

/// Files in the order in which they were named.
pub struct Files(Vec<(String, File)>);

/// A line that is not empty.
pub struct Line<'l> {
    /// The file's name.
    pub file: &'l str,
    /// From 1.
    pub number: u64,
    /// Without its end; of a line that is too long what fits.
    pub bytes: &'l [u8],
    /// It is longer than lines may be.
    pub too_long: bool,
}

impl Files {
    /// Opens them; what comes from standard input is kept in a file until the end. Errors: one cannot be read.
    pub fn open(paths: &[PathBuf]) -> Result<Self, Failure> {
        let open = |path: &PathBuf| {
            let name = path.display().to_string();
            if name == STDIN {
                let mut file = tempfile::tempfile()?;
                io::copy(&mut io::stdin().lock(), &mut file)?;
                return Ok(("standard input".to_owned(), file));
            }
            let file = File::open(path).map_err(|error| {
                let help = "name a file of JSON lines that can be read";
                Failure::Data(vec![Fault::new(format!("{name}: {error}"), Some(help.into()))])
            })?;
            Ok((name, file))
        };
        for (place, path) in paths.iter().enumerate() {
            if paths[..place].contains(path) {
                let help = "name each file once: what it has without a key would count twice";
                let message = format!("{} is named twice", path.display());
                return Err(Failure::Data(vec![Fault::new(message, Some(help.into()))]));
            }
        }
        paths.iter().map(open).collect::<Result<_, Failure>>().map(Self)
    }

    /// Hands each line to `take`, at most `most` bytes of it; all files from their beginnings. Errors: a file cannot be read, or what `take` says.
    pub fn each(
        &mut self,
        most: usize,
        mut take: impl FnMut(Line<'_>) -> Result<(), Failure>,
    ) -> Result<(), Failure> {
        for (name, file) in &mut self.0 {
            file.rewind()?;
            each_line(&mut BufReader::new(&*file), most, |number, bytes, too_long| {
                take(Line { file: name, number, bytes, too_long })
            })?;
        }
        Ok(())
    }
}

fn each_line(
    reader: &mut impl BufRead,
    most: usize,
    mut take: impl FnMut(u64, &[u8], bool) -> Result<(), Failure>,
) -> Result<(), Failure> {
    let (mut number, mut line) = (0, Vec::new());
    loop {
        line.clear();
        number += 1;
        let limit = most as u64 + 2;
        if reader.by_ref().take(limit).read_until(b'\n', &mut line)? == 0 {
            return Ok(());
        }
        if !line.ends_with(b"\n") && line.len() as u64 == limit {
            reader.skip_until(b'\n')?;
        }
        let bytes = line.trim_ascii();
        if !bytes.is_empty() {
            take(number, &bytes[..bytes.len().min(most)], bytes.len() > most)?;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lines(text: &str, most: usize) -> Vec<(u64, String, bool)> {
        let mut lines = Vec::new();
        let taken = each_line(&mut text.as_bytes(), most, |number, bytes, too_long| {
            lines.push((number, String::from_utf8_lossy(bytes).into_owned(), too_long));
            Ok(())
        });
        taken.expect("text can be read");
        lines
    }

    #[test]
    fn lines_keep_their_numbers_and_long_ones_are_cut() {
        let line = |number, text: &str, too_long| (number, text.to_owned(), too_long);
        assert_eq!(
            lines("abc\r\n\n  \nabcd\nabcdefghi\nab", 4),
            [
                line(1, "abc", false),
                line(4, "abcd", false),
                line(5, "abcd", true),
                line(6, "ab", false)
            ]
        );
        assert_eq!(lines("", 4), []);
    }
}
