//! What a server does about peers that stall, babble or flood.

mod garbage;
mod permits;
mod raw;
mod timers;
