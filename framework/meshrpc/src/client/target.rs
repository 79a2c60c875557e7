//! What a channel connects to (gRPC's naming syntax, and the URLs that people write).

use std::net::SocketAddr;

use http::uri::{Authority, Scheme};

use super::ConnectError;
use crate::base::Address;

/// A parsed target.
#[derive(Debug, Clone)]
pub(crate) struct Target {
    /// As it was given.
    pub(crate) text: String,
    /// HTTPS when the target asks for TLS, and nothing else will do.
    pub(crate) scheme: Scheme,
    /// The target rules TLS out.
    #[cfg_attr(
        not(feature = "tls"),
        allow(dead_code, reason = "asked only where TLS could be chosen")
    )]
    pub(crate) plaintext: bool,
    pub(crate) authority: Authority,
    pub(crate) addresses: Addresses,
}

/// Where the target's addresses come from.
#[derive(Debug, Clone)]
pub(crate) enum Addresses {
    /// A name that the operating system resolves, with a port.
    Dns(String),
    /// Known from the start.
    Static(Vec<Address>),
}

const FORMS: &str = "use http://host:port, https://host:port, dns:///host:port, ipv4:1.2.3.4:port,…, ipv6:[::1]:port or unix:///path";

impl Target {
    pub(crate) fn parse(text: &str) -> Result<Self, ConnectError> {
        let invalid = |reason: String| ConnectError::InvalidTarget {
            target: text.to_owned(),
            reason,
        };
        if let Some(list) = text
            .strip_prefix("ipv4:")
            .or_else(|| text.strip_prefix("ipv6:"))
            .or_else(|| text.strip_prefix("static:"))
        {
            let list = list.trim_start_matches("///");
            let addresses = list
                .split(',')
                .map(|address| match address.trim().parse() {
                    Ok(address) => Ok(Address::Ip(address)),
                    Err(_) => Err(invalid(format!(
                        "{address:?} is not an IP address with a port"
                    ))),
                })
                .collect::<Result<Vec<_>, _>>()?;
            let authority = list.split(',').next().unwrap_or_default().trim();
            return Self::known(text, authority, addresses);
        }
        #[cfg(unix)]
        if let Some(path) = text.strip_prefix("unix:") {
            // unix:relative, unix:/absolute and unix:///absolute.
            let path = path.strip_prefix("//").unwrap_or(path);
            if path.is_empty() {
                return Err(invalid(
                    "it has no path; use unix:///run/orders.sock".to_owned(),
                ));
            }
            // What gRPC says to a server that has no name.
            return Self::known(text, "localhost", vec![Address::Unix(path.into())]);
        }
        if let Some(name) = text.strip_prefix("passthrough:") {
            let name = name.trim_start_matches("///");
            return Self::known(text, name, vec![Address::Named(name.into())]);
        }
        let mut scheme = Scheme::HTTP;
        let mut plaintext = false;
        let host = if let Some(rest) = text.strip_prefix("http://") {
            plaintext = true;
            rest.trim_end_matches('/')
        } else if let Some(rest) = text.strip_prefix("https://") {
            scheme = Scheme::HTTPS;
            rest.trim_end_matches('/')
        } else if let Some(rest) = text.strip_prefix("dns:") {
            rest.trim_start_matches("///")
        } else if text.contains("://") {
            return Err(invalid(format!("its scheme is not known here; {FORMS}")));
        } else {
            return Err(invalid(format!("it has no scheme; {FORMS}")));
        };
        if host.contains(['/', '?', '#', '@']) {
            return Err(invalid(format!(
                "a target has no path, query or user; {FORMS}"
            )));
        }
        let authority: Authority = host
            .parse()
            .map_err(|error| invalid(format!("{error}; {FORMS}")))?;
        let default_port = if scheme == Scheme::HTTPS { 443 } else { 80 };
        let port = authority.port_u16().unwrap_or(default_port);
        let name = authority.host();
        let addresses = match host_address(name, port) {
            Some(address) => Addresses::Static(vec![Address::Ip(address)]),
            None if name.is_empty() => return Err(invalid(format!("it has no host; {FORMS}"))),
            None => Addresses::Dns(format!("{name}:{port}")),
        };
        Ok(Self {
            text: text.to_owned(),
            scheme,
            plaintext,
            authority,
            addresses,
        })
    }
}

impl Target {
    /// What is wrong with this target.
    pub(crate) fn invalid(&self, reason: &str) -> ConnectError {
        ConnectError::InvalidTarget {
            target: self.text.clone(),
            reason: reason.to_owned(),
        }
    }

    /// Gives the target another authority.
    pub(crate) fn rename(&mut self, authority: &str) -> Result<(), ConnectError> {
        self.authority = authority.parse().map_err(|error| {
            self.invalid(&format!("the authority {authority:?} is none: {error}"))
        })?;
        Ok(())
    }

    /// A target whose addresses are in its text.
    fn known(text: &str, authority: &str, addresses: Vec<Address>) -> Result<Self, ConnectError> {
        let authority = authority
            .parse()
            .map_err(|error| ConnectError::InvalidTarget {
                target: text.to_owned(),
                reason: format!("{authority:?} can't stand for a server in a request: {error}"),
            })?;
        Ok(Self {
            text: text.to_owned(),
            scheme: Scheme::HTTP,
            plaintext: false,
            authority,
            addresses: Addresses::Static(addresses),
        })
    }
}

fn host_address(host: &str, port: u16) -> Option<SocketAddr> {
    let ip = host
        .strip_prefix('[')
        .and_then(|host| host.strip_suffix(']'))
        .unwrap_or(host);
    Some(SocketAddr::new(ip.parse().ok()?, port))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_target_without_a_scheme_says_which_forms_there_are() {
        let error = Target::parse("localhost:50051").unwrap_err().to_string();
        assert!(error.contains("dns:///host:port"), "{error}");
    }

    #[test]
    fn an_address_needs_no_resolver() {
        for text in [
            "http://127.0.0.1:1",
            "dns:///127.0.0.1:1",
            "ipv4:127.0.0.1:1,127.0.0.2:1",
        ] {
            let target = Target::parse(text).unwrap();
            assert!(matches!(target.addresses, Addresses::Static(_)), "{text}");
        }
        assert!(matches!(
            Target::parse("http://[::1]:80").unwrap().addresses,
            Addresses::Static(_)
        ));
    }
}
