//! Spans and events of calls: everything that watches and nothing that decides.

mod span;
mod watch;

pub(crate) use watch::Watch;
