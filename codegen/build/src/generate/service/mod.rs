//! The code of services: one module per service (or per stem), beside its messages.
//!
//! The shape is fixed by what the runtime offers to generated code; each part of it has a file
//! here. Everything is named by its full path, so that no name of a contract can get in the way.

mod client;
mod model;
mod server;
mod spec;

use std::collections::BTreeMap;

use proc_macro2::TokenStream;
use quote::quote;

pub(crate) use model::{Service, check_settings, module_of, services};

use super::names::ident;
use super::settings::Settings;
use crate::error::{Error, Result};

/// The modules of a package's services, as Rust source.
pub(crate) fn generate(services: &[Service<'_>], settings: &Settings) -> Result<String> {
    let codec = codec(settings)?;
    let mut modules: BTreeMap<&str, Vec<&Service<'_>>> = BTreeMap::new();
    for service in services {
        modules.entry(&service.module).or_default().push(service);
    }
    let items = modules.into_iter().map(|(name, services)| {
        let parts = services.iter().map(|service| {
            let spec = spec::generate(service);
            let server = settings
                .server
                .then(|| server::generate(service, &codec, settings.method_defaults));
            let client = settings.client.then(|| client::generate(service, &codec));
            quote!(#spec #server #client)
        });
        let (name, doc) = (ident(name), module_doc(&services));
        quote! {
            #doc
            pub mod #name { #(#parts)* }
        }
    });
    let tokens = quote!(#(#items)*);
    let file = syn::parse2(tokens).expect("the generator writes valid Rust");
    Ok(prettyplease::unparse(&file))
}

/// What stands where the runtime's own codec would.
pub(crate) struct Codec {
    path: syn::Path,
    is_default: bool,
}

impl Codec {
    /// The third parameter of call types, when it is not the default.
    fn parameter(&self) -> Option<TokenStream> {
        let path = &self.path;
        (!self.is_default).then(|| quote!(, #path))
    }
}

fn codec(settings: &Settings) -> Result<Codec> {
    let path = settings.codec.as_deref();
    let parsed = syn::parse_str(path.unwrap_or("::meshrpc::codegen::Prost"));
    let path = parsed.map_err(|_| Error::Setting {
        setting: format!("codec {:?}", path.unwrap_or_default()),
        problem: "is no path of a Rust type; write it like `crate::MyCodec`".to_owned(),
    })?;
    Ok(Codec {
        path,
        is_default: settings.codec.is_none(),
    })
}

fn module_doc(services: &[&Service<'_>]) -> TokenStream {
    let names: Vec<_> = services
        .iter()
        .map(|service| format!("`{}`", service.full_name))
        .collect();
    let text = format!(" Client and server of {}.", names.join(" and "));
    quote!(#[doc = #text])
}

/// Doc attributes, from the contract's comment or else from `otherwise`.
fn docs(lines: &[String], otherwise: &str) -> TokenStream {
    if lines.is_empty() {
        let text = format!(" {otherwise}");
        quote!(#[doc = #text])
    } else {
        quote!(#(#[doc = #lines])*)
    }
}

fn deprecated(is: bool) -> Option<TokenStream> {
    is.then(|| quote!(#[deprecated]))
}
