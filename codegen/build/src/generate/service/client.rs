//! The client's half: a cheap handle on a channel with one function per method.

use proc_macro2::TokenStream;
use quote::quote;

use super::model::{Method, Service};
use super::{Codec, deprecated, docs};
use crate::generate::names::ident;

pub(super) fn generate(service: &Service<'_>, codec: &Codec) -> TokenStream {
    let name = ident(&service.type_name("Client"));
    let doc = docs(
        &service.docs,
        &format!("A client of `{}`. Cheap to clone.", service.full_name),
    );
    let deprecated = deprecated(service.descriptor.deprecated());
    let methods = service.methods.iter().map(|method| call(method, codec));
    quote! {
        #doc
        #deprecated
        #[derive(Clone, Debug)]
        pub struct #name {
            channel: ::meshrpc::Channel,
        }
        impl #name {
            /// A client that calls over this channel.
            pub fn new(channel: ::meshrpc::Channel) -> Self {
                Self { channel }
            }
            /// Connects to the target, and waits until the connection stands.
            pub async fn connect(
                target: impl ::core::convert::AsRef<str>,
            ) -> ::core::result::Result<Self, ::meshrpc::client::ConnectError> {
                let channel = ::meshrpc::Channel::connect(target).await?;
                ::core::result::Result::Ok(Self { channel })
            }
            /// A client that connects to the target at its first call.
            pub fn connect_lazy(
                target: impl ::core::convert::AsRef<str>,
            ) -> ::core::result::Result<Self, ::meshrpc::client::ConnectError> {
                let channel = ::meshrpc::Channel::connect_lazy(target)?;
                ::core::result::Result::Ok(Self { channel })
            }
            #(#methods)*
        }
    }
}

fn call(method: &Method<'_>, codec: &Codec) -> TokenStream {
    let (name, spec) = (ident(&method.function), ident(&method.constant));
    let doc = docs(&method.docs, &format!("Calls `{}`.", &method.path[1..]));
    let deprecated = deprecated(method.descriptor.deprecated());
    let streams = (
        method.descriptor.client_streaming(),
        method.descriptor.server_streaming(),
    );
    let (call_type, function) = match streams {
        (false, false) => ("UnaryCall", "unary_call"),
        (false, true) => ("ServerStreamingCall", "server_streaming_call"),
        (true, false) => ("ClientStreamingCall", "client_streaming_call"),
        (true, true) => ("BidiStreamingCall", "bidi_streaming_call"),
    };
    let (call_type, function) = (ident(call_type), ident(function));
    let (request, response) = (&method.request, &method.response);
    let (parameter, argument) = if method.descriptor.client_streaming() {
        (None, None)
    } else {
        (
            Some(quote!(, request: impl ::meshrpc::IntoRequest<#request>)),
            Some(quote!(, request)),
        )
    };
    let (codec, codec_parameter) = (&codec.path, codec.parameter());
    quote! {
        #doc
        #deprecated
        pub fn #name(&self #parameter)
            -> ::meshrpc::client::#call_type<#request, #response #codec_parameter>
        {
            ::meshrpc::codegen::#function(#codec, &self.channel, &#spec #argument)
        }
    }
}
