//! The server's half: the trait to implement, the server type, and the dispatch from a method's
//! name to a function of the trait.

use proc_macro2::TokenStream;
use quote::quote;

use super::model::{Method, Service};
use super::{Codec, deprecated, docs};
use crate::generate::names::ident;

pub(super) fn generate(service: &Service<'_>, codec: &Codec, defaults: bool) -> TokenStream {
    let parts = [
        service_trait(service, defaults),
        server_type(service),
        dispatch(service, codec),
    ];
    quote!(#(#parts)*)
}

fn service_trait(service: &Service<'_>, defaults: bool) -> TokenStream {
    let name = ident(&service.type_name(""));
    let doc = docs(
        &service.docs,
        &format!("What a server of `{}` implements.", service.full_name),
    );
    let deprecated = deprecated(service.descriptor.deprecated());
    let methods = service
        .methods
        .iter()
        .map(|method| trait_method(method, defaults));
    quote! {
        #doc
        #deprecated
        pub trait #name: ::core::marker::Send + ::core::marker::Sync + 'static {
            #(#methods)*
        }
    }
}

fn trait_method(method: &Method<'_>, defaults: bool) -> TokenStream {
    let name = ident(&method.function);
    let doc = docs(&method.docs, &format!("Handles `{}`.", &method.path[1..]));
    let deprecated = deprecated(method.descriptor.deprecated());
    let (request, response) = (&method.request, &method.response);
    let request = if method.descriptor.client_streaming() {
        quote!(::meshrpc::Request<::meshrpc::Receiver<#request>>)
    } else {
        quote!(::meshrpc::Request<#request>)
    };
    let (out, output, ignore_out) = if method.descriptor.server_streaming() {
        (
            Some(quote!(, out: &mut ::meshrpc::Sender<#response>)),
            quote!(()),
            Some(quote!(let _ = out;)),
        )
    } else {
        (None, quote!(::meshrpc::Response<#response>), None)
    };
    let body = if defaults {
        let path = &method.path;
        quote! {
            {
                let _ = request;
                #ignore_out
                async move {
                    ::core::result::Result::Err(::meshrpc::codegen::unimplemented_method(#path))
                }
            }
        }
    } else {
        quote!(;)
    };
    quote! {
        #doc
        #deprecated
        fn #name(&self, request: #request #out) -> impl ::core::future::Future<
            Output = ::core::result::Result<#output, ::meshrpc::Status>
        > + ::core::marker::Send #body
    }
}

fn server_type(service: &Service<'_>) -> TokenStream {
    let name = ident(&service.type_name("Server"));
    let dispatch = ident(&service.type_name("Dispatch"));
    let doc = format!(
        " Serves `{}` from an implementation of its trait.",
        service.full_name
    );
    let deprecated = deprecated(service.descriptor.deprecated());
    quote! {
        #[doc = #doc]
        #deprecated
        pub type #name<T> = ::meshrpc::server::ServiceServer<T, #dispatch>;
    }
}

fn dispatch(service: &Service<'_>, codec: &Codec) -> TokenStream {
    let (name, full_name) = (ident(&service.type_name("Dispatch")), service.full_name);
    let (service_trait, spec) = (ident(&service.type_name("")), ident(&service.constant));
    let body = if service.methods.is_empty() {
        quote! {
            let _ = service;
            ::meshrpc::codegen::unimplemented(request)
        }
    } else {
        let arms = service.methods.iter().map(|method| arm(method, codec));
        quote! {
            match request.spec().method() {
                #(#arms)*
                _ => ::meshrpc::codegen::unimplemented(request),
            }
        }
    };
    quote! {
        #[doc(hidden)]
        #[derive(Clone, Copy, Debug)]
        pub struct #name;
        impl<T: self::#service_trait> ::meshrpc::codegen::Dispatch<T> for #name {
            fn dispatch(
                service: &::std::sync::Arc<T>,
                request: ::meshrpc::codegen::CallRequest,
            ) -> ::meshrpc::codegen::CallFuture {
                #body
            }
        }
        impl ::meshrpc::codegen::Described for #name {
            const NAME: &'static str = #full_name;
            fn spec() -> &'static ::meshrpc::ServiceSpec {
                &#spec
            }
        }
    }
}

fn arm(method: &Method<'_>, codec: &Codec) -> TokenStream {
    let (name, function, codec) = (
        method.descriptor.name(),
        ident(&method.function),
        &codec.path,
    );
    let client_streams = method.descriptor.client_streaming();
    if method.descriptor.server_streaming() {
        let kind = ident(if client_streams {
            "bidi_streaming"
        } else {
            "server_streaming"
        });
        quote! {
            #name => ::meshrpc::codegen::#kind(
                #codec,
                service,
                request,
                |service, request, mut out| async move {
                    let result = T::#function(&*service, request, &mut out).await;
                    out.end(result)
                },
            ),
        }
    } else {
        let kind = ident(if client_streams {
            "client_streaming"
        } else {
            "unary"
        });
        quote! {
            #name => ::meshrpc::codegen::#kind(
                #codec,
                service,
                request,
                |service, request| async move { T::#function(&*service, request).await },
            ),
        }
    }
}
