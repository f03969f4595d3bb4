//! Files of the configuration and their texts. What looks like one of ours and cannot be read is an error that names it: passed over in
//! silence, a journey would end for everybody who is in it.

use crate::failure::{Failure, Fault};
use cartwheel_core::journey::load::SourceFile;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

/// Most bytes of a file of the configuration.
const MOST: u64 = 4 * 1024 * 1024;
/// Endings that the folder of journeys may have, each as it is read.
const ENDINGS: [&str; 2] = ["yaml", "trace"];

/// The files of a folder with this ending, in order of their names; all that cannot be read at once: [`Failure::Data`].
pub fn with_ending(dir: &Path, ending: &str) -> Result<Vec<SourceFile>, Failure> {
    let (mut sources, mut faults) = (Vec::new(), Vec::new());
    for path in entries(dir)?.into_iter().filter(|path| ending_of(path) == Some(ending)) {
        match source(&path) {
            Ok(source) => sources.push(source),
            Err(fault) => faults.push(fault),
        }
    }
    if faults.is_empty() { Ok(sources) } else { Err(Failure::Data(faults)) }
}

/// The names of the folders in a folder, in order; hidden ones are nobody's.
pub fn folders(dir: &Path) -> Result<Vec<String>, Failure> {
    let folders = entries(dir)?.into_iter().filter(|path| path.is_dir());
    let names = folders.filter_map(|path| Some(path.file_name()?.to_str()?.to_owned()));
    Ok(names.filter(|name| !name.starts_with('.')).collect())
}

/// A warning for each entry of the folder that is nearly called as a journey or a trace is, and so is none.
pub fn misnamed(dir: &Path) -> Result<Vec<Fault>, Failure> {
    let nearly = |ending: &str| {
        let small = ending.to_ascii_lowercase();
        let meant = if small == "yml" { "yaml" } else { small.as_str() };
        ENDINGS.into_iter().find(|known| *known == meant && ending != meant)
    };
    let warning = |path: PathBuf| {
        let ending = nearly(ending_of(&path)?)?;
        let name = path.with_extension(ending);
        let name = name.file_name().unwrap_or_default().to_string_lossy();
        let message = format!("{} is not read: it does not end in `.{ending}`", path.display());
        Some(Fault::new(message, Some(format!("rename it to {name}"))))
    };
    Ok(entries(dir)?.into_iter().filter_map(warning).collect())
}

/// What is in the folder, in order of names. An editor's lock (`.#NAME`, a link that leads nowhere) is nobody's file.
fn entries(dir: &Path) -> Result<Vec<PathBuf>, Failure> {
    let unreadable = |error| Failure::Data(vec![unreadable(dir, &error)]);
    let mut paths = Vec::new();
    for entry in std::fs::read_dir(dir).map_err(unreadable)? {
        let entry = entry.map_err(unreadable)?;
        if !entry.file_name().as_encoded_bytes().starts_with(b".#") {
            paths.push(entry.path());
        }
    }
    paths.sort();
    Ok(paths)
}

fn ending_of(path: &Path) -> Option<&str> {
    path.extension().and_then(|ending| ending.to_str())
}

/// A file with its path, as [`text`] reads it.
pub fn source(path: &Path) -> Result<SourceFile, Fault> {
    text(path).map(|text| SourceFile { path: path.display().to_string(), text })
}

/// The text of a file; says which, why not, and where it is the bytes.
pub fn text(path: &Path) -> Result<String, Fault> {
    // Asked before it is opened: a pipe would keep us waiting.
    let found = std::fs::metadata(path).map_err(|error| unreadable(path, &error))?;
    if !found.is_file() {
        let what = if found.is_dir() { "a folder" } else { "no file" };
        let help = "rename it or take it away; its name says that it is a file to read";
        return Err(Fault::new(format!("{} is {what}", path.display()), Some(help.into())));
    }
    if found.len() > MOST {
        let message =
            format!("{} has {} bytes; at most {MOST} are read", path.display(), found.len());
        return Err(Fault::new(message, Some("make several files of it".into())));
    }
    let bytes = std::fs::read(path).map_err(|error| unreadable(path, &error))?;
    String::from_utf8(bytes).map_err(|error| not_utf8(path, &error))
}

fn unreadable(path: &Path, error: &std::io::Error) -> Fault {
    let shown = path.display();
    match std::fs::read_link(path) {
        Ok(target) if error.kind() == ErrorKind::NotFound => {
            let message = format!("{shown} leads to {}, which is not there", target.display());
            Fault::new(message, Some("mend the link, or remove it".into()))
        }
        _ => {
            let what = error.kind();
            let help = remedy(what).unwrap_or("name a file or folder that can be read");
            Fault::new(format!("{shown} cannot be read: {error}"), Some(help.into()))
        }
    }
}

