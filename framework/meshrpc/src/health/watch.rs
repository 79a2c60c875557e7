//! The stream of one watcher.

use super::{HealthCheckResponse, HealthReporter};
use crate::{Sender, Status};

/// Tells `out` what is reported for `service`: at once, then when it changes, until the server
/// shuts down.
///
/// A watcher that reads slowly misses what changed back in the meantime; it always hears the
/// latest. So it holds one message, whatever happens.
pub(super) async fn watch(
    reporter: &HealthReporter,
    service: &str,
    out: &mut Sender<HealthCheckResponse>,
) -> Result<(), Status> {
    // Subscribed before the first look: no change can be missed between the two.
    let mut changes = reporter.changes();
    let mut told = None;
    loop {
        changes.mark_unchanged();
        let (status, last) = reporter.observe(service);
        if told != Some(status) {
            out.send(HealthCheckResponse {
                status: status.into(),
            })
            .await?;
            out.flush().await?;
            told = Some(status);
        }
        if last || changes.changed().await.is_err() {
            return Ok(());
        }
    }
}
