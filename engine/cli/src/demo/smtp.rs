//! A mail server on a loopback port that keeps what it is given: the demo's mails go through a real SMTP dialogue (RFC 5321).

use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;
use tokio::io::{
    AsyncBufRead, AsyncBufReadExt, AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt, BufReader,
};
use tokio::net::TcpListener;

/// Longest command line and longest line of content, bytes.
const MAX_LINE: u64 = 64 * 1024;
/// Largest mail, bytes.
const MAX_MAIL: usize = 1 << 20;
/// Recipients of one mail.
const MAX_RECIPIENTS: usize = 100;

/// Gets the content of each mail that was taken over.
pub type Receive = Arc<dyn Fn(&[u8]) + Send + Sync>;

/// Listens on a free loopback port until the runtime ends; gives the address.
pub async fn serve(receive: Receive) -> io::Result<SocketAddr> {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
    let address = listener.local_addr()?;
    tokio::spawn(async move {
        loop {
            match listener.accept().await {
                Ok((stream, _)) => {
                    let receive = Arc::clone(&receive);
                    // What a client breaks off is its own affair.
                    tokio::spawn(async move { converse(stream, &receive).await });
                }
                Err(error) => {
                    tracing::warn!(%error, "the demo's mail server cannot accept");
                    tokio::time::sleep(std::time::Duration::from_millis(100)).await;
                }
            }
        }
    });
    Ok(address)
}

/// How far the client has come with a mail.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Stage {
    #[default]
    Greeting,
    Idle,
    Sender,
    Recipients(usize),
}

/// One connection, to its end.
async fn converse<S: AsyncRead + AsyncWrite + Unpin>(
    stream: S,
    receive: &Receive,
) -> io::Result<()> {
    let mut stream = BufReader::new(stream);
    stream.write_all(b"220 demo.localhost ESMTP\r\n").await?;
    let mut stage = Stage::default();
    while let Some(line) = read_line(&mut stream).await? {
        let line = String::from_utf8_lossy(&line);
        let verb = line.split([' ', ':']).next().unwrap_or_default().to_ascii_uppercase();
        let reply = match (verb.as_str(), stage) {
            ("QUIT", _) => {
                stream.write_all(b"221 2.0.0 bye\r\n").await?;
                return stream.flush().await;
            }
            ("EHLO", _) => {
                stage = Stage::Idle;
                "250-demo.localhost\r\n250-SIZE 1048576\r\n250-8BITMIME\r\n250-SMTPUTF8\r\n250 ENHANCEDSTATUSCODES\r\n"
            }
            ("HELO", _) => {
                stage = Stage::Idle;
                "250 demo.localhost\r\n"
            }
            ("RSET", _) => {
                stage = if stage == Stage::Greeting { stage } else { Stage::Idle };
                "250 2.0.0 ok\r\n"
            }
            ("NOOP", _) => "250 2.0.0 ok\r\n",
            ("MAIL", Stage::Idle) => {
                stage = Stage::Sender;
                "250 2.1.0 ok\r\n"
            }
            ("RCPT", Stage::Sender | Stage::Recipients(..MAX_RECIPIENTS)) => {
                stage = Stage::Recipients(if let Stage::Recipients(count) = stage {
                    count + 1
                } else {
                    1
                });
                "250 2.1.5 ok\r\n"
            }
            ("RCPT", Stage::Recipients(_)) => "452 4.5.3 too many recipients\r\n",
            ("DATA", Stage::Recipients(_)) => {
                stream.write_all(b"354 go ahead\r\n").await?;
                stream.flush().await?;
                stage = Stage::Idle;
                match read_mail(&mut stream).await? {
                    Some(content) => {
                        receive(&content);
                        "250 2.0.0 taken\r\n"
                    }
                    None => "552 5.3.4 too large\r\n",
                }
            }
            ("MAIL" | "RCPT" | "DATA", _) => "503 5.5.1 not now\r\n",
            _ => "502 5.5.1 unknown\r\n",
        };
        stream.write_all(reply.as_bytes()).await?;
        stream.flush().await?;
    }
    Ok(())
}

