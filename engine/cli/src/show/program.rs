//! How a person starts this program from their shell.

use std::env;
use std::ffi::OsStr;
use std::path::Path;

const NAME: &str = "cartwheel";

/// Its name where the shell finds it, else the path of this very binary.
pub fn program() -> String {
    let path = env::var_os("PATH").unwrap_or_default();
    env::current_exe().map_or_else(|_| NAME.to_owned(), |binary| named(&path, &binary))
}

fn named(path: &OsStr, binary: &Path) -> String {
    if env::split_paths(path).any(|folder| folder.join(NAME).is_file()) {
        return NAME.to_owned();
    }
    let binary = binary.display().to_string();
    if binary.contains(char::is_whitespace) { format!("'{binary}'") } else { binary }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_program_that_is_not_on_the_path_is_called_by_its_own() {
        let dir = tempfile::tempdir().unwrap();
        let path = env::join_paths(["/nowhere", dir.path().to_str().unwrap()]).unwrap();
        assert_eq!(named(&path, Path::new("/build/cartwheel")), "/build/cartwheel");
        assert_eq!(named(&path, Path::new("/my build/cartwheel")), "'/my build/cartwheel'");
        std::fs::write(dir.path().join(NAME), "").unwrap();
        assert_eq!(named(&path, Path::new("/build/cartwheel")), "cartwheel");
    }
}
