//! A server that a test starts, talks to and stops.

use tokio::sync::oneshot;
use tokio::task::JoinHandle;

use super::pipe::{PipeConnector, pipe};
use crate::Channel;
use crate::base::rt;
use crate::client::ChannelBuilder;
use crate::server::{ServeError, ServerBuilder};

/// Starts `server` on a pipe of its own. Has to be called inside of a tokio runtime.
///
/// # Errors
/// As [`ServerBuilder::serve`].
pub fn serve(server: ServerBuilder) -> Result<TestServer, ServeError> {
    let (connector, listener) = pipe();
    let server = server.listen_on(listener).prepare()?;
    let (stop, stopped) = oneshot::channel::<()>();
    let done = rt::spawn(server.run(async {
        // Dropping the sender is as good a reason.
        let _ = stopped.await;
    }));
    Ok(TestServer {
        connector,
        stop,
        done,
    })
}

/// A server on an in-memory pipe; made by [`serve`]. Dropped, it drains, as
/// [`TestServer::shutdown`] does, without anybody waiting for it.
#[derive(Debug)]
pub struct TestServer {
    connector: PipeConnector,
    stop: oneshot::Sender<()>,
    done: JoinHandle<()>,
}

impl TestServer {
    /// A channel to the server, with a connection of its own, made at the first call.
    ///
    /// # Panics
    /// Never: only what [`TestServer::channel_builder`] is given could be refused.
    pub fn channel(&self) -> Channel {
        self.channel_builder()
            .connect_lazy()
            .expect("the target is fixed")
    }

    /// A channel to the server, for a test that sets more.
    pub fn channel_builder(&self) -> ChannelBuilder {
        Channel::builder("passthrough:localhost").connector(self.connector.clone())
    }

    /// Breaks all connections, as a failing network does.
    pub fn disconnect(&self) {
        self.connector.disconnect();
    }

    /// Shuts the server down: calls under way are finished first.
    ///
    /// # Panics
    /// When the server has panicked.
    pub async fn shutdown(self) {
        drop(self.stop);
        self.done.await.expect("the server does not panic");
    }
}
