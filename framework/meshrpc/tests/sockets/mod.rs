//! What servers listen on, and how they stop.

mod listeners;
mod pipe;
mod shutdown;
mod startup;
#[cfg(unix)]
mod unix;
