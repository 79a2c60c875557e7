//! What the contract says about a method and a service.
//!
//! Generated code has one `static` for each; a gateway or a proxy builds them at run time.
//! Everything that decides about a call (retries, authorization, metrics) reads the spec,
//! never the raw path, so that two spellings of a path can't be two methods.

use std::borrow::Cow;
use std::fmt;
use std::ops::Deref;
use std::sync::{Arc, OnceLock};

use bytes::Bytes;
use http::uri::PathAndQuery;

/// Which side sends how many messages.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum MethodKind {
    /// One request, one response.
    Unary,
    /// One request, any number of responses.
    ServerStreaming,
    /// Any number of requests, one response.
    ClientStreaming,
    /// Any number of each, in any order.
    BidiStreaming,
}

impl MethodKind {
    /// Whether the client may send any number of messages.
    pub const fn client_streams(self) -> bool {
        matches!(self, Self::ClientStreaming | Self::BidiStreaming)
    }

    /// Whether the server may send any number of messages.
    pub const fn server_streams(self) -> bool {
        matches!(self, Self::ServerStreaming | Self::BidiStreaming)
    }
}

/// The contract's `idempotency_level`: what a repetition of the call may do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum Idempotency {
    /// The contract says nothing: only a call that never reached a handler may be repeated.
    #[default]
    Unknown,
    /// `NO_SIDE_EFFECTS`: a read.
    NoSideEffects,
    /// `IDEMPOTENT`: has effects, but doing it twice is as good as doing it once.
    Idempotent,
}

impl Idempotency {
    /// Whether a repetition is harmless.
    pub const fn is_repeatable(self) -> bool {
        matches!(self, Self::NoSideEffects | Self::Idempotent)
    }
}

/// One method of a service, as the contract describes it.
#[derive(Clone)]
#[non_exhaustive]
pub struct MethodSpec {
    path: Cow<'static, str>,
    /// Where the method's name starts in `path`.
    method_at: usize,
    kind: MethodKind,
    idempotency: Idempotency,
    options: &'static [u8],
    /// Options of a spec that was made at run time.
    own_options: Option<Arc<[u8]>>,
    parsed: OnceLock<Option<PathAndQuery>>,
}

impl MethodSpec {
    /// The spec of the method at `path`, `/package.Service/Method`.
    ///
    /// # Panics
    /// At compile time, when `path` has not that form. Use [`MethodSpec::new`] for paths that
    /// come from outside.
    pub const fn from_static(path: &'static str, kind: MethodKind) -> Self {
        match method_at(path) {
            Some(at) => Self {
                path: Cow::Borrowed(path),
                method_at: at,
                kind,
                idempotency: Idempotency::Unknown,
                options: &[],
                own_options: None,
                parsed: OnceLock::new(),
            },
            None => panic!("a method's path has the form /package.Service/Method"),
        }
    }

    /// The spec of a method that is only known at run time; `None` when `path` is not of the
    /// form `/package.Service/Method`.
    pub fn new(path: impl Into<String>, kind: MethodKind) -> Option<Self> {
        let path = path.into();
        let method_at = method_at(&path)?;
        Some(Self {
            path: Cow::Owned(path),
            method_at,
            kind,
            idempotency: Idempotency::Unknown,
            options: &[],
            own_options: None,
            parsed: OnceLock::new(),
        })
    }

    /// The same method with this idempotency level.
    #[must_use]
    pub const fn with_idempotency(mut self, idempotency: Idempotency) -> Self {
        self.idempotency = idempotency;
        self
    }

    /// The same method with these options: the encoded `google.protobuf.MethodOptions`.
    #[must_use]
    pub const fn with_options(mut self, options: &'static [u8]) -> Self {
        self.options = options;
        self
    }

    /// [`MethodSpec::with_options`] for options that are only known at run time.
    #[must_use]
    pub fn with_owned_options(mut self, options: impl Into<Arc<[u8]>>) -> Self {
        self.own_options = Some(options.into());
        self
    }

    /// The path as it stands in a request. Checked once: it is the same for every call.
    pub(crate) fn path_and_query(&self) -> Option<PathAndQuery> {
        let parsed = self.parsed.get_or_init(|| match &self.path {
            Cow::Borrowed(path) => {
                PathAndQuery::from_maybe_shared(Bytes::from_static(path.as_bytes())).ok()
            }
            Cow::Owned(path) => path.parse().ok(),
        });
        parsed.clone()
    }

    /// `/package.Service/Method`, the `:path` of a request.
    pub fn path(&self) -> &str {
        &self.path
    }

