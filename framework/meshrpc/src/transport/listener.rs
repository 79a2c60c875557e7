//! Where a server's connections come from.

use std::io;
use std::net::SocketAddr;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use tokio::net::TcpListener;

use super::{Connection, Io};
use crate::base::Peer;

/// A source of connections for a server: a listening socket, a pipe in a test, a tunnel.
///
/// tokio's and the standard library's listeners are ones; [`IntoListener`] says what else a
/// server takes.
///
/// ```
/// use std::io;
/// use std::task::{Context, Poll};
/// use meshrpc::server::{Connection, Listener};
///
/// /// Connections that another part of the program has made.
/// struct Handed(tokio::sync::mpsc::Receiver<tokio::net::TcpStream>);
///
/// impl Listener for Handed {
///     fn poll_accept(&mut self, cx: &mut Context<'_>) -> Poll<Option<io::Result<Connection>>> {
///         self.0.poll_recv(cx).map(|stream| stream.map(|stream| Ok(Connection::from(stream))))
///     }
/// }
/// ```
pub trait Listener: Send + 'static {
    /// The next connection; `None` when there will be no more. After an error it is asked
    /// again, a little later.
    fn poll_accept(&mut self, cx: &mut Context<'_>) -> Poll<Option<io::Result<Connection>>>;

    /// What logs call it.
    fn name(&self) -> String {
        "a listener".to_owned()
    }
}

impl Listener for Box<dyn Listener> {
    fn poll_accept(&mut self, cx: &mut Context<'_>) -> Poll<Option<io::Result<Connection>>> {
        (**self).poll_accept(cx)
    }

    fn name(&self) -> String {
        (**self).name()
    }
}

impl Listener for TcpListener {
    fn poll_accept(&mut self, cx: &mut Context<'_>) -> Poll<Option<io::Result<Connection>>> {
        let accepted = ready!(Self::poll_accept(self, cx));
        Poll::Ready(Some(accepted.map(|(stream, remote)| {
            let peer = Peer {
                remote_addr: Some(remote),
                local_addr: stream.local_addr().ok(),
                tls: None,
            };
            Connection::from_io(Io::Tcp(stream), peer)
        })))
    }

    fn name(&self) -> String {
        address_name(self.local_addr())
    }
}

fn address_name(address: io::Result<SocketAddr>) -> String {
    address.map_or_else(|_| "a TCP socket".to_owned(), |address| address.to_string())
}

#[cfg(unix)]
impl Listener for tokio::net::UnixListener {
    fn poll_accept(&mut self, cx: &mut Context<'_>) -> Poll<Option<io::Result<Connection>>> {
        let accepted = ready!(Self::poll_accept(self, cx));
        Poll::Ready(Some(accepted.map(|(stream, _)| Connection::new(stream))))
    }

    fn name(&self) -> String {
        "a Unix socket".to_owned()
    }
}

/// What a server can listen on: any [`Listener`], or a listening socket of the standard
/// library, as a service manager or a test hands one over.
pub trait IntoListener {
    /// The listener. Called inside of the runtime that serves.
    ///
    /// # Errors
    /// When the socket can't be used by the runtime.
    fn into_listener(self) -> io::Result<Box<dyn Listener>>;
}

impl<L: Listener> IntoListener for L {
    fn into_listener(self) -> io::Result<Box<dyn Listener>> {
        Ok(Box::new(self))
    }
}

impl IntoListener for std::net::TcpListener {
    fn into_listener(self) -> io::Result<Box<dyn Listener>> {
        self.set_nonblocking(true)?;
        Ok(Box::new(TcpListener::from_std(self)?))
    }
}

#[cfg(unix)]
impl IntoListener for std::os::unix::net::UnixListener {
    fn into_listener(self) -> io::Result<Box<dyn Listener>> {
        self.set_nonblocking(true)?;
        Ok(Box::new(tokio::net::UnixListener::from_std(self)?))
    }
}

/// Several listeners as one, each with its turn.
pub(crate) struct Listeners {
    list: Vec<Slot>,
    turn: usize,
}

struct Slot {
    listener: Box<dyn Listener>,
    /// After an error: when to ask again.
    pause: Option<Pin<Box<tokio::time::Sleep>>>,
}

impl Listeners {
    pub(crate) fn new(list: Vec<Box<dyn Listener>>) -> Self {
        let list = list
            .into_iter()
            .map(|listener| Slot {
                listener,
                pause: None,
            })
            .collect();
        Self { list, turn: 0 }
    }

