//! TLS by the interop programs' flags.
//!
//! The certificates that all languages' programs know are test data of grpc-go's module;
//! `compat-tests/install grpc-go` puts them below target/peers. They stand in where the flags
//! name no others.

use std::path::PathBuf;

use meshrpc::{ClientTls, ServerTls};

use crate::flags::Flags;

/// What the client's flags say.
///
/// # Errors
/// When they name no certificate authority and the standard one is not installed.
pub fn client(flags: &Flags) -> Result<ClientTls, String> {
    let tls = ClientTls::new().ca_file(file(flags, "ca_file", "ca.pem")?);
    Ok(match flags.text("server_host_override") {
        "" => tls,
        name => tls.server_name(name),
    })
}

/// What the server's flags say.
///
/// # Errors
/// When they name no certificate and the standard one is not installed.
pub fn server(flags: &Flags) -> Result<ServerTls, String> {
    Ok(ServerTls::from_files(
        file(flags, "tls_cert_file", "server1.pem")?,
        file(flags, "tls_key_file", "server1.key")?,
    ))
}

/// The file that the flag names, or else the standard one.
fn file(flags: &Flags, flag: &str, standard: &str) -> Result<PathBuf, String> {
    match flags.text(flag) {
        "" => installed(standard).ok_or_else(|| {
            format!("--{flag} is needed: the standard {standard} is not below target/peers")
        }),
        path => Ok(path.into()),
    }
}

/// The programs lie in the target folder, as the peers do.
fn installed(name: &str) -> Option<PathBuf> {
    let program = std::env::current_exe().ok()?;
    program
        .ancestors()
        .map(|folder| folder.join("peers/grpc-go/testdata").join(name))
        .find(|path| path.is_file())
}