    /// `package.Service`.
    pub fn service(&self) -> &str {
        &self.path[1..self.method_at - 1]
    }

    /// `Method`.
    pub fn method(&self) -> &str {
        &self.path[self.method_at..]
    }

    /// `package.Service/Method`, the form that metrics and logs use (gRFC A66).
    pub fn full_name(&self) -> &str {
        &self.path[1..]
    }

    /// Which side sends how many messages.
    pub const fn kind(&self) -> MethodKind {
        self.kind
    }

    /// What the contract says about repeating the call.
    pub const fn idempotency(&self) -> Idempotency {
        self.idempotency
    }

    /// The method's options as the contract has them: an encoded
    /// `google.protobuf.MethodOptions`, custom options included. Empty when there are none.
    pub fn options(&self) -> &[u8] {
        self.own_options.as_deref().unwrap_or(self.options)
    }
}

impl fmt::Debug for MethodSpec {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("MethodSpec")
            .field("path", &self.path)
            .field("kind", &self.kind)
            .field("idempotency", &self.idempotency)
            .finish_non_exhaustive()
    }
}

/// Where the method's name starts in `/service/Method`, if the path has that form.
const fn method_at(path: &str) -> Option<usize> {
    let bytes = path.as_bytes();
    if bytes.len() < 4 || bytes[0] != b'/' {
        return None;
    }
    let mut slash = 0;
    let mut i = 1;
    while i < bytes.len() {
        match bytes[i] {
            b'/' if slash == 0 && i > 1 => slash = i,
            b'/' | b'?' | b'#' | b' ' => return None,
            _ => {}
        }
        i += 1;
    }
    if slash == 0 || slash + 1 == bytes.len() {
        None
    } else {
        Some(slash + 1)
    }
}

/// A shared [`MethodSpec`]: generated (a `static`) or made at run time. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Spec(SpecRef);

#[derive(Debug, Clone)]
enum SpecRef {
    Static(&'static MethodSpec),
    Shared(Arc<MethodSpec>),
}

impl Deref for Spec {
    type Target = MethodSpec;

    fn deref(&self) -> &MethodSpec {
        match &self.0 {
            SpecRef::Static(spec) => spec,
            SpecRef::Shared(spec) => spec,
        }
    }
}

impl From<&'static MethodSpec> for Spec {
    fn from(spec: &'static MethodSpec) -> Self {
        Self(SpecRef::Static(spec))
    }
}

impl From<MethodSpec> for Spec {
    fn from(spec: MethodSpec) -> Self {
        Self(SpecRef::Shared(Arc::new(spec)))
    }
}

impl From<Arc<MethodSpec>> for Spec {
    fn from(spec: Arc<MethodSpec>) -> Self {
        Self(SpecRef::Shared(spec))
    }
}

/// One service, as the contract describes it.
#[derive(Debug, Clone, Copy)]
#[non_exhaustive]
pub struct ServiceSpec {
    name: &'static str,
    methods: &'static [&'static MethodSpec],
    file_descriptor_set: &'static [u8],
}

impl ServiceSpec {
    /// The spec that generated code declares.
    pub const fn from_static(
        name: &'static str,
        methods: &'static [&'static MethodSpec],
        file_descriptor_set: &'static [u8],
    ) -> Self {
        Self {
            name,
            methods,
            file_descriptor_set,
        }
    }

    /// `package.Service`.
    pub const fn name(&self) -> &'static str {
        self.name
    }

    /// The methods in the contract's order.
    pub const fn methods(&self) -> &'static [&'static MethodSpec] {
        self.methods
    }

    /// The encoded `google.protobuf.FileDescriptorSet` of the contract, byte for byte as the
    /// compiler wrote each file's descriptor; what reflection serves.
    pub const fn file_descriptor_set(&self) -> &'static [u8] {
        self.file_descriptor_set
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_yields_service_and_method() {
        let spec = MethodSpec::from_static("/a.b.C/Do", MethodKind::Unary);
        assert_eq!((spec.service(), spec.method()), ("a.b.C", "Do"));
        assert_eq!(spec.full_name(), "a.b.C/Do");
    }

    #[test]
    fn a_path_that_could_be_read_two_ways_is_no_method() {
        for path in [
            "",
            "/",
            "//Do",
            "a.b.C/Do",
            "/a.b.C",
            "/a.b.C/",
            "/a/b/c",
            "//a/b",
            "/a.b.C/Do?x=1",
            "/a.b.C/Do#x",
        ] {
            assert!(
                MethodSpec::new(path, MethodKind::Unary).is_none(),
                "{path} was accepted"
            );
        }
    }
}
