//! Free ports of loopback. Nobody can hold a port for another process, so a chosen one may be taken before the node
//! listens; a start then tries again.

use std::net::{Ipv4Addr, TcpListener};

use crate::{Error, Result};

/// The settings that choose ports.
pub(crate) const HTTP: &str = "http.port";

/// Where a node listens.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Ports {
    /// For requests.
    pub(crate) http: u16,
    /// For other nodes, of which there are none.
    pub(crate) transport: u16,
    /// Whether somebody else chose the port for requests, so that another one would be wrong.
    pub(crate) is_given: bool,
}

impl Ports {
    /// Two free ports, or one and the port that the settings give.
    pub(crate) fn choose(settings: &[(String, String)]) -> Result<Self> {
        let given =
            settings.iter().rev().find(|(name, _)| name == HTTP).and_then(|(_, value)| value.trim().parse().ok());
        // Both are open at the same time, so that they differ.
        let http = match given {
            Some(port) => listen(port).map_err(|_| Error::PortTaken { port })?,
            None => listen(0).map_err(no_port)?,
        };
        let transport = listen(0).map_err(no_port)?;
        let port = |listener: &TcpListener| listener.local_addr().map(|address| address.port()).map_err(no_port);
        Ok(Self { http: port(&http)?, transport: port(&transport)?, is_given: given.is_some() })
    }
}

fn listen(port: u16) -> std::io::Result<TcpListener> {
    TcpListener::bind((Ipv4Addr::LOCALHOST, port))
}

fn no_port(source: std::io::Error) -> Error {
    Error::Io { what: "find a free port on", path: "127.0.0.1".into(), source }
}

#[cfg(test)]
mod tests;
