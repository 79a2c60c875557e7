//! What is wrong with a file is said by name, with the remedy.

use std::path::{Path, PathBuf};

use meshrpc::{Channel, ClientTls, Server, ServerTls};

use super::authority::Authority;

/// A folder that is gone after the test.
struct Folder(PathBuf);

impl Folder {
    fn new(test: &str) -> Self {
        let folder = std::env::temp_dir().join(format!("meshrpc-{test}-{}", std::process::id()));
        std::fs::create_dir_all(&folder).unwrap();
        Self(folder)
    }

    fn write(&self, name: &str, text: impl AsRef<[u8]>) -> PathBuf {
        let file = self.0.join(name);
        std::fs::write(&file, text).unwrap();
        file
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

async fn server_error(tls: ServerTls) -> String {
    let error = Server::builder().tls(tls).serve("127.0.0.1:0").await;
    error.expect_err("no server").to_string()
}

fn client_error(tls: ClientTls) -> String {
    let error = Channel::builder("https://localhost:1")
        .tls(tls)
        .connect_lazy();
    error.expect_err("no channel").to_string()
}

#[track_caller]
fn says(error: &str, words: &[&str]) {
    for word in words {
        assert!(error.contains(word), "{error:?} lacks {word:?}");
    }
}

fn shown(file: &Path) -> String {
    file.display().to_string()
}

#[tokio::test]
async fn a_file_that_is_not_there_is_named() {
    let error = server_error(ServerTls::from_files("no/such.pem", "no/such.key")).await;
    says(
        &error,
        &[
            "certificate",
            "no/such.pem",
            "No such file",
            "relative path",
        ],
    );
    let error = client_error(ClientTls::new().ca_file("no/ca.pem"));
    says(&error, &["authority", "no/ca.pem", "No such file"]);
}

#[tokio::test]
async fn certificate_and_key_that_were_swapped_are_seen() {
    let folder = Folder::new("swapped");
    let issued = Authority::new().issue(&["localhost"]);
    let certificate = folder.write("server.pem", &issued.certificate);
    let key = folder.write("server.key", &issued.key);
    let error = server_error(ServerTls::from_files(&key, &certificate)).await;
    says(
        &error,
        &[
            &shown(&key),
            "holds no certificate",
            "PRIVATE KEY",
            "swapped",
        ],
    );

    let error = server_error(ServerTls::from_files(&certificate, &certificate)).await;
    says(
        &error,
        &[
            &shown(&certificate),
            "holds no private key",
            "CERTIFICATE",
            "swapped",
        ],
    );
}

#[tokio::test]
async fn a_key_of_another_certificate_is_a_mismatch() {
    let folder = Folder::new("mismatch");
    let authority = Authority::new();
    let certificate = folder.write("server.pem", authority.issue(&["localhost"]).certificate);
    let key = folder.write("other.key", authority.issue(&["localhost"]).key);
    let error = server_error(ServerTls::from_files(&certificate, &key)).await;
    says(
        &error,
        &[&shown(&certificate), &shown(&key), "don't belong together"],
    );

    let tls = authority.client().identity_files(&certificate, &key);
    says(
        &client_error(tls),
        &[&shown(&certificate), &shown(&key), "don't belong together"],
    );
}

#[tokio::test]
async fn what_a_file_holds_instead_is_said() {
    let folder = Folder::new("instead");
    let issued = Authority::new().issue(&["localhost"]);
    let key = folder.write("server.key", &issued.key);
    for (name, text, words) in [
        ("empty.pem", &b""[..], &["it is empty"][..]),
        (
            "text.pem",
            b"certificate: see wiki",
            &["no PEM", "BEGIN CERTIFICATE"],
        ),
        ("der.pem", &issued.der, &["looks like DER", "-inform der"]),
        (
            "csr.pem",
            b"-----BEGIN CERTIFICATE REQUEST-----\nAAAA\n-----END CERTIFICATE REQUEST-----\n",
            &["CERTIFICATE REQUEST"],
        ),
        (
            "cut.pem",
            b"-----BEGIN CERTIFICATE-----\nAAAA\n",
            &["PEM is broken"],
        ),
    ] {
        let file = folder.write(name, text);
        let error = server_error(ServerTls::from_files(&file, &key)).await;
        says(&error, &[&shown(&file), "certificate"]);
        says(&error, words);
    }

    let encrypted =
        "-----BEGIN ENCRYPTED PRIVATE KEY-----\nAAAA\n-----END ENCRYPTED PRIVATE KEY-----\n";
    let certificate = folder.write("server.pem", &issued.certificate);
    let file = folder.write("encrypted.key", encrypted);
    let error = server_error(ServerTls::from_files(&certificate, &file)).await;
    says(
        &error,
        &[&shown(&file), "ENCRYPTED PRIVATE KEY", "decrypted"],
    );
}

#[tokio::test]
async fn a_certificate_that_is_none_is_refused() {
    let issued = Authority::new().issue(&["localhost"]);
    let nonsense = "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n";
    let error = server_error(ServerTls::from_pem(nonsense, &issued.key)).await;
    says(&error, &["the PEM text that was given", "can't be used"]);
    let error = client_error(ClientTls::new().ca_pem(nonsense));
    says(&error, &["certificate authority", "can't be used"]);
}

#[test]
fn no_key_is_ever_printed() {
    let issued = Authority::new().issue(&["localhost"]);
    let secret = issued.key.lines().nth(1).unwrap().to_owned();
    let server = ServerTls::from_pem(&issued.certificate, &issued.key);
    let client = ClientTls::new().identity_pem(&issued.certificate, &issued.key);
    assert!(!format!("{server:?}{client:?}").contains(&secret));
}
