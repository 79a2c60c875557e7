//! Names, stored once: a simple name is the tail of its full name.

use std::cell::Cell;

/// A full name, and where in it the simple name starts.
#[derive(Clone, Debug)]
pub(crate) struct Name {
    full: Box<str>,
    simple: usize,
}

impl Name {
    pub(crate) fn full(&self) -> &str {
        &self.full
    }

    pub(crate) fn simple(&self) -> &str {
        &self.full[self.simple..]
    }
}

/// How many bytes of full names may still be made.
///
/// A full name repeats its scope: a set of many short elements under one very
/// long name would need memory quadratic in its size.
pub(crate) struct NameBudget(Cell<usize>);

impl NameBudget {
    /// Generous for what people write: 100 bytes of full names per byte of
    /// input (an element needs at least five), beyond a free megabyte.
    pub(crate) fn new(input: usize) -> Self {
        Self(Cell::new(input.saturating_mul(100).saturating_add(1 << 20)))
    }

    /// `simple` in `scope`, or `None` when the budget is used up.
    pub(crate) fn name(&self, scope: &str, simple: &str) -> Option<Name> {
        let start = if scope.is_empty() { 0 } else { scope.len() + 1 };
        let left = self.0.get().checked_sub(start + simple.len())?;
        self.0.set(left);
        let mut full = String::with_capacity(start + simple.len());
        if !scope.is_empty() {
            full.push_str(scope);
            full.push('.');
        }
        full.push_str(simple);
        Some(Name {
            full: full.into_boxed_str(),
            simple: start,
        })
    }
}
