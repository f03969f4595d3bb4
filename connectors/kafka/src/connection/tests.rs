//! The pump, against a peer that answers in pieces.

use super::*;
use crate::protocol::tests::knowing;
use crate::protocol::{ask_topic, ask_versions};
use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::thread::JoinHandle;

#[test]
fn brokers_are_read_as_librdkafka_reads_them() {
    let read = |text: &str| {
        let list = addresses(text).into_iter();
        list.map(|(host, port)| format!("{host} {port}")).collect::<Vec<_>>().join(", ")
    };
    assert_eq!(read("a:9093, b.example:1,c"), "a 9093, b.example 1, c 9092");
    assert_eq!(read("SASL_SSL://a:9093,[::1]:9094,[::1]"), "a 9093, ::1 9094, ::1 9092");
    assert_eq!(read("a:x,,:9092"), "");
}

/// The next request's correlation id.
pub(crate) fn request(stream: &mut TcpStream) -> i32 {
    let mut length = [0; 4];
    stream.read_exact(&mut length).unwrap();
    let mut request = vec![0; i32::from_be_bytes(length) as usize];
    stream.read_exact(&mut request).unwrap();
    i32::from_be_bytes(request[4..8].try_into().unwrap())
}

/// An answer with its length and its correlation id before it.
pub(crate) fn framed(correlation: i32, body: &[u8]) -> Vec<u8> {
    let length = (4 + body.len()) as i32;
    [&length.to_be_bytes()[..], &correlation.to_be_bytes(), body].concat()
}

/// A broker that knows ApiVersions, Metadata and Fetch, answers who asks for versions, and then does `and_then`.
pub(crate) fn broker(
    piece: usize,
    and_then: impl FnOnce(&mut TcpStream) + Send + 'static,
) -> (u16, JoinHandle<()>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    let serving = std::thread::spawn(move || {
        let (mut stream, _) = listener.accept().unwrap();
        stream.set_nodelay(true).unwrap();
        let correlation = request(&mut stream);
        let answer = framed(correlation, &knowing(&[(18, 0, 4), (3, 0, 13), (1, 4, 17)]));
        answer.chunks(piece).for_each(|piece| stream.write_all(piece).unwrap());
        and_then(&mut stream);
    });
    (port, serving)
}

fn open(port: u16) -> Connection {
    Connection::open(("127.0.0.1", port), &Security::default()).unwrap()
}

fn soon() -> Instant {
    Instant::now() + ANSWER
}

#[test]
fn answers_come_whole_and_in_order_in_whatever_pieces_they_are_sent() {
    for piece in 1..12 {
        let (port, serving) = broker(piece, move |stream| {
            let (first, second) = (request(stream), request(stream));
            let answers =
                [framed(first, &[1; 40]), framed(second, b"\0second"), framed(0, b"")].concat();
            answers.chunks(piece).for_each(|piece| stream.write_all(piece).unwrap());
        });
        let mut connection = open(port);
        connection.send(ask_versions()).unwrap();
        connection.send(ask_topic("events")).unwrap();
        let mut spare = vec![9; 100];
        let first = connection.receive(&mut spare, soon()).unwrap().unwrap();
        assert_eq!(first.bytes[first.body..], [1; 40]);
        let second = connection.receive(&mut spare, soon()).unwrap().unwrap();
        assert_eq!(second.bytes[second.body..], *b"second", "behind its tags");
        // Nobody asked for a third.
        let third = connection.receive(&mut spare, soon()).unwrap_err();
        assert_eq!(third, Trouble::Unreadable);
        serving.join().unwrap();
    }
}

#[test]
fn an_answer_that_does_not_come_yet_is_waited_for_no_longer_than_told() {
    let (go, wait) = std::sync::mpsc::channel();
    let (port, serving) = broker(100, move |stream| {
        let answer = framed(request(stream), b"x");
        stream.write_all(&answer[..6]).unwrap();
        wait.recv().unwrap();
        stream.write_all(&answer[6..]).unwrap();
    });
    let (mut connection, mut spare) = (open(port), Vec::new());
    connection.send(ask_versions()).unwrap();
    assert!(connection.receive(&mut spare, Instant::now()).unwrap().is_none());
    assert!(connection.receive(&mut spare, Instant::now()).unwrap().is_none());
    go.send(()).unwrap();
    let answer = connection.receive(&mut spare, soon()).unwrap().unwrap();
    assert_eq!(answer.bytes[answer.body..], *b"x");
    serving.join().unwrap();
}

#[test]
fn what_the_broker_does_not_know_is_not_sent() {
    let (port, serving) = broker(100, |_| ());
    let refused = open(port).send(Request::new(Api::LeaveGroup, |_| ()));
    assert_eq!(refused, Err(Trouble::Old));
    serving.join().unwrap();
}

#[test]
fn anothers_answer_and_a_closed_connection_are_no_answers() {
    let (port, serving) = broker(100, |stream| {
        let correlation = request(stream);
        stream.write_all(&framed(correlation + 1, b"")).unwrap();
    });
    assert_eq!(open(port).ask(ask_versions()).unwrap_err(), Trouble::Unreadable);
    serving.join().unwrap();
    let (port, serving) = broker(100, |stream| {
        let correlation = request(stream);
        stream.write_all(&framed(correlation, b"half")[..6]).unwrap();
    });
    let trouble = open(port).ask(ask_versions()).unwrap_err();
    assert!(matches!(&trouble, Trouble::Connection(why) if why.contains("closed")), "{trouble:?}");
    serving.join().unwrap();
    let refused = Connection::open(("127.0.0.1", port), &Security::default()).unwrap_err();
    assert!(matches!(refused, Trouble::Connection(_)), "{refused:?}");
}
