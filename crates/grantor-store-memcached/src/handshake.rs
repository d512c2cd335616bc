//! What a server is asked before its connection is used: whether it demands a login, and then who signs in.

use std::io;
use std::pin::Pin;

use grantor_store::Error;
use grantor_store_connection::Stream;
use tokio::io::{AsyncWriteExt, BufReader};

use crate::wire::{Answer, Command, read};

/// What a server answers to everything but a login, until there is one.
const UNAUTHENTICATED: &str = "unauthenticated";

/// Why a connection is not used.
#[derive(Debug)]
pub(crate) enum Unfit {
    /// The server is not what the URL says.
    Configuration(&'static str),
    /// It gave no answer.
    Lost(io::Error),
}

impl Unfit {
    /// The error about the server at an address.
    pub(crate) fn settle(self, address: &str, unreachable: impl Fn(&str) -> Error) -> Error {
        match self {
            Self::Configuration(problem) => {
                Error::configuration(format!("memcached at {address} {problem}"))
            }
            Self::Lost(error) => unreachable(&error.to_string()),
        }
    }
}

/// Signs in where the server demands it. A login is a value under a key: a server that demands none
/// would store the password for all to read. So nothing of it is sent before the server has refused a
/// question.
pub(crate) async fn shake_hands(
    stream: &mut Pin<Box<dyn Stream>>,
    login: Option<&(String, String)>,
) -> Result<(), Unfit> {
    let mut stream = BufReader::new(stream);
    let demands_login = ask_whether_it_demands_a_login(&mut stream).await?;
    match (demands_login, login) {
        (false, None) => Ok(()),
        (false, Some(_)) => Err(Unfit::Configuration(
            "asks for no user and password, and would store them as a record that all can read: \
             start it with --auth-file, or take user and password out of the URL",
        )),
        (true, None) => Err(Unfit::Configuration(
            "asks for user and password: write memcached://USER:PASSWORD@HOST",
        )),
        (true, Some((user, password))) => {
            match ask(&mut stream, &Command::LogIn(user, password)).await? {
                Answer::Done => {}
                _ => return Err(Unfit::Configuration("refuses user and password")),
            }
            match ask_whether_it_demands_a_login(&mut stream).await? {
                false => Ok(()),
                true => Err(Unfit::Configuration("refuses user and password")),
            }
        }
    }
}

/// By a question that changes nothing, and that only a server with meta commands answers.
async fn ask_whether_it_demands_a_login(
    stream: &mut BufReader<&mut Pin<Box<dyn Stream>>>,
) -> Result<bool, Unfit> {
    match ask(stream, &Command::Nothing).await? {
        Answer::Done => Ok(false),
        Answer::Refused(refusal) if refusal.text.contains(UNAUTHENTICATED) => Ok(true),
        _ => Err(Unfit::Configuration(
            "is too old: the store needs version 1.6 or newer, with meta commands",
        )),
    }
}

async fn ask(
    stream: &mut BufReader<&mut Pin<Box<dyn Stream>>>,
    command: &Command<'_>,
) -> Result<Answer, Unfit> {
    let asking = async {
        stream.write_all(&command.encode(0)).await?;
        stream.flush().await?;
        read(stream).await
    };
    let (answer, _) = asking.await.map_err(Unfit::Lost)?;
    Ok(answer)
}
