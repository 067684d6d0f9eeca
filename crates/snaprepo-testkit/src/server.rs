//! A small HTTP server on a free port of loopback. Every answer comes from a function, so that a test can answer badly
//! on purpose: late, half, too much, or not at all.

use std::{
    io::{self, BufRead as _, BufReader, Read as _, Write as _},
    net::{SocketAddr, TcpListener, TcpStream},
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
    thread,
    time::Duration,
};

use crate::fixtures::must;

/// Longest body of a request, in bytes: tests send little.
const MAX_BODY_LEN: usize = 64 << 20;

/// A request as it came in.
#[derive(Debug, Clone)]
pub struct Seen {
    /// `GET`, `HEAD` and so on.
    pub method: String,
    /// Percent-decoded, with its leading slash.
    pub path: String,
    /// As it was written.
    pub target: String,
    /// Percent-decoded pairs.
    pub query: Vec<(String, String)>,
    headers: Vec<(String, String)>,
    /// The body.
    pub body: Vec<u8>,
}

impl Seen {
    /// The value of a header, whatever the case of its name.
    #[must_use]
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(header, _)| header.eq_ignore_ascii_case(name)).map(|(_, value)| value.as_str())
    }

    /// The value of a name of the query.
    #[must_use]
    pub fn query(&self, name: &str) -> Option<&str> {
        self.query.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str())
    }
}

/// An answer.
#[derive(Debug, Clone, Default)]
pub struct Reply {
    status: u16,
    headers: Vec<(String, String)>,
    body: Vec<u8>,
    /// Bytes of the body after which nothing more comes.
    end: Option<(usize, End)>,
    /// Time before the answer.
    wait: Duration,
    /// Time between the pieces of the body, and their length.
    slow: Option<(Duration, usize)>,
}

/// How an answer ends before its time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum End {
    /// The connection is closed before a single byte.
    HungUp,
    /// The connection is closed.
    Cut,
    /// The connection stays open, and nothing comes.
    Still,
}

impl Reply {
    /// An answer with a status and nothing else.
    #[must_use]
    pub fn new(status: u16) -> Self {
        Self { status, ..Self::default() }
    }

    /// A good answer.
    #[must_use]
    pub fn ok(body: impl Into<Vec<u8>>) -> Self {
        Self { status: 200, body: body.into(), ..Self::default() }
    }

    /// No answer: the connection is closed.
    #[must_use]
    pub fn hang_up() -> Self {
        Self { end: Some((0, End::HungUp)), ..Self::default() }
    }

    /// An error of S3.
    #[must_use]
    pub fn error(status: u16, code: &str) -> Self {
        let body = format!("<Error><Code>{code}</Code><Message>for the test</Message></Error>");
        Self::new(status).header("content-type", "application/xml").body(body)
    }

    /// The same with this body.
    #[must_use]
    pub fn body(self, body: impl Into<Vec<u8>>) -> Self {
        Self { body: body.into(), ..self }
    }

    /// The same with one more header. A `content-length` that is not that of the body is sent as it is.
    #[must_use]
    pub fn header(mut self, name: &str, value: &str) -> Self {
        self.headers.push((name.to_owned(), value.to_owned()));
        self
    }

    /// The connection ends behind so many bytes of the body.
    #[must_use]
    pub fn cut_at(self, len: usize) -> Self {
        Self { end: Some((len, End::Cut)), ..self }
    }

    /// Nothing comes any more behind so many bytes of the body, until the client goes away.
    #[must_use]
    pub fn still_at(self, len: usize) -> Self {
        Self { end: Some((len, End::Still)), ..self }
    }

    /// The answer begins only after a while.
    #[must_use]
    pub fn after(self, wait: Duration) -> Self {
        Self { wait, ..self }
    }

    /// The body comes in pieces, with a wait behind each.
    #[must_use]
    pub fn slowly(self, wait: Duration, piece_len: usize) -> Self {
        Self { slow: Some((wait, piece_len)), ..self }
    }

    /// The status.
    #[must_use]
    pub fn status(&self) -> u16 {
        self.status
    }

    /// The bytes of the body.
    #[must_use]
    pub fn bytes(&self) -> &[u8] {
        &self.body
    }

    fn announced(&self) -> Option<&str> {
        let given = self.headers.iter().find(|(name, _)| name.eq_ignore_ascii_case("content-length"));
        given.map(|(_, len)| len.as_str())
    }
}

/// The server; it ends when it is dropped.
pub struct Server {
    address: SocketAddr,
    seen: Arc<Mutex<Vec<Seen>>>,
    ended: Arc<AtomicBool>,
}

impl Server {
    /// Starts a server whose every answer comes from `answer`.
    ///
    /// # Panics
    /// When there is no free port.
    #[must_use]
    pub fn start(answer: impl Fn(&Seen) -> Reply + Send + Sync + 'static) -> Self {
        let listener = must(TcpListener::bind("127.0.0.1:0"), &"a port of loopback");
        let address = must(listener.local_addr(), &"the address of a socket");
        let (seen, ended) = (Arc::new(Mutex::new(Vec::new())), Arc::new(AtomicBool::new(false)));
        let (all, end, answer) = (Arc::clone(&seen), Arc::clone(&ended), Arc::new(answer));
        thread::spawn(move || {
            for stream in listener.incoming() {
                if end.load(Ordering::SeqCst) {
                    return;
                }
                let (all, answer) = (Arc::clone(&all), Arc::clone(&answer));
                thread::spawn(move || {
                    // A client that goes away is not the server's failure.
                    let _ = stream.and_then(|stream| serve(stream, &all, &*answer));
                });
            }
        });
        Self { address, seen, ended }
    }

