//! The service itself, in both of its versions.

use std::sync::{Arc, OnceLock};

use bytes::Bytes;

use super::answer::Known;
use super::pool::Sent;
use crate::contracts::grpc::reflection::v1::{
    self, ServerReflectionRequest, ServerReflectionResponse,
};
use crate::contracts::grpc::reflection::v1alpha;
use crate::server::{ServedServices, Service, ServiceOptions};
use crate::{
    Call, CallFuture, CallRequest, Receiver, Request, Sender, ServiceSpec, Status, codegen,
};

/// Longest request: names of symbols and files.
const MAX_REQUEST: usize = 64 * 1024;

/// Serves `grpc.reflection.v1.ServerReflection`, or `v1alpha` of it, which older tools speak:
/// the descriptors of whatever the server serves.
///
/// [`ServerBuilder::reflection`](crate::server::ServerBuilder::reflection) adds both; add them
/// one by one to describe mounted services as well:
///
/// ```
/// # use meshrpc::Server;
/// # use meshrpc::reflection::Reflection;
/// # const DESCRIPTORS: &[u8] = &[];
/// let v1 = Reflection::v1().descriptors(DESCRIPTORS);
/// let v1alpha = Reflection::v1alpha().descriptors(DESCRIPTORS);
/// let server = Server::builder().add_service(v1).add_service(v1alpha);
/// ```
#[derive(Debug)]
pub struct Reflection {
    version: &'static ServiceSpec,
    options: ServiceOptions,
    more: Vec<Bytes>,
    known: Arc<OnceLock<Known>>,
}

impl Reflection {
    /// Version 1.
    pub fn v1() -> Self {
        Self::new(&v1::server_reflection_service::SERVER_REFLECTION_SPEC)
    }

    /// Version 1 alpha, the same on the wire under another name.
    pub fn v1alpha() -> Self {
        Self::new(&v1alpha::server_reflection_service::SERVER_REFLECTION_SPEC)
    }

    fn new(version: &'static ServiceSpec) -> Self {
        Self {
            version,
            options: ServiceOptions {
                max_receive_message: Some(MAX_REQUEST),
                ..ServiceOptions::default()
            },
            more: Vec::new(),
            known: Arc::default(),
        }
    }

    /// Serves the files of this encoded `google.protobuf.FileDescriptorSet` as well: those of
    /// services that were mounted.
    #[must_use]
    pub fn descriptors(mut self, file_descriptor_set: impl Into<Bytes>) -> Self {
        self.more.push(file_descriptor_set.into());
        self
    }

    fn know(&self, served: &ServedServices<'_>) -> Known {
        let mut known = Known::default();
        let described = served.services.iter();
        let sets = described.map(|spec| Bytes::from_static(spec.file_descriptor_set()));
        for set in sets.chain(self.more.iter().cloned()) {
            if let Err(error) = known.pool.add(&set) {
                tracing::warn!(%error, "reflection leaves out descriptors that don't parse");
            }
        }
        let names = served.services.iter().map(|spec| spec.name());
        known.services = names
            .filter(|name| known.pool.declares(name))
            .map(str::to_owned)
            .collect();
        known.services.sort_unstable();
        known.services.dedup();
        known
    }
}

impl Call for Reflection {
    fn call(&self, request: CallRequest) -> CallFuture {
        if request.spec.method() != "ServerReflectionInfo" {
            return codegen::unimplemented(request);
        }
        codegen::bidi_streaming(
            codegen::Prost,
            &self.known,
            request,
            |known, request, mut out| async move {
                let result = converse(&known, request, &mut out).await;
                out.end(result)
            },
        )
    }
}

/// Answers questions until there are no more.
async fn converse(
    known: &OnceLock<Known>,
    request: Request<Receiver<ServerReflectionRequest>>,
    out: &mut Sender<ServerReflectionResponse>,
) -> Result<(), Status> {
    let Some(known) = known.get() else {
        return Err(Status::unavailable(
            "reflection knows what a server serves once that has started",
        ));
    };
    let mut sent = Sent::default();
    let mut questions = request.into_inner();
    while let Some(question) = questions.message().await? {
        out.send(known.answer(question, &mut sent)).await?;
    }
    Ok(())
}

impl Service for Reflection {
    fn spec(&self) -> &'static ServiceSpec {
        self.version
    }

    fn options(&self) -> &ServiceOptions {
        &self.options
    }

    fn starting(&self, services: &ServedServices<'_>) {
        self.known.get_or_init(|| self.know(services));
    }
}
