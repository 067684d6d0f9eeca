//! A client that does nothing but ask: connections that stay open, one request after the other, and bodies that nobody
//! looks at. What a server answers to it is as fast as it gets.

use std::{
    io::{self, BufRead, BufReader, Read, Write as _},
    net::{SocketAddr, TcpStream},
    sync::atomic::{AtomicUsize, Ordering},
    thread,
};

/// Gets every object, on so many connections at once; how many bytes their bodies had.
pub(super) fn get_all(server: SocketAddr, paths: &[String], width: usize) -> io::Result<u64> {
    let next = AtomicUsize::new(0);
    thread::scope(|scope| {
        let threads: Vec<_> = (0..width).map(|_| scope.spawn(|| get_some(server, paths, &next))).collect();
        let ended =
            threads.into_iter().map(|thread| thread.join().map_err(|_| io::Error::other("a thread gave up"))?);
        ended.sum()
    })
}

fn get_some(server: SocketAddr, paths: &[String], next: &AtomicUsize) -> io::Result<u64> {
    let mut connection: Option<BufReader<TcpStream>> = None;
    let mut bytes = 0;
    while let Some(path) = paths.get(next.fetch_add(1, Ordering::Relaxed)) {
        let mut stream = match connection.take() {
            Some(stream) => stream,
            None => {
                let stream = TcpStream::connect(server)?;
                stream.set_nodelay(true)?;
                BufReader::with_capacity(64 << 10, stream)
            }
        };
        write!(stream.get_mut(), "GET {path} HTTP/1.1\r\nHost: {server}\r\n\r\n")?;
        let (len_bytes, goes_on) = head(&mut stream, path)?;
        let read = io::copy(&mut stream.by_ref().take(len_bytes), &mut io::sink())?;
        if read != len_bytes {
            return Err(io::Error::from(io::ErrorKind::UnexpectedEof));
        }
        bytes += read;
        connection = goes_on.then_some(stream);
    }
    Ok(bytes)
}

/// Reads status and headers: the length of the body, and whether the connection stays open.
fn head(stream: &mut impl BufRead, path: &str) -> io::Result<(u64, bool)> {
    let (mut line, mut len_bytes, mut goes_on) = (String::new(), None, true);
    stream.read_line(&mut line)?;
    if line.split(' ').nth(1) != Some("200") {
        return Err(io::Error::other(format!("{path}: {}", line.trim())));
    }
    loop {
        line.clear();
        stream.read_line(&mut line)?;
        let Some((name, value)) = line.trim_end().split_once(':') else { break };
        match &*name.to_ascii_lowercase() {
            "content-length" => len_bytes = value.trim().parse().ok(),
            "connection" => goes_on = !value.trim().eq_ignore_ascii_case("close"),
            _ => {}
        }
    }
    Ok((len_bytes.ok_or_else(|| io::Error::other("no content-length"))?, goes_on))
}
