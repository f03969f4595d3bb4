//! Is the broker there? Asked in Kafka's own protocol, by hand: a Metadata request whose answer lists a live broker.
//! (An open port is not enough: a node that is still fenced refuses to create topics.)

use std::io::{Read, Write};
use std::net::{Ipv4Addr, TcpStream};
use std::time::{Duration, Instant};

/// Waits until the broker at `port` is live; an error says what was last seen. Gives up when `alive` is false or after `patience`.
pub(crate) fn wait(
    port: u16,
    patience: Duration,
    mut alive: impl FnMut() -> bool,
) -> Result<(), String> {
    let deadline = Instant::now() + patience;
    loop {
        let seen = match live_brokers(port) {
            Ok(count) if count > 0 => return Ok(()),
            Ok(_) => "no live broker in the metadata".to_owned(),
            Err(error) => error.to_string(),
        };
        if !alive() {
            return Err("the process ended".to_owned());
        }
        if Instant::now() > deadline {
            return Err(format!("not ready after {} s: {seen}", patience.as_secs()));
        }
        std::thread::sleep(Duration::from_millis(50));
    }
}

/// Sends Metadata v1 for no topics and returns the number of brokers in the answer.
fn live_brokers(port: u16) -> std::io::Result<i32> {
    let mut stream = TcpStream::connect((Ipv4Addr::LOCALHOST, port))?;
    stream.set_read_timeout(Some(Duration::from_secs(2)))?;
    // Size 18, API key 3 (Metadata), version 1, correlation 0, client id of 4 bytes, an empty array of topics.
    let request = b"\0\0\0\x12\0\x03\0\x01\0\0\0\0\0\x04cart\0\0\0\0";
    stream.write_all(request)?;
    // Size, correlation id, number of brokers.
    let mut head = [0; 12];
    stream.read_exact(&mut head)?;
    Ok(i32::from_be_bytes([head[8], head[9], head[10], head[11]]))
}
