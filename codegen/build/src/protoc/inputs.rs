//! The contracts that were asked for: files, and all that are in a folder.

use std::collections::HashSet;
use std::fs;
use std::path::{Path, PathBuf};

use crate::error::{Error, Result};

/// A contract, and the folder it was found in, if a folder was given.
#[derive(Debug)]
pub(crate) struct Input {
    pub(crate) file: PathBuf,
    pub(crate) folder: Option<PathBuf>,
}

/// Folders replaced by the contracts in them.
pub(crate) fn inputs(given: &[PathBuf]) -> Result<Vec<Input>> {
    let mut inputs = Vec::new();
    for path in given {
        if !path.is_dir() {
            inputs.push(Input {
                file: path.clone(),
                folder: None,
            });
            continue;
        }
        let mut files = Vec::new();
        collect(path, &mut files)?;
        if files.is_empty() {
            return Err(Error::NoContracts {
                folder: path.clone(),
            });
        }
        let folder = Some(path.clone());
        inputs.extend(files.into_iter().map(|file| Input {
            file,
            folder: folder.clone(),
        }));
    }
    // A file and the folder around it may both be given.
    let mut seen = HashSet::new();
    inputs.retain(|input| seen.insert(input.file.clone()));
    Ok(inputs)
}

/// Sorted: the order of a folder's entries is no order.
fn collect(folder: &Path, found: &mut Vec<PathBuf>) -> Result<()> {
    let failed = |source| Error::Read {
        path: folder.to_owned(),
        source,
    };
    let mut paths = Vec::new();
    for entry in fs::read_dir(folder).map_err(failed)? {
        paths.push(entry.map_err(failed)?.path());
    }
    paths.sort();
    for path in paths {
        if path.is_dir() {
            collect(&path, found)?;
        } else if path
            .extension()
            .is_some_and(|extension| extension == "proto")
        {
            found.push(path);
        }
    }
    Ok(())
}
