//! What tonic's [`Request`] and [`Response`] lack, added by extension.

use std::sync::LazyLock;

use tonic::metadata::MetadataMap;
use tonic::{Request, Response};

use super::{CallContext, Deadline, Peer, Spec};

/// The trailers of a success, kept apart from the headers.
#[derive(Debug, Clone)]
pub(crate) struct Trailers(pub(crate) MetadataMap);

static NO_METADATA: LazyLock<MetadataMap> = LazyLock::new(MetadataMap::new);

/// Trailers of a [`Response`].
pub trait ResponseExt: Sized {
    /// The trailers that came with a success; empty when there were none.
    fn trailers(&self) -> &MetadataMap;

    /// The trailers to send with a success.
    fn trailers_mut(&mut self) -> &mut MetadataMap;

    /// The same response with these trailers.
    #[must_use]
    fn with_trailers(mut self, trailers: MetadataMap) -> Self {
        *self.trailers_mut() = trailers;
        self
    }
}

impl<T> ResponseExt for Response<T> {
    fn trailers(&self) -> &MetadataMap {
        match self.extensions().get::<Trailers>() {
            Some(Trailers(trailers)) => trailers,
            None => &NO_METADATA,
        }
    }

    fn trailers_mut(&mut self) -> &mut MetadataMap {
        let extensions = self.extensions_mut();
        if extensions.get::<Trailers>().is_none() {
            extensions.insert(Trailers(MetadataMap::new()));
        }
        let Trailers(trailers) = extensions
            .get_mut::<Trailers>()
            .expect("inserted above when it was absent");
        trailers
    }
}

/// What a handler may ask about the call that a [`Request`] belongs to.
pub trait RequestExt {
    /// The context of the call that is being handled; a detached one outside of a handler. Take
    /// it before moving the request to another task, where no handler runs.
    fn context(&self) -> CallContext;

    /// When the caller stops waiting.
    fn deadline(&self) -> Option<Deadline> {
        self.context().deadline()
    }

    /// Who called.
    fn peer(&self) -> Option<Peer> {
        self.context().peer().cloned()
    }

    /// The method that was called.
    fn spec(&self) -> Option<Spec> {
        self.context().spec().cloned()
    }
}

impl<T> RequestExt for Request<T> {
    fn context(&self) -> CallContext {
        match self.extensions().get::<CallContext>() {
            Some(context) => context.clone(),
            None => CallContext::current(),
        }
    }
}