/// The next line without its end; none at the end of the stream. A line without an end within the limit is an error.
async fn read_line<S: AsyncBufRead + Unpin>(stream: &mut S) -> io::Result<Option<Vec<u8>>> {
    let mut line = Vec::new();
    stream.take(MAX_LINE).read_until(b'\n', &mut line).await?;
    if line.is_empty() {
        return Ok(None);
    }
    if line.pop() != Some(b'\n') {
        return Err(io::ErrorKind::InvalidData.into());
    }
    if line.last() == Some(&b'\r') {
        line.pop();
    }
    Ok(Some(line))
}

/// The content up to the line with a dot, without the dots that were stuffed; none if it is too large (it is read to its end all the same).
async fn read_mail<S: AsyncBufRead + Unpin>(stream: &mut S) -> io::Result<Option<Vec<u8>>> {
    let mut content = Vec::new();
    let mut fits = true;
    loop {
        let line = read_line(stream).await?.ok_or(io::ErrorKind::UnexpectedEof)?;
        if line == b"." {
            return Ok(fits.then_some(content));
        }
        fits = fits && content.len() + line.len() + 2 <= MAX_MAIL;
        if fits {
            content.extend_from_slice(line.strip_prefix(b".").unwrap_or(&line));
            content.extend_from_slice(b"\r\n");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::Mutex;

    /// What the server answers to this, and the mails that it took.
    async fn talk(said: &[u8]) -> (String, Vec<Vec<u8>>) {
        let taken = Arc::<Mutex<Vec<Vec<u8>>>>::default();
        let keep = Arc::clone(&taken);
        let receive: Receive =
            Arc::new(move |mail: &[u8]| keep.lock().unwrap().push(mail.to_vec()));
        let (mut client, server) = tokio::io::duplex(4 << 20);
        client.write_all(said).await.unwrap();
        client.shutdown().await.unwrap();
        drop(converse(server, &receive).await);
        let mut answers = String::new();
        client.read_to_string(&mut answers).await.unwrap();
        drop(receive);
        (answers, Arc::try_unwrap(taken).unwrap().into_inner().unwrap())
    }

    fn codes(answers: &str) -> Vec<&str> {
        answers.lines().filter(|line| line.as_bytes()[3] == b' ').map(|line| &line[..3]).collect()
    }

    #[tokio::test]
    async fn two_mails_on_one_connection() {
        let (answers, mails) = talk(
            b"EHLO me\r\nMAIL FROM:<a@b>\r\nRCPT TO:<c@d>\r\nDATA\r\nSubject: x\r\n\r\n..dot\r\n.\r\n\
              mail from:<a@b>\r\nrcpt to:<c@d>\r\nRCPT TO:<e@f>\r\nDATA\r\n\r\n.\r\nQUIT\r\nNOOP\r\n",
        )
        .await;
        assert_eq!(
            codes(&answers),
            ["220", "250", "250", "250", "354", "250", "250", "250", "250", "354", "250", "221"]
        );
        assert_eq!(mails, [b"Subject: x\r\n\r\n.dot\r\n".to_vec(), b"\r\n".to_vec()]);
    }

    #[tokio::test]
    async fn the_order_is_kept_and_nonsense_is_refused() {
        let (answers, mails) =
            talk(b"MAIL FROM:<a@b>\r\nHELO me\r\nDATA\r\nRCPT TO:<c@d>\r\nWHAT\r\nMAIL FROM:<a@b>\r\nRSET\r\nRCPT TO:<c@d>\r\n").await;
        assert_eq!(
            codes(&answers),
            ["220", "503", "250", "503", "503", "502", "250", "250", "503"]
        );
        assert!(mails.is_empty());
    }

    #[tokio::test]
    async fn a_mail_that_is_too_large_is_refused_and_the_next_one_taken() {
        let mut said = b"EHLO me\r\nMAIL FROM:<a@b>\r\nRCPT TO:<c@d>\r\nDATA\r\n".to_vec();
        (0..40).for_each(|_| said.extend([vec![b'x'; 30_000], b"\r\n".to_vec()].concat()));
        said.extend(b".\r\nMAIL FROM:<a@b>\r\nRCPT TO:<c@d>\r\nDATA\r\nok\r\n.\r\nQUIT\r\n");
        let (answers, mails) = talk(&said).await;
        assert_eq!(
            codes(&answers),
            ["220", "250", "250", "250", "354", "552", "250", "250", "354", "250", "221"]
        );
        assert_eq!(mails, [b"ok\r\n".to_vec()]);
    }
}
