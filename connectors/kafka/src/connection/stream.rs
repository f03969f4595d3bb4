//! The bytes of a connection, in clear or through TLS. Reads wait no longer than they are told.

use super::security::Tls;
use crate::protocol::Trouble;
use rustls::pki_types::ServerName;
use std::io::{ErrorKind, Read, Write};
use std::net::{TcpStream, ToSocketAddrs};
use std::os::fd::AsRawFd;
use std::time::{Duration, Instant};

/// For the connection, and for bytes to leave.
const PATIENCE: Duration = Duration::from_secs(2);
/// Encrypted bytes that are taken from the socket at a time: four records of TLS.
const PIECE: usize = 64 << 10;

/// An open connection.
#[derive(Debug)]
pub(super) enum Stream {
    Clear(TcpStream),
    Sealed(Box<Sealed>),
}

/// A socket and the session on it.
#[derive(Debug)]
pub(super) struct Sealed {
    socket: TcpStream,
    session: rustls::ClientConnection,
    /// Encrypted bytes; those in the range have not been given to the session.
    piece: Vec<u8>,
    unread: std::ops::Range<usize>,
}

impl Stream {
    /// Connects. Whoever answers proves who they are only once something is read.
    pub(super) fn open((host, port): (&str, u16), tls: Option<&Tls>) -> Result<Self, Trouble> {
        // A name may stand for an address at which nobody listens, such as ::1, before the one that counts.
        let mut last = ErrorKind::NotFound.to_string();
        let socket = (host, port)
            .to_socket_addrs()
            .map_err(gone)?
            .find_map(|address| match TcpStream::connect_timeout(&address, PATIENCE) {
                Ok(socket) => Some(socket),
                Err(error) => {
                    last = error.to_string();
                    None
                }
            })
            .ok_or(Trouble::Connection(last))?;
        socket.set_nodelay(true).map_err(gone)?;
        socket.set_write_timeout(Some(PATIENCE)).map_err(gone)?;
        let Some(Tls(config)) = tls else { return Ok(Self::Clear(socket)) };
        let name = ServerName::try_from(host.to_owned())
            .map_err(|_| Trouble::Untrusted(format!("{host} is no name that a certificate has")))?;
        let session = rustls::ClientConnection::new(config.clone(), name).map_err(untrusted)?;
        let piece = vec![0; PIECE];
        Ok(Self::Sealed(Box::new(Sealed { socket, session, piece, unread: 0..0 })))
    }

    /// Sends all of `bytes`.
    pub(super) fn write(&mut self, bytes: &[u8]) -> Result<(), Trouble> {
        match self {
            Self::Clear(socket) => socket.write_all(bytes).map_err(gone),
            Self::Sealed(sealed) => sealed.write(bytes),
        }
    }

    /// Fills some of `room` with what is there; waits until `until` for the first byte. None if nothing came.
    pub(super) fn read(
        &mut self,
        room: &mut [u8],
        until: Instant,
    ) -> Result<Option<usize>, Trouble> {
        match self {
            Self::Clear(socket) => receive(socket, room, until),
            Self::Sealed(sealed) => sealed.read(room, until),
        }
    }
}

impl Sealed {
    fn read(&mut self, room: &mut [u8], until: Instant) -> Result<Option<usize>, Trouble> {
        loop {
            match self.session.reader().read(room) {
                Ok(0) => return Err(closed()),
                Ok(count) => return Ok(Some(count)),
                Err(error) if error.kind() == ErrorKind::WouldBlock => {}
                Err(error) => return Err(gone(error)),
            }
            if self.unread.is_empty() {
                match receive(&self.socket, &mut self.piece, until)? {
                    Some(count) => self.unread = 0..count,
                    None => return Ok(None),
                }
            }
            let mut rest = &self.piece[self.unread.clone()];
            self.unread.start += self.session.read_tls(&mut rest).map_err(gone)?;
            let processed = self.session.process_new_packets();
            // The handshake has things to say too, and so has a refusal.
            let flushed = self.flush();
            processed.map_err(untrusted)?;
            flushed?;
        }
    }

    /// A session takes so many bytes (64 KiB) and no more until they have left.
    fn write(&mut self, bytes: &[u8]) -> Result<(), Trouble> {
        let mut rest = bytes;
        while !rest.is_empty() {
            let taken = self.session.writer().write(rest).map_err(gone)?;
            if taken == 0 && !self.session.wants_write() {
                return Err(gone(ErrorKind::WriteZero.into()));
            }
            rest = &rest[taken..];
            self.flush()?;
        }
        Ok(())
    }

    fn flush(&mut self) -> Result<(), Trouble> {
        while self.session.wants_write() {
            self.session.write_tls(&mut self.socket).map_err(gone)?;
        }
        Ok(())
    }
}

/// Reads what is there into `room`; waits until `until` for the first byte. None if nothing came.
fn receive(
    mut socket: &TcpStream,
    room: &mut [u8],
    until: Instant,
) -> Result<Option<usize>, Trouble> {
    loop {
        if !readable(socket, until.saturating_duration_since(Instant::now()))? {
            return Ok(None);
        }
        match socket.read(room) {
            Ok(0) => return Err(closed()),
            Ok(count) => return Ok(Some(count)),
            Err(error) if error.kind() == ErrorKind::Interrupted => {}
            Err(error) => return Err(gone(error)),
        }
    }
}

/// Whether a read returns at once. Timeouts of a socket are too coarse: they are rounded up to the kernel's ticks.
fn readable(socket: &TcpStream, timeout: Duration) -> Result<bool, Trouble> {
    let mut wanted = libc::pollfd { fd: socket.as_raw_fd(), events: libc::POLLIN, revents: 0 };
    let millis = i32::try_from(timeout.as_micros().div_ceil(1000)).unwrap_or(i32::MAX);
    // SAFETY: one valid entry, which lives during the call.
    match unsafe { libc::poll(&raw mut wanted, 1, millis) } {
        0 => Ok(false),
        1 => Ok(true),
        _ => match std::io::Error::last_os_error() {
            error if error.kind() == ErrorKind::Interrupted => Ok(false),
            error => Err(gone(error)),
        },
    }
}

fn gone(error: std::io::Error) -> Trouble {
    Trouble::Connection(error.to_string())
}

fn closed() -> Trouble {
    Trouble::Connection("the broker has closed the connection".to_owned())
}

fn untrusted(error: rustls::Error) -> Trouble {
    Trouble::Untrusted(error.to_string())
}