/// What to do where a file or folder cannot be used, where the system's word for it says enough.
pub fn remedy(kind: ErrorKind) -> Option<&'static str> {
    match kind {
        ErrorKind::NotFound => Some(
            "name one that is there, or a place that can be made: is the path right, from the folder in which this runs?",
        ),
        ErrorKind::PermissionDenied => {
            Some("let the user who runs cartwheel use it, or name another place")
        }
        ErrorKind::StorageFull | ErrorKind::QuotaExceeded => {
            Some("make room on the disk, or name another place")
        }
        ErrorKind::ReadOnlyFilesystem => Some("name a place that can be written"),
        ErrorKind::NotADirectory => Some("a part of the path is a file: name another one"),
        ErrorKind::IsADirectory => Some("name a file: this is a folder"),
        _ => None,
    }
}

/// Writes a file with the folders that it lies in. Errors: the system's, with the path.
pub fn write(path: &Path, text: &str) -> std::io::Result<()> {
    let named = |path: &Path, error: std::io::Error| {
        std::io::Error::new(error.kind(), format!("{}: {error}", path.display()))
    };
    if let Some(folder) = path.parent() {
        std::fs::create_dir_all(folder).map_err(|error| named(folder, error))?;
    }
    std::fs::write(path, text).map_err(|error| named(path, error))
}

fn not_utf8(path: &Path, error: &std::string::FromUtf8Error) -> Fault {
    let at = error.utf8_error().valid_up_to();
    let byte = error.as_bytes().get(at).copied().unwrap_or_default();
    let shown = String::from_utf8_lossy(error.as_bytes());
    let message = format!("the file is not in UTF-8: the byte 0x{byte:02X} begins no letter");
    let help = "save it in UTF-8; `iconv -f LATIN1 -t UTF-8 FILE` makes it of Latin-1";
    // What is before it is as long as in the file; the byte itself is shown as one mark.
    let mark = at..at + char::REPLACEMENT_CHARACTER.len_utf8();
    Fault::at(&path.display().to_string(), &shown, mark, message, Some(help.into()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn folder() -> tempfile::TempDir {
        tempfile::tempdir().expect("a folder")
    }

    fn messages(failure: Failure) -> Vec<String> {
        failure.faults().iter().map(|fault| fault.message.clone()).collect()
    }

    #[test]
    fn what_is_called_a_journey_and_is_none_is_named() {
        let dir = folder();
        let path = |name: &str| dir.path().join(name);
        std::fs::write(path("a.yaml"), "a").unwrap();
        std::fs::write(path("e.yaml"), b"# gr\xFC\xDFe\n").unwrap();
        std::fs::create_dir(path("b.yaml")).unwrap();
        std::fs::create_dir(path("c.trace")).unwrap();
        std::os::unix::fs::symlink("/nowhere/d.yaml", path("d.yaml")).unwrap();
        std::os::unix::fs::symlink("someone@host:1", path(".#a.yaml")).unwrap();
        let shown = dir.path().display();
        assert_eq!(
            messages(with_ending(dir.path(), "yaml").unwrap_err()),
            [
                format!("{shown}/b.yaml is a folder"),
                format!("{shown}/d.yaml leads to /nowhere/d.yaml, which is not there"),
                "the file is not in UTF-8: the byte 0xFC begins no letter".into(),
            ]
        );
        assert_eq!(
            messages(with_ending(dir.path(), "trace").unwrap_err()),
            [format!("{shown}/c.trace is a folder")]
        );
        std::os::unix::fs::symlink(path("a.yaml"), path("l.yaml")).unwrap();
        for name in ["b.yaml", "d.yaml", "e.yaml"] {
            let path = path(name);
            std::fs::remove_dir(&path).or_else(|_| std::fs::remove_file(&path)).unwrap();
        }
        let names = with_ending(dir.path(), "yaml").unwrap();
        assert_eq!(names.len(), 2, "a file, and a link to one");
    }

    #[test]
    fn the_place_of_a_bad_byte_is_its_line() {
        let dir = folder();
        let path = dir.path().join("a.yaml");
        std::fs::write(&path, b"one\n# \xC3\xA4 \xE4 \xE4\n").unwrap();
        let place = text(&path).unwrap_err().place.expect("a place");
        assert_eq!(place.line_and_column(), (2, 5));
    }

    #[test]
    fn other_endings_are_warned_of() {
        let dir = folder();
        for name in ["a.yml", "b.YAML", "c.yaml", "d.trace", "e.Trace", "f.txt", "yml"] {
            std::fs::write(dir.path().join(name), "").unwrap();
        }
        let warnings = misnamed(dir.path()).unwrap();
        let help: Vec<_> = warnings.iter().filter_map(|warning| warning.help.as_deref()).collect();
        assert_eq!(help, ["rename it to a.yaml", "rename it to b.yaml", "rename it to e.trace"]);
    }
}
