//! Unix domain sockets.

use std::io;
use std::os::unix::fs::{FileTypeExt, MetadataExt};
use std::os::unix::net::UnixStream as StdUnixStream;
use std::path::{Path, PathBuf};
use std::task::{Context, Poll};

use tokio::net::{UnixListener, UnixStream};

use super::{Connection, Listener};

/// Connects to the socket at `path`.
pub(crate) async fn connect(path: &Path) -> io::Result<Connection> {
    Ok(Connection::new(UnixStream::connect(path).await?))
}

/// Listens at `path`, where a file of a server that is gone may lie.
pub(crate) fn listen(path: &Path) -> io::Result<UnixSocket> {
    if let Err(error) = remove_stale(path) {
        return Err(io::Error::new(io::ErrorKind::AddrInUse, error));
    }
    let listener = UnixListener::bind(path)?;
    let file = std::fs::symlink_metadata(path)?;
    Ok(UnixSocket {
        listener,
        path: path.to_owned(),
        file: (file.dev(), file.ino()),
    })
}

/// Removes a socket's file if nobody listens behind it. A server that ended badly leaves one,
/// and the operating system never reuses it.
fn remove_stale(path: &Path) -> Result<(), String> {
    let Ok(file) = std::fs::symlink_metadata(path) else {
        return Ok(());
    };
    if !file.file_type().is_socket() {
        return Err("there is a file that is no socket; it is left alone".to_owned());
    }
    match StdUnixStream::connect(path) {
        Ok(_) => Err("another server listens there".to_owned()),
        Err(error) if error.kind() == io::ErrorKind::ConnectionRefused => {
            std::fs::remove_file(path)
                .map_err(|error| format!("a stale socket can't be removed: {error}"))
        }
        Err(error) => Err(format!(
            "a socket is there, and does not say if it is stale: {error}"
        )),
    }
}

/// A listening Unix socket, which takes its file with it.
#[derive(Debug)]
pub(crate) struct UnixSocket {
    listener: UnixListener,
    path: PathBuf,
    /// Device and inode: by now another server's socket may have the path.
    file: (u64, u64),
}

impl Listener for UnixSocket {
    fn poll_accept(&mut self, cx: &mut Context<'_>) -> Poll<Option<io::Result<Connection>>> {
        Listener::poll_accept(&mut self.listener, cx)
    }

    fn name(&self) -> String {
        format!("unix:{}", self.path.display())
    }
}

impl Drop for UnixSocket {
    fn drop(&mut self) {
        let ours = std::fs::symlink_metadata(&self.path)
            .is_ok_and(|file| (file.dev(), file.ino()) == self.file);
        if ours && let Err(error) = std::fs::remove_file(&self.path) {
            tracing::debug!(path = %self.path.display(), %error, "a socket's file stays behind");
        }
    }
}
