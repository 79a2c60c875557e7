//! What the README tells people to type works as it stands there.

use std::path::Path;
use std::process::Stdio;
use std::time::Duration;

use tokio::net::{TcpListener, TcpStream};
use tokio::process::Command;

fn read(path: &str) -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(path);
    std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// A file as the README shows it: without the line that says what it is.
fn shown(path: &str) -> String {
    let text = read(path);
    let lines = text
        .lines()
        .skip_while(|line| line.starts_with("//!") || line.is_empty());
    lines.collect::<Vec<_>>().join("\n")
}

#[test]
fn the_readme_shows_the_files_that_are_compiled_here() {
    let readme = read("../../README.md");
    for path in [
        "proto/hello/v1/hello.proto",
        "build.rs",
        "src/bin/server.rs",
        "src/bin/client.rs",
    ] {
        assert!(
            readme.contains(&shown(path)),
            "README.md and examples/quickstart/{path} differ"
        );
    }
}

#[tokio::test]
async fn the_client_is_greeted_by_the_server() {
    // A free port; the moment between its being free and the server's bind is the test's risk.
    let probe = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
    let address = probe.local_addr().expect("bound").to_string();
    drop(probe);

    let mut server = Command::new(env!("CARGO_BIN_EXE_server"))
        .arg(&address)
        .kill_on_drop(true)
        .spawn()
        .expect("the server starts");
    let listens = async { while TcpStream::connect(&address).await.is_err() {} };
    let start = tokio::time::timeout(Duration::from_secs(30), listens);
    tokio::select! {
        started = start => started.expect("the server listens"),
        ended = server.wait() => panic!("the server ended: {ended:?}"),
    }

    let client = Command::new(env!("CARGO_BIN_EXE_client"))
        .arg(&address)
        .stderr(Stdio::inherit())
        .output()
        .await
        .expect("the client starts");
    assert!(client.status.success());
    assert_eq!(String::from_utf8_lossy(&client.stdout), "Hello, world!\n");
}
