//! Finding and running `protoc`.
//!
//! protoc stays the parser: nobody else reads contracts exactly as it does. One comes with this
//! crate, so that a user needs none; `PROTOC` names another.

mod diagnostics;
mod inputs;
mod roots;

use std::env;
use std::ffi::OsString;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

pub(crate) use inputs::inputs;
pub(crate) use roots::roots;

use crate::error::{Error, Result};

/// A `protoc`, and the folder with the well-known types, if it must be told.
#[derive(Debug)]
pub(crate) struct Protoc {
    program: PathBuf,
    origin: &'static str,
    well_known: Option<PathBuf>,
}

impl Protoc {
    /// The given one, or the one `PROTOC` names, or the one that comes along, or the one on
    /// `PATH`.
    pub(crate) fn find(given: Option<&Path>) -> Result<Self> {
        if let Some(program) = given {
            return Ok(Self::foreign(program.to_owned(), "the builder's `protoc`"));
        }
        if let Some(program) = env::var_os("PROTOC").filter(|path| !path.is_empty()) {
            return Ok(Self::foreign(
                program.into(),
                "the environment variable PROTOC",
            ));
        }
        let vendored = protoc_bin_vendored::protoc_bin_path()
            .and_then(|program| Ok((program, protoc_bin_vendored::include_path()?)));
        match vendored {
            Ok((program, include)) if program.exists() => Ok(Self {
                program,
                origin: "the one that comes with meshrpc-build",
                well_known: Some(include),
            }),
            found => {
                let reason = match found {
                    Ok((program, _)) => format!("{} is gone", program.display()),
                    Err(error) => error.to_string(),
                };
                on_path()
                    .map(|program| Self::foreign(program, "PATH"))
                    .ok_or(Error::NoProtoc { reason })
            }
        }
    }

    /// One that we did not bring: it has its well-known types beside it, or we lend ours.
    fn foreign(program: PathBuf, origin: &'static str) -> Self {
        let own = program
            .parent()
            .map(|folder| folder.join("../include/google/protobuf/descriptor.proto"));
        let well_known = match env::var_os("PROTOC_INCLUDE") {
            Some(folder) => Some(PathBuf::from(folder)),
            None if own.is_some_and(|path| path.exists()) => None,
            None => protoc_bin_vendored::include_path().ok(),
        };
        Self {
            program,
            origin,
            well_known,
        }
    }

    /// Compiles the files and all they import to an encoded descriptor set with source info.
    pub(crate) fn compile(
        &self,
        files: &[PathBuf],
        includes: &[PathBuf],
        extra: &[OsString],
    ) -> Result<Vec<u8>> {
        let folder = tempfile::tempdir().map_err(|source| Error::Write {
            path: env::temp_dir(),
            source,
        })?;
        let output = folder.path().join("descriptor-set.binpb");
        let includes = self.search_path(includes);
        // Thousands of files don't fit in a command line.
        let list = folder.path().join("arguments");
        let mut arguments = String::new();
        for file in files {
            arguments.push_str(&file.to_string_lossy());
            arguments.push('\n');
        }
        fs::write(&list, arguments).map_err(|source| Error::Write {
            path: list.clone(),
            source,
        })?;
        let mut command = Command::new(&self.program);
        command.args(["--include_imports", "--include_source_info"]);
        command.arg(joined("--descriptor_set_out=", &output));
        for include in &includes {
            command.arg(joined("--proto_path=", include));
        }
        command.args(extra).arg(joined("@", &list));
        let result = command.output().map_err(|source| Error::RunProtoc {
            protoc: self.program.clone(),
            origin: self.origin,
            source,
        })?;
        let stderr = String::from_utf8_lossy(&result.stderr);
        if !result.status.success() {
            return Err(Error::Protoc {
                diagnostics: diagnostics::explained(&stderr, &includes),
            });
        }
        fs::read(&output).map_err(|source| Error::Read {
            path: output,
            source,
        })
    }

    /// The include paths that exist, ours last.
    pub(crate) fn search_path(&self, includes: &[PathBuf]) -> Vec<PathBuf> {
        includes.iter().chain(&self.well_known).cloned().collect()
    }
}

fn joined(option: &str, path: &Path) -> OsString {
    let mut argument = OsString::from(option);
    argument.push(path);
    argument
}

fn on_path() -> Option<PathBuf> {
    let name = format!("protoc{}", env::consts::EXE_SUFFIX);
    env::split_paths(&env::var_os("PATH")?)
        .map(|folder| folder.join(&name))
        .find(|program| program.is_file())
}
