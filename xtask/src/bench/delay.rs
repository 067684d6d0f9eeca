//! A wire that takes its time: whatever a client sends arrives later, as over a distance. A request of one packet then
//! takes that much longer, and requests on several connections wait at once.

use std::{
    io::{self, Read as _, Write as _},
    net::{Shutdown, SocketAddr, TcpListener, TcpStream},
    thread,
    time::Duration,
};

/// Longest piece that travels at once: more than any request of ours.
const PIECE_LEN: usize = 64 << 10;

/// Listens on a free port of loopback for as long as this process lives, and hands every connection on.
pub(super) fn start(to: SocketAddr, delay: Duration) -> io::Result<SocketAddr> {
    let listener = TcpListener::bind("127.0.0.1:0")?;
    let address = listener.local_addr()?;
    thread::spawn(move || {
        for client in listener.incoming().flatten() {
            // A connection that does not come about is closed: the client says so.
            let Ok(server) = TcpStream::connect(to) else { continue };
            let _ = join(client, server, delay);
        }
    });
    Ok(address)
}

fn join(client: TcpStream, server: TcpStream, delay: Duration) -> io::Result<()> {
    client.set_nodelay(true)?;
    server.set_nodelay(true)?;
    let (there, back) = ((client.try_clone()?, server.try_clone()?), (server, client));
    thread::spawn(move || carry(there, delay));
    thread::spawn(move || carry(back, Duration::ZERO));
    Ok(())
}

/// Until one side ends. What either end says of it is for its own owner.
fn carry((mut from, mut to): (TcpStream, TcpStream), delay: Duration) {
    let mut buffer = vec![0; PIECE_LEN];
    while let Ok(len @ 1..) = from.read(&mut buffer) {
        thread::sleep(delay);
        if to.write_all(&buffer[..len]).is_err() {
            break;
        }
    }
    let _ = to.shutdown(Shutdown::Write);
}
