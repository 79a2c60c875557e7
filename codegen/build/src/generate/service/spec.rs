//! The statics that describe a service and its methods.

use proc_macro2::{Literal, TokenStream};
use quote::{format_ident, quote};

use super::model::{Method, Service};
use crate::generate::names::ident;

pub(super) fn generate(service: &Service<'_>) -> TokenStream {
    let name = service.full_name;
    let (constant, root) = (ident(&service.constant), &service.root);
    let doc = format!(" The service `{name}`, as its contract describes it.");
    let methods = service.methods.iter().map(|method| ident(&method.constant));
    let specs = service.methods.iter().map(method_spec);
    quote! {
        #[doc = #doc]
        pub static #constant: ::meshrpc::ServiceSpec = ::meshrpc::ServiceSpec::from_static(
            #name,
            &[#(&#methods),*],
            #root::FILE_DESCRIPTOR_SET,
        );
        #(#specs)*
    }
}

fn method_spec(method: &Method<'_>) -> TokenStream {
    let (constant, path) = (ident(&method.constant), &method.path);
    let kind = kind(method);
    let doc = format!(" The method `{}`.", &path[1..]);
    let idempotency = method.idempotency().map(|level| {
        let level = format_ident!("{level}");
        quote!(.with_idempotency(::meshrpc::Idempotency::#level))
    });
    let raw = method.descriptor.options().raw();
    let options = (!raw.is_empty()).then(|| {
        let bytes = Literal::byte_string(raw);
        quote!(.with_options(#bytes))
    });
    quote! {
        #[doc = #doc]
        pub static #constant: ::meshrpc::MethodSpec = ::meshrpc::MethodSpec::from_static(
            #path,
            ::meshrpc::MethodKind::#kind,
        ) #idempotency #options;
    }
}

fn kind(method: &Method<'_>) -> proc_macro2::Ident {
    let streams = (
        method.descriptor.client_streaming(),
        method.descriptor.server_streaming(),
    );
    format_ident!(
        "{}",
        match streams {
            (false, false) => "Unary",
            (false, true) => "ServerStreaming",
            (true, false) => "ClientStreaming",
            (true, true) => "BidiStreaming",
        }
    )
}