    /// `http://127.0.0.1:port`.
    #[must_use]
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// Requests so far.
    #[must_use]
    pub fn seen(&self) -> Vec<Seen> {
        self.seen.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Forgets the requests so far.
    pub fn forget(&self) {
        self.seen.lock().unwrap_or_else(PoisonError::into_inner).clear();
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.ended.store(true, Ordering::SeqCst);
        // Wakes up the thread that waits for connections.
        let _ = TcpStream::connect(self.address);
    }
}

fn serve(stream: TcpStream, all: &Mutex<Vec<Seen>>, answer: &dyn Fn(&Seen) -> Reply) -> io::Result<()> {
    stream.set_nodelay(true)?;
    let mut writer = stream.try_clone()?;
    let mut reader = BufReader::new(stream);
    while let Some(seen) = request(&mut reader)? {
        let is_head = seen.method == "HEAD";
        all.lock().unwrap_or_else(PoisonError::into_inner).push(seen.clone());
        let reply = answer(&seen);
        thread::sleep(reply.wait);
        if let Some((_, End::HungUp)) = reply.end {
            return Ok(());
        }
        // An answer to HEAD has nothing but its beginning to stand still before.
        if !(is_head && matches!(reply.end, Some((_, End::Still)))) {
            write(&mut writer, &reply, is_head)?;
        }
        match reply.end {
            // The client closes the connection once it has waited long enough: a byte or the end will tell.
            Some((_, End::Still)) => return reader.read(&mut [0]).map(drop),
            Some(_) => return Ok(()),
            // What was announced is not what came: another answer behind it would only add to that.
            None if reply.announced().is_some_and(|len| !is_head && len != reply.body.len().to_string()) => {
                return Ok(());
            }
            None => {}
        }
    }
    Ok(())
}

fn write(writer: &mut TcpStream, reply: &Reply, is_head: bool) -> io::Result<()> {
    let mut head = format!("HTTP/1.1 {} Status\r\n", reply.status);
    for (name, value) in &reply.headers {
        head.push_str(&format!("{name}: {value}\r\n"));
    }
    if reply.announced().is_none() && reply.status != 204 {
        head.push_str(&format!("content-length: {}\r\n", reply.body.len()));
    }
    writer.write_all(format!("{head}\r\n").as_bytes())?;
    if !is_head {
        let end = reply.end.map_or(reply.body.len(), |(len, _)| len.min(reply.body.len()));
        let (wait, piece_len) = reply.slow.unwrap_or((Duration::ZERO, end.max(1)));
        for piece in reply.body.get(..end).unwrap_or_default().chunks(piece_len) {
            writer.write_all(piece)?;
            thread::sleep(wait);
        }
    }
    writer.flush()
}

fn request(reader: &mut BufReader<TcpStream>) -> io::Result<Option<Seen>> {
    let mut line = String::new();
    if reader.read_line(&mut line)? == 0 {
        return Ok(None);
    }
    let mut words = line.split_whitespace();
    let (method, target) = (words.next().unwrap_or("").to_owned(), words.next().unwrap_or("").to_owned());
    let mut headers = Vec::new();
    loop {
        let mut line = String::new();
        reader.read_line(&mut line)?;
        let Some((name, value)) = line.trim_end().split_once(':') else { break };
        headers.push((name.to_owned(), value.trim().to_owned()));
    }
    let len = headers.iter().find(|(name, _)| name.eq_ignore_ascii_case("content-length"));
    let len = len.map_or(0, |(_, len)| must(len.parse::<usize>(), &"the length of a request"));
    let mut body = vec![0; len.min(MAX_BODY_LEN)];
    reader.read_exact(&mut body)?;
    let (path, query) = target.split_once('?').unwrap_or((&target, ""));
    let query = query.split('&').filter(|pair| !pair.is_empty()).map(|pair| {
        let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
        (percent_decoded(name), percent_decoded(value))
    });
    let query = query.collect();
    Ok(Some(Seen { method, path: percent_decoded(path), target: target.clone(), query, headers, body }))
}

/// Undoes percent signs.
#[must_use]
pub fn percent_decoded(text: &str) -> String {
    let (mut bytes, mut decoded) = (text.bytes(), Vec::with_capacity(text.len()));
    while let Some(byte) = bytes.next() {
        let mut ahead = bytes.clone();
        let digit = |byte: Option<u8>| byte.and_then(|byte| char::from(byte).to_digit(16));
        let hex = if byte == b'%' { digit(ahead.next()).zip(digit(ahead.next())) } else { None };
        match hex.and_then(|(high, low)| u8::try_from(high * 16 + low).ok()) {
            Some(byte) => {
                decoded.push(byte);
                bytes = ahead;
            }
            None => decoded.push(byte),
        }
    }
    String::from_utf8_lossy(&decoded).into_owned()
}

/// Writes everything but letters and digits of ASCII as `%XX`.
#[must_use]
pub fn percent_encoded(text: &str) -> String {
    let mut encoded = String::with_capacity(text.len());
    for byte in text.bytes() {
        match byte.is_ascii_alphanumeric() {
            true => encoded.push(byte.into()),
            false => encoded.push_str(&format!("%{byte:02X}")),
        }
    }
    encoded
}

#[cfg(test)]
mod tests;
