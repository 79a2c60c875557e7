//! Which dialect a file is written in.

use std::fmt;

/// An edition of the protobuf language, by its number in `descriptor.proto`.
///
/// ```
/// use meshrpc_descriptor::Edition;
///
/// assert!(Edition::EDITION_2023 < Edition::EDITION_2024);
/// assert_eq!(Edition::EDITION_2024.to_string(), "2024");
/// assert!(!Edition(1002).is_supported());
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Edition(pub i32);

impl Edition {
    /// Edition 2023, the first.
    pub const EDITION_2023: Self = Self(1000);
    /// Edition 2024: `import option`, `export` and `local`, a naming style.
    pub const EDITION_2024: Self = Self(1001);
    /// The editions that this version resolves and lowers, for messages.
    pub(crate) const SUPPORTED: &'static str = "proto2, proto3 and editions 2023 and 2024";

    /// Whether this version knows the edition's rules.
    pub fn is_supported(self) -> bool {
        matches!(self, Self::EDITION_2023 | Self::EDITION_2024)
    }
}

impl fmt::Display for Edition {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            1000 => f.write_str("2023"),
            1001 => f.write_str("2024"),
            1002 => f.write_str("2026"),
            number => write!(f, "number {number}"),
        }
    }
}

/// The dialect of a file: its `syntax` or `edition` line.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Syntax {
    /// `syntax = "proto2";`, or no such line.
    Proto2,
    /// `syntax = "proto3";`
    Proto3,
    /// `edition = "…";`
    Edition(Edition),
}

impl fmt::Display for Syntax {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Proto2 => f.write_str("proto2"),
            Self::Proto3 => f.write_str("proto3"),
            Self::Edition(edition) => write!(f, "edition {edition}"),
        }
    }
}
