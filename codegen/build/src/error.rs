//! What can go wrong, each with the place and the remedy.

use std::fmt;
use std::io;
use std::path::PathBuf;

use meshrpc_descriptor::{DecodeError, LowerError};

/// The result of generating.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// Why nothing was generated.
///
/// `fn main() -> meshrpc_build::Result<()>` prints an error with `Debug`; that is why `Debug`
/// gives the same text as `Display`, with the causes.
#[non_exhaustive]
pub enum Error {
    /// There is no `protoc` to run.
    NoProtoc {
        /// Why the one that comes along can't be used.
        reason: String,
    },
    /// A folder was given that has no contracts in it.
    NoContracts {
        /// The folder.
        folder: PathBuf,
    },
    /// `protoc` could not be started.
    RunProtoc {
        /// The program.
        protoc: PathBuf,
        /// Where its path came from.
        origin: &'static str,
        /// The operating system's reason.
        source: io::Error,
    },
    /// `protoc` refused the contracts.
    Protoc {
        /// Its messages, each with the line it is about.
        diagnostics: String,
    },
    /// The contracts are fine for `protoc` but can't become Rust.
    Contract(Vec<Refusal>),
    /// A setting that can't be followed.
    Setting {
        /// The setting, as the caller wrote it.
        setting: String,
        /// What is wrong with it.
        problem: String,
    },
    /// A file could not be read.
    Read {
        /// The file.
        path: PathBuf,
        /// The operating system's reason.
        source: io::Error,
    },
    /// A file or folder could not be written.
    Write {
        /// The file or folder.
        path: PathBuf,
        /// The operating system's reason.
        source: io::Error,
    },
    /// No folder was given, and there is no `OUT_DIR`.
    NoOutDir,
    /// A second tree would replace the first in `$OUT_DIR/meshrpc`.
    SecondTree,
    /// A descriptor set that can't be read.
    Descriptors {
        /// Where it came from.
        origin: String,
        /// What is wrong with it.
        source: DecodeError,
    },
    /// A contract that can't be lowered to what prost-build accepts.
    Lower(LowerError),
    /// prost-build refused the messages.
    Prost(String),
}

/// One thing in a contract that can't become Rust.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refusal {
    /// `file:line:column`, or the file alone.
    pub place: String,
    /// What is wrong, and what helps.
    pub problem: String,
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.place, self.problem)
    }
}

impl Error {
    /// With contracts named by their paths on disk, where a contract has only the name that
    /// others import it by.
    pub(crate) fn with_paths(mut self, includes: &[PathBuf]) -> Self {
        if let Self::Contract(refusals) = &mut self {
            for refusal in refusals {
                let name = refusal.place.split(':').next().unwrap_or_default();
                let mut paths = includes.iter().map(|folder| folder.join(name));
                if let Some(path) = paths.find(|path| path.is_file()) {
                    let position = &refusal.place[name.len()..];
                    refusal.place = format!("{}{position}", path.display());
                }
            }
        }
        self
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoProtoc { reason } => write!(
                f,
                "no protoc: {reason}; install protoc and set PROTOC to its path"
            ),
            Self::NoContracts { folder } => {
                write!(f, "{} holds no .proto file", folder.display())
            }
            Self::RunProtoc { protoc, origin, .. } => write!(
                f,
                "can't run protoc at {} (from {origin}); set PROTOC to a protoc that runs, or unset \
                 it to use the one that comes with meshrpc-build",
                protoc.display()
            ),
            Self::Protoc { diagnostics } => {
                write!(
                    f,
                    "protoc refused the contracts\n{}",
                    diagnostics.trim_end()
                )
            }
            Self::Contract(refusals) => {
                f.write_str("no Rust can be generated from the contracts")?;
                refusals
                    .iter()
                    .try_for_each(|refusal| write!(f, "\n{refusal}"))
            }
            Self::Setting { setting, problem } => write!(f, "{setting}: {problem}"),
            Self::Read { path, .. } => write!(f, "can't read {}", path.display()),
            Self::Write { path, .. } => write!(
                f,
                "can't write {}; the generated code needs a folder that can be written",
                path.display()
            ),
            Self::NoOutDir => f.write_str(
                "OUT_DIR is not set: call this from build.rs, or say where the code goes with \
                 `out_dir`",
            ),
            Self::SecondTree => f.write_str(
                "this build.rs has already generated a module tree into $OUT_DIR/meshrpc, which a \
                 second one would replace; give all contracts to one call, or the second an `out_dir`",
            ),
            Self::Descriptors { origin, .. } => write!(f, "can't read {origin}"),
            Self::Lower(error) => error.fmt(f),
            Self::Prost(message) => write!(f, "prost-build refused the messages: {message}"),
        }
    }
}

impl fmt::Debug for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{self}")?;
        let mut cause = std::error::Error::source(self);
        while let Some(error) = cause {
            write!(f, "\n  because: {error}")?;
            cause = error.source();
        }
        Ok(())
    }
}

impl std::error::Error for Error {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::RunProtoc { source, .. }
            | Self::Read { source, .. }
            | Self::Write { source, .. } => Some(source),
            Self::Descriptors { source, .. } => Some(source),
            Self::Lower(error) => error.source(),
            _ => None,
        }
    }
}
