//! What is the same for every element: name, options, features, source notes;
//! and what an element inherits from the one around it.

use crate::comments::{Comments, Notes, SourceMap};
use crate::edition::Syntax;
use crate::error::{Cause, DecodeError};
use crate::features::Features;
use crate::name::{Name, NameBudget};
use crate::options::{Known, Options, OptionsType};
use crate::wire::Reader;

/// What all elements of a file share while it is read.
pub(crate) struct FileContext<'a> {
    pub(crate) syntax: Syntax,
    pub(crate) source: &'a SourceMap,
    pub(crate) names: &'a NameBudget,
}

/// Where an element stands: in a file, message, enum, service or oneof.
pub(crate) struct Scope<'a> {
    pub(crate) file: &'a FileContext<'a>,
    pub(crate) name: &'a str,
    pub(crate) features: Features,
    pub(crate) path: &'a [i32],
}

/// What every public descriptor has.
#[derive(Clone, Debug)]
pub(crate) struct Element {
    pub(crate) name: Name,
    pub(crate) options: Options,
    pub(crate) features: Features,
    pub(crate) notes: Notes,
}

impl Element {
    pub(crate) fn comments(&self) -> &Comments {
        self.notes.comments.as_deref().unwrap_or(Comments::NONE)
    }
}

impl Scope<'_> {
    /// The path of the child with `index` in the repeated `field`.
    pub(crate) fn child(&self, field: i32, index: usize) -> Vec<i32> {
        // An index beyond i32 needs more than 2 GiB of children.
        let index = i32::try_from(index).unwrap_or(i32::MAX);
        [self.path, &[field, index]].concat()
    }

    /// The common part of the element at `path`, read by `reader`.
    pub(crate) fn element(
        &self,
        reader: &Reader<'_>,
        name: Option<&str>,
        options_type: &OptionsType,
        options: Vec<Reader<'_>>,
        path: &[i32],
    ) -> Result<(Element, Known), DecodeError> {
        let simple = name
            .filter(|name| !name.is_empty())
            .ok_or_else(|| reader.error(Cause::Missing("name")))?;
        let name = self
            .file
            .names
            .name(self.name, simple)
            .ok_or_else(|| reader.error(Cause::LongNames))?;
        let (options, known) = options_type.read(options, self.features, path, self.file.source)?;
        let element = Element {
            name,
            options,
            features: known.features,
            notes: self.file.source.notes(path),
        };
        Ok((element, known))
    }
}

/// The accessors of [`Element`], for the public type that holds one.
macro_rules! element_accessors {
    ($type:ident) => {
        impl $type {
            /// The simple name.
            pub fn name(&self) -> &str {
                self.element.name.simple()
            }

            /// The full name: package and enclosing names included, no leading dot.
            pub fn full_name(&self) -> &str {
                self.element.name.full()
            }

            /// The options, custom ones included.
            pub fn options(&self) -> &$crate::Options {
                &self.element.options
            }

            /// The features, resolved.
            pub fn features(&self) -> &$crate::Features {
                &self.element.features
            }

            /// Whether the option `deprecated` is set on the element itself.
            pub fn deprecated(&self) -> bool {
                self.element.options.deprecated()
            }

            /// The comments around the declaration.
            pub fn comments(&self) -> &$crate::Comments {
                self.element.comments()
            }

            /// Line and column of the declaration, both from one, if the set has
            /// source info.
            pub fn location(&self) -> Option<(u32, u32)> {
                self.element.notes.location
            }
        }
    };
}
pub(crate) use element_accessors;
