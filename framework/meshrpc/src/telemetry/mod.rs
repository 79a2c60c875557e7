//! Spans and events of calls: everything that watches and nothing that decides.

mod observe;
mod span;

pub(crate) use observe::{Watch, observe};
