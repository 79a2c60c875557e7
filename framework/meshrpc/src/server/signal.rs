//! When the process is asked to end.

use std::future::pending;

/// Completes when the process is asked to end: Ctrl-C (SIGINT), or SIGTERM where there is one.
///
/// ```no_run
/// # async fn example(server: meshrpc::server::ServerBuilder) -> Result<(), meshrpc::server::ServeError> {
/// server.serve_with_shutdown("0.0.0.0:50051", meshrpc::server::shutdown_signal()).await
/// # }
/// ```
///
/// From its first poll on the process no longer ends by itself at these signals. Once it has
/// completed, a second signal ends nothing: what is left ends within
/// [`Limits::drain_grace`](crate::Limits::drain_grace).
pub async fn shutdown_signal() {
    let interrupted = async {
        if let Err(error) = tokio::signal::ctrl_c().await {
            tracing::warn!(%error, "Ctrl-C can't be listened to; it ends the process at once");
            pending::<()>().await;
        }
    };
    tokio::select! {
        () = interrupted => {}
        () = terminated() => {}
    }
    tracing::info!("asked to end; finishing the calls under way");
}

#[cfg(unix)]
async fn terminated() {
    use tokio::signal::unix::{SignalKind, signal};
    match signal(SignalKind::terminate()) {
        Ok(mut terminate) => {
            terminate.recv().await;
        }
        Err(error) => {
            tracing::warn!(%error, "SIGTERM can't be listened to; it ends the process at once");
            pending::<()>().await;
        }
    }
}

#[cfg(not(unix))]
async fn terminated() {
    pending().await
}