    /// The next connection of any of them; `None` when all have ended.
    pub(crate) async fn accept(&mut self) -> Option<Connection> {
        std::future::poll_fn(|cx| self.poll_accept(cx)).await
    }

    pub(crate) fn poll_accept(&mut self, cx: &mut Context<'_>) -> Poll<Option<Connection>> {
        let mut asked = 0;
        while asked < self.list.len() {
            self.turn = (self.turn + 1) % self.list.len();
            match self.list[self.turn].poll_accept(cx) {
                Poll::Ready(Some(accepted)) => return Poll::Ready(Some(accepted)),
                Poll::Ready(None) => {
                    self.list.swap_remove(self.turn);
                    // Whoever took the place has not been asked, or will be again: no harm.
                    asked = 0;
                }
                Poll::Pending => asked += 1,
            }
        }
        if self.list.is_empty() {
            Poll::Ready(None)
        } else {
            Poll::Pending
        }
    }
}

impl Slot {
    fn poll_accept(&mut self, cx: &mut Context<'_>) -> Poll<Option<Connection>> {
        loop {
            if let Some(pause) = &mut self.pause {
                ready!(pause.as_mut().poll(cx));
                self.pause = None;
            }
            let error = match ready!(self.listener.poll_accept(cx)) {
                None => return Poll::Ready(None),
                Some(Ok(accepted)) => return Poll::Ready(Some(accepted)),
                Some(Err(error)) => error,
            };
            if concerns_one_connection(&error) {
                tracing::debug!(%error, "a connection was gone before it was accepted");
                continue;
            }
            tracing::warn!(
                listener = self.listener.name(),
                %error,
                "no connection could be accepted; pausing {PAUSE:?}"
            );
            self.pause = Some(Box::pin(crate::base::rt::sleep(PAUSE)));
        }
    }
}

/// Pause after an accept that failed for want of resources (file descriptors, memory): trying
/// again at once would spin without helping.
const PAUSE: std::time::Duration = std::time::Duration::from_millis(100);

/// The peer of a connection that waited to be accepted gave up; the listener is well.
fn concerns_one_connection(error: &io::Error) -> bool {
    matches!(
        error.kind(),
        io::ErrorKind::ConnectionAborted
            | io::ErrorKind::ConnectionReset
            | io::ErrorKind::ConnectionRefused
            | io::ErrorKind::Interrupted
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Yields errors and ends as told.
    struct Script(Vec<Poll<Option<io::ErrorKind>>>, &'static str);

    impl Listener for Script {
        fn poll_accept(&mut self, _: &mut Context<'_>) -> Poll<Option<io::Result<Connection>>> {
            match self.0.pop() {
                None => Poll::Ready(Some(Ok(Connection::new(tokio::io::duplex(1).0)))),
                Some(step) => step.map(|step| step.map(|kind| Err(kind.into()))),
            }
        }

        fn name(&self) -> String {
            self.1.to_owned()
        }
    }

    #[tokio::test(start_paused = true)]
    async fn a_listener_out_of_resources_is_asked_again_after_a_pause() {
        let failing = Script(
            vec![Poll::Ready(Some(io::ErrorKind::OutOfMemory)); 3],
            "poor",
        );
        let start = crate::base::rt::now();
        let mut listeners = Listeners::new(vec![Box::new(failing)]);
        assert!(listeners.accept().await.is_some());
        assert_eq!(crate::base::rt::now() - start, 3 * PAUSE);
    }

    #[tokio::test(start_paused = true)]
    async fn one_failing_listener_does_not_hold_up_another() {
        let failing = Script(
            vec![Poll::Ready(Some(io::ErrorKind::OutOfMemory)); 3],
            "poor",
        );
        let start = crate::base::rt::now();
        let mut listeners =
            Listeners::new(vec![Box::new(failing), Box::new(Script(vec![], "well"))]);
        for _ in 0..3 {
            assert!(listeners.accept().await.is_some());
        }
        assert_eq!(crate::base::rt::now(), start);
    }

    #[tokio::test]
    async fn listeners_end_when_the_last_one_has() {
        let ended = || Box::new(Script(vec![Poll::Ready(None)], "ended")) as Box<dyn Listener>;
        assert!(
            Listeners::new(vec![ended(), ended()])
                .accept()
                .await
                .is_none()
        );
        let mut listeners =
            Listeners::new(vec![ended(), Box::new(Script(vec![], "well")), ended()]);
        assert!(listeners.accept().await.is_some());
    }
}
