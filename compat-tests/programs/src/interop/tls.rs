//! TLS by the interop programs' flags.
//!
//! The certificates that all languages' programs know are test data of grpc-go's module;
//! `compat-tests/install grpc-go` puts them below target/peers. They stand in when the flags
//! name no others.

use std::path::PathBuf;

use crate::Failure;
use crate::flags::Flags;

/// The file that the flag names, or else the standard one.
fn file(flags: &Flags, flag: &str, standard: &str) -> Result<Vec<u8>, Failure> {
    let path = match flags.text(flag) {
        "" => installed(standard)
            .ok_or_else(|| format!("--{flag} is needed: no {standard} below target/peers"))?,
        path => PathBuf::from(path),
    };
    std::fs::read(&path)
        .map_err(|error| format!("--{flag}: can't read {}: {error}", path.display()).into())
}

/// The programs lie in the target folder, as the peers do.
fn installed(name: &str) -> Option<PathBuf> {
    let program = std::env::current_exe().ok()?;
    program
        .ancestors()
        .map(|folder| folder.join("peers/grpc-go/testdata").join(name))
        .find(|path| path.is_file())
}
