//! Comments and positions: a file's `SourceCodeInfo`, by path.

use std::collections::BTreeMap;

use crate::error::DecodeError;
use crate::wire::Reader;

/// The comments around a declaration, as `protoc` attaches them: without
/// comment markers, each line with its line feed.
///
/// Empty when the descriptor set was built without `--include_source_info`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Comments {
    leading: Option<String>,
    trailing: Option<String>,
    detached: Vec<String>,
}

impl Comments {
    pub(crate) const NONE: &'static Self = &Self {
        leading: None,
        trailing: None,
        detached: Vec::new(),
    };

    /// The comment right above the declaration.
    pub fn leading(&self) -> Option<&str> {
        self.leading.as_deref()
    }

    /// The comment behind the declaration.
    pub fn trailing(&self) -> Option<&str> {
        self.trailing.as_deref()
    }

    /// The comments above it that a blank line sets apart.
    pub fn detached(&self) -> &[String] {
        &self.detached
    }

    /// Whether there are none at all.
    pub fn is_empty(&self) -> bool {
        self == Self::NONE
    }
}

/// What the source says at one path.
#[derive(Clone, Debug, Default)]
pub(crate) struct Notes {
    pub(crate) comments: Option<Box<Comments>>,
    pub(crate) location: Option<(u32, u32)>,
}

/// All notes of a file. Ordered, since an option's position may be recorded
/// only for parts of it, which are the paths that begin with its own.
#[derive(Default)]
pub(crate) struct SourceMap(BTreeMap<Box<[i32]>, Notes>);

impl SourceMap {
    /// Adds a `google.protobuf.SourceCodeInfo`.
    pub(crate) fn add(&mut self, mut info: Reader<'_>) -> Result<(), DecodeError> {
        while let Some(record) = info.next()? {
            if record.number == 1 {
                let (path, notes) = location(record.message("SourceCodeInfo.Location")?)?;
                self.0.entry(path.into_boxed_slice()).or_insert(notes);
            }
        }
        Ok(())
    }

    pub(crate) fn notes(&self, path: &[i32]) -> Notes {
        self.0.get(path).cloned().unwrap_or_default()
    }

    /// Where `path`, or the first part of it, stands.
    pub(crate) fn location(&self, path: &[i32]) -> Option<(u32, u32)> {
        let (found, notes) = self
            .0
            .range::<[i32], _>((std::ops::Bound::Included(path), std::ops::Bound::Unbounded))
            .next()?;
        found.starts_with(path).then_some(notes.location).flatten()
    }
}

fn location(mut reader: Reader<'_>) -> Result<(Vec<i32>, Notes), DecodeError> {
    let mut path = Vec::new();
    let mut span = Vec::new();
    let mut comments = Comments::default();
    while let Some(record) = reader.next()? {
        match record.number {
            1 => record.int32s(&mut path)?,
            2 => record.int32s(&mut span)?,
            3 => comments.leading = Some(record.string()?.to_owned()),
            4 => comments.trailing = Some(record.string()?.to_owned()),
            6 => comments.detached.push(record.string()?.to_owned()),
            _ => {}
        }
    }
    // A span starts with line and column, both from zero.
    let one_based = |number: i32| u32::try_from(number).ok()?.checked_add(1);
    let location = match span[..] {
        [line, column, ..] => one_based(line).zip(one_based(column)),
        _ => None,
    };
    let comments = (!comments.is_empty()).then(|| Box::new(comments));
    Ok((path, Notes { comments, location }))
}
