//! Ports are free, or named.

use super::*;

#[test]
fn ports_differ_and_a_taken_one_is_named() {
    let ports = Ports::choose(&[]).unwrap();
    assert_ne!(ports.http, ports.transport);
    assert!(!ports.is_given);
    let taken = listen(0).unwrap();
    let port = taken.local_addr().unwrap().port();
    let error = Ports::choose(&[(HTTP.to_owned(), port.to_string())]).unwrap_err();
    assert_eq!(error.to_string(), format!("port {port} is taken: choose another, or none to let one be chosen"));
    drop(taken);
    let ports = Ports::choose(&[(HTTP.to_owned(), port.to_string())]).unwrap();
    assert_eq!((ports.http, ports.is_given), (port, true));
}
