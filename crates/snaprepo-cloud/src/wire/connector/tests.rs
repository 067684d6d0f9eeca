//! Metadata services are reached past any proxy; stores are not.

use std::sync::Arc;

use http::Request;
use object_store::client::HttpRequestBody;
use snaprepo_testkit::server::{Reply, Server};

use super::*;
use crate::settings::Settings;

#[test]
fn what_is_near_is_reached_past_a_proxy() {
    let server = Server::start(|_| Reply::ok("here"));
    // A port that nobody listens on.
    let proxy = {
        let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        format!("http://{}", listener.local_addr().unwrap())
    };
    let waiting = Arc::new(Waiting::new(&Settings::default()));
    let options = http_options().with_allow_http(true).with_proxy_url(proxy);
    let connector = Connector::new(options, Arc::clone(&waiting), Skew::new());
    let request = || Request::get(server.url()).body(HttpRequestBody::empty()).unwrap();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let response = connector.client_for_others().unwrap().execute(request()).await.unwrap();
        assert_eq!(response.into_body().bytes().await.unwrap(), "here");
        assert!(connector.own_client().unwrap().execute(request()).await.is_err(), "the proxy is asked");
    });
    assert_eq!(waiting.traffic.counts().others, 2, "both are counted");
}

#[test]
fn near_addresses() {
    let near = |url: &str| is_near(&url.parse().unwrap());
    for url in
        ["http://169.254.169.254/x", "http://[fd00:ec2::254]/x", "http://169.254.170.23/x", "http://localhost:1/"]
    {
        assert!(near(url), "{url}");
    }
    for url in ["https://sts.eu-west-1.amazonaws.com/", "http://10.0.0.1/", "http://localhost.example/"] {
        assert!(!near(url), "{url}");
    }
}
