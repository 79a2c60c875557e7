use std::os::unix::net::UnixListener;
use std::path::PathBuf;
use std::sync::atomic::{AtomicUsize, Ordering};

use meshrpc::{Channel, Request, RequestExt, Server, Status};
use tokio::sync::oneshot;

use crate::support::echo_service::{EchoServiceClient, EchoServiceServer};
use crate::support::say::Say;
use crate::support::{Echo, Note, note};

/// A path of its own, short enough for a socket.
fn path() -> PathBuf {
    static NEXT: AtomicUsize = AtomicUsize::new(0);
    let next = NEXT.fetch_add(1, Ordering::Relaxed);
    std::env::temp_dir().join(format!("meshrpc-{}-{next}.sock", std::process::id()))
}

/// Serves on `path` until the sender is dropped.
fn serve(
    path: &PathBuf,
) -> (
    oneshot::Sender<()>,
    tokio::task::JoinHandle<Result<(), String>>,
) {
    let (stop, stopped) = oneshot::channel::<()>();
    let server = Server::builder()
        .add_service(EchoServiceServer::new(Echo))
        .listen_unix(path);
    let served = tokio::spawn(async {
        let shutdown = async {
            let _ = stopped.await;
        };
        let served = server.serve_all_with_shutdown(shutdown).await;
        served.map_err(|error| error.to_string())
    });
    (stop, served)
}

async fn say(target: &str) {
    let channel = Channel::connect(target).await.unwrap();
    EchoServiceClient::new(channel)
        .say(note("hello"))
        .await
        .unwrap();
}

#[tokio::test]
async fn calls_cross_a_unix_socket_that_leaves_no_file() {
    let path = path();
    let (stop, served) = serve(&path);
    while !path.exists() {
        tokio::task::yield_now().await;
    }
    say(&format!("unix:{}", path.display())).await;
    say(&format!("unix://{}", path.display())).await;
    drop(stop);
    served.await.unwrap().unwrap();
    assert!(!path.exists());
}

#[tokio::test]
async fn a_file_that_a_dead_server_left_is_replaced() {
    let path = path();
    drop(UnixListener::bind(&path).unwrap());
    assert!(path.exists());
    let (_stop, _served) = serve(&path);
    tokio::task::yield_now().await;
    say(&format!("unix:{}", path.display())).await;
    std::fs::remove_file(&path).unwrap();
}

#[tokio::test]
async fn a_live_servers_socket_and_a_users_file_are_left_alone() {
    let in_use = path();
    let _live = UnixListener::bind(&in_use).unwrap();
    let error = serve(&in_use).1.await.unwrap().unwrap_err();
    assert!(error.contains("another server listens there"), "{error}");
    assert!(error.contains(&in_use.display().to_string()), "{error}");
    std::fs::remove_file(&in_use).unwrap();

    let file = path();
    std::fs::write(&file, "precious").unwrap();
    let error = serve(&file).1.await.unwrap().unwrap_err();
    assert!(error.contains("no socket"), "{error}");
    assert_eq!(std::fs::read_to_string(&file).unwrap(), "precious");
    std::fs::remove_file(&file).unwrap();
}

#[tokio::test]
async fn a_socket_that_cannot_be_made_or_reached_is_named() {
    let nowhere = path().join("no/such/directory.sock");
    let error = serve(&nowhere).1.await.unwrap().unwrap_err();
    assert!(error.contains("the directory has to exist"), "{error}");

    let target = format!("unix:{}", path().display());
    let error = Channel::connect(&target).await.unwrap_err().to_string();
    assert!(error.contains(&target), "{error}");
    assert!(error.contains("No such file"), "{error}");
}

#[tokio::test]
async fn a_unix_peer_has_no_address() {
    let path = path();
    let server =
        Server::builder().add_service(EchoServiceServer::new(Say(|request: Request<Note>| {
            match request.peer() {
                Some(peer) if peer.remote_addr.is_none() && peer.tls.is_none() => Ok(note("right")),
                other => Err(Status::internal(format!("{other:?}"))),
            }
        })));
    tokio::spawn(server.serve_unix(path.clone()));
    tokio::task::yield_now().await;
    say(&format!("unix:{}", path.display())).await;
    std::fs::remove_file(&path).unwrap();
}
