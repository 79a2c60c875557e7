//! Pages of the manual that need more room than an item's documentation. There is no code in
//! here but what the pages show, which is compiled and run as tests.

#[cfg(all(feature = "client", feature = "server"))]
#[doc = include_str!("mocks.md")]
pub mod mocks {}

#[cfg(all(feature = "client", feature = "server"))]
#[doc = include_str!("beside.md")]
pub mod beside {}
