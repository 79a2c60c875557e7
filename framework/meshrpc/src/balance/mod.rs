//! Spreading calls over the servers that were found.
//!
//! A [`Policy`] makes a [`Balancer`] for each channel; the balancer publishes a [`Picker`] after
//! every change, and a call asks only that. [`PickFirst`] is the default and the leaf of all
//! others.

mod pick_first;

pub use pick_first::PickFirst;

pub use crate::base::{
    Balancer, ChannelControl, ConnectivityState, OnDone, Outcome, Pick, PickArgs, Picker, Policy,
    Subchannel, SubchannelId,
};
