//! Two things of one Rust module, put together: the inside of message `a.Bar` and the package
//! `a.bar`. Both are the module `bar` in `a`; what is in them has different names, or the
//! check before would have refused it, and paths from within count the same steps.
//!
//! It also gives items of a contract without a package the attribute that packages have around.

use std::collections::{BTreeMap, BTreeSet};

use syn::Item;

use super::tree;
use crate::error::{Error, Result};

pub(crate) fn merge<'a>(
    modules: &mut BTreeMap<Vec<String>, String>,
    packages: impl Iterator<Item = &'a Vec<String>>,
) -> Result<()> {
    // Every module that packages stand in, or are.
    let mut taken: BTreeSet<Vec<String>> = BTreeSet::new();
    for package in packages {
        taken.extend((1..=package.len()).map(|depth| package[..depth].to_vec()));
    }
    let mut queue: Vec<Vec<String>> = modules.keys().cloned().collect();
    while let Some(module) = queue.pop() {
        let inner: BTreeSet<&str> = taken
            .range(module.clone()..)
            .take_while(|other| other.starts_with(&module))
            .filter(|other| other.len() == module.len() + 1)
            .map(|other| other[module.len()].as_str())
            .collect();
        let text = &modules[&module];
        if !inner
            .iter()
            .any(|name| text.contains(&format!("pub mod {name} {{")))
        {
            continue;
        }
        let mut file = parse(text)?;
        let (moved, kept): (Vec<_>, Vec<_>) = file
            .items
            .into_iter()
            .partition(|item| matches!(item, Item::Mod(inner_mod) if inner.contains(inner_mod.ident.to_string().as_str())));
        file.items = kept;
        modules.insert(module.clone(), prettyplease::unparse(&file));
        for item in moved {
            let Item::Mod(item) = item else { continue };
            let mut path = module.clone();
            path.push(item.ident.to_string());
            let items = item.content.map(|(_, items)| items).unwrap_or_default();
            let file = syn::File {
                shebang: None,
                frontmatter: None,
                attrs: Vec::new(),
                items,
            };
            let text = modules.entry(path.clone()).or_default();
            text.insert_str(0, &prettyplease::unparse(&file));
            queue.push(path);
        }
    }
    modules.retain(|_, text| !text.is_empty());
    if let Some(text) = modules.get_mut([].as_slice()) {
        *text = with_allow(text)?;
    }
    Ok(())
}

/// Items at the root have no module of ours around them that could carry the attribute.
fn with_allow(text: &str) -> Result<String> {
    let mut file = parse(text)?;
    let attribute: syn::ItemMod = syn::parse_str(&format!("{}mod m {{}}", tree::allow()))
        .expect("the attribute is valid Rust");
    for item in &mut file.items {
        let attrs = match item {
            Item::Enum(item) => &mut item.attrs,
            Item::Impl(item) => &mut item.attrs,
            Item::Mod(item) => &mut item.attrs,
            Item::Struct(item) => &mut item.attrs,
            _ => continue,
        };
        attrs.extend(attribute.attrs.iter().cloned());
    }
    Ok(prettyplease::unparse(&file))
}

fn parse(text: &str) -> Result<syn::File> {
    syn::parse_file(text).map_err(|error| {
        Error::Prost(format!(
            "its output is no valid Rust ({error}); is an attribute malformed?"
        ))
    })
}
