//! The names in each module of the tree, as they will stand side by side in Rust.

use std::collections::HashMap;
use std::collections::hash_map::Entry;

use crate::error::Refusal;
use crate::generate::names;

/// What takes a name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// The module of a package.
    Package,
    /// The module of what is inside of a message.
    Message,
    /// The module of a service; two of one stem share it.
    Service,
    /// A message, an enum or a oneof.
    Type,
    /// What is in a service's module.
    ServiceItem,
}

#[derive(Debug)]
struct Taken {
    kind: Kind,
    what: String,
    place: String,
}

/// Names by module.
#[derive(Debug, Default)]
pub(super) struct Scopes {
    modules: HashMap<Vec<String>, HashMap<String, Vec<Taken>>>,
    refusals: Vec<Refusal>,
}

impl Scopes {
    /// `what` (at `place`) takes `name` in the module.
    pub(super) fn add(
        &mut self,
        module: &[String],
        name: &str,
        kind: Kind,
        what: &str,
        place: &str,
    ) {
        if !names::is_identifier(name) {
            self.refusals.push(no_identifier(what, place));
            return;
        }
        if !self.modules.contains_key(module) {
            self.modules.insert(module.to_vec(), HashMap::new());
        }
        let scope = self.modules.get_mut(module).expect("inserted above");
        let taken = match scope.entry(name.to_owned()) {
            Entry::Occupied(entry) => entry.into_mut(),
            Entry::Vacant(entry) => entry.insert(Vec::new()),
        };
        if taken
            .iter()
            .any(|other| other.kind == kind && other.what == what)
        {
            return;
        }
        let other = taken.iter().find(|other| !can_share(other.kind, kind));
        if let Some(other) = other {
            self.refusals
                .push(collision(name, other, kind, what, place));
        }
        taken.push(Taken {
            kind,
            what: what.to_owned(),
            place: place.to_owned(),
        });
    }

    pub(super) fn finish(&mut self) -> Vec<Refusal> {
        std::mem::take(&mut self.refusals)
    }
}

fn can_share(a: Kind, b: Kind) -> bool {
    matches!(
        (a, b),
        (Kind::Package, Kind::Message)
            | (Kind::Message, Kind::Package)
            | (Kind::Service, Kind::Service)
    )
}

/// The refusal of a name of which nothing is left.
pub(super) fn no_identifier(what: &str, place: &str) -> Refusal {
    Refusal {
        place: place.to_owned(),
        problem: format!("the name of {what} can't become a Rust identifier; rename it"),
    }
}

fn collision(name: &str, other: &Taken, kind: Kind, what: &str, place: &str) -> Refusal {
    let services = match (other.kind, kind) {
        (Kind::Service, _) => Some(&*other.what),
        (_, Kind::Service | Kind::ServiceItem) => Some(what),
        _ => None,
    };
    let service = services.map(|what| match what.strip_prefix("rpc ") {
        Some(method) => method
            .rsplit_once('.')
            .map_or(method, |(service, _)| service),
        None => what.trim_start_matches("service "),
    });
    let remedy = match service {
        Some(service) => {
            format!(
                "give the service another module with the option service_module(\".{service}\", \"name\")"
            )
        }
        None => "rename one of them".to_owned(),
    };
    Refusal {
        place: place.to_owned(),
        problem: format!(
            "{what} and {} ({}) would both be `{name}` in Rust; {remedy}",
            other.what, other.place
        ),
    }
}
