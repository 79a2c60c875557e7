//! What the generator makes of `mesh.test.v1`; by hand, because this crate has no build script.

#[derive(Clone, PartialEq, ::meshrpc::prost::Message)]
pub struct Note {
    #[prost(string, tag = "1")]
    pub text: String,
    #[prost(int32, tag = "2")]
    pub number: i32,
}

pub mod echo_service {
    use std::future::Future;
    use std::sync::Arc;

    use meshrpc::codegen::{self, CallFuture, CallRequest, Prost};
    use meshrpc::{
        Channel, IntoRequest, MethodKind, MethodSpec, Receiver, Request, Response, Sender,
        ServiceSpec, Status,
    };

    use super::Note;

    meshrpc::generated_by!("0.1.0");

    pub static SAY: MethodSpec =
        MethodSpec::from_static("/mesh.test.v1.EchoService/Say", MethodKind::Unary);
    pub static COUNT: MethodSpec = MethodSpec::from_static(
        "/mesh.test.v1.EchoService/Count",
        MethodKind::ServerStreaming,
    );
    pub static COLLECT: MethodSpec = MethodSpec::from_static(
        "/mesh.test.v1.EchoService/Collect",
        MethodKind::ClientStreaming,
    );
    pub static CHAT: MethodSpec =
        MethodSpec::from_static("/mesh.test.v1.EchoService/Chat", MethodKind::BidiStreaming);
    pub static ECHO_SERVICE: ServiceSpec = ServiceSpec::from_static(
        "mesh.test.v1.EchoService",
        &[&SAY, &COUNT, &COLLECT, &CHAT],
        &[],
    );

    pub trait EchoService: Send + Sync + 'static {
        fn say(
            &self,
            request: Request<Note>,
        ) -> impl Future<Output = Result<Response<Note>, Status>> + Send;
        fn count(
            &self,
            request: Request<Note>,
            out: &mut Sender<Note>,
        ) -> impl Future<Output = Result<(), Status>> + Send;
        fn collect(
            &self,
            request: Request<Receiver<Note>>,
        ) -> impl Future<Output = Result<Response<Note>, Status>> + Send;
        fn chat(
            &self,
            request: Request<Receiver<Note>>,
            out: &mut Sender<Note>,
        ) -> impl Future<Output = Result<(), Status>> + Send;
    }

    pub type EchoServiceServer<T> = meshrpc::server::ServiceServer<T, EchoServiceDispatch>;

    #[derive(Debug, Clone, Copy)]
    pub struct EchoServiceDispatch;

    impl codegen::Described for EchoServiceDispatch {
        const NAME: &'static str = "mesh.test.v1.EchoService";
        fn spec() -> &'static ServiceSpec {
            &ECHO_SERVICE
        }
    }

    impl<T: EchoService> codegen::Dispatch<T> for EchoServiceDispatch {
        fn dispatch(service: &Arc<T>, request: CallRequest) -> CallFuture {
            match request.spec().method() {
                "Say" => codegen::unary(Prost, service, request, |service, request| async move {
                    T::say(&*service, request).await
                }),
                "Count" => codegen::server_streaming(
                    Prost,
                    service,
                    request,
                    |service, request, mut out| async move {
                        let result = T::count(&*service, request, &mut out).await;
                        out.end(result)
                    },
                ),
                "Collect" => codegen::client_streaming(
                    Prost,
                    service,
                    request,
                    |service, request| async move { T::collect(&*service, request).await },
                ),
                "Chat" => codegen::bidi_streaming(
                    Prost,
                    service,
                    request,
                    |service, request, mut out| async move {
                        let result = T::chat(&*service, request, &mut out).await;
                        out.end(result)
                    },
                ),
                _ => codegen::unimplemented(request),
            }
        }
    }

    #[derive(Clone, Debug)]
    pub struct EchoServiceClient {
        channel: Channel,
    }

    impl EchoServiceClient {
        pub async fn connect(
            target: impl AsRef<str>,
        ) -> Result<Self, meshrpc::client::ConnectError> {
            Ok(Self::new(Channel::connect(target).await?))
        }

        pub fn connect_lazy(
            target: impl AsRef<str>,
        ) -> Result<Self, meshrpc::client::ConnectError> {
            Ok(Self::new(Channel::connect_lazy(target)?))
        }

        pub fn new(channel: Channel) -> Self {
            Self { channel }
        }
        pub fn say(
            &self,
            request: impl IntoRequest<Note>,
        ) -> meshrpc::client::UnaryCall<Note, Note> {
            codegen::unary_call(Prost, &self.channel, &SAY, request)
        }
        pub fn count(
            &self,
            request: impl IntoRequest<Note>,
        ) -> meshrpc::client::ServerStreamingCall<Note, Note> {
            codegen::server_streaming_call(Prost, &self.channel, &COUNT, request)
        }
        pub fn collect(&self) -> meshrpc::client::ClientStreamingCall<Note, Note> {
            codegen::client_streaming_call(Prost, &self.channel, &COLLECT)
        }
        pub fn chat(&self) -> meshrpc::client::BidiStreamingCall<Note, Note> {
            codegen::bidi_streaming_call(Prost, &self.channel, &CHAT)
        }
    }
}
