//! What servers listen on, and how they stop.

mod listeners;
mod pipe;
mod shutdown;
#[cfg(unix)]
mod signals;
mod startup;
#[cfg(unix)]
mod unix;
