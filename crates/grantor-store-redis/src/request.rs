//! What is sent to a server.

use redis::aio::{ConnectionLike, MultiplexedConnection};
use redis::{
    Cmd, ErrorKind, FromRedisValue, Pipeline, RedisResult, ScriptInvocation, ServerErrorKind,
    Value, cmd, from_redis_value,
};

/// A request.
pub(crate) enum Request<'a> {
    Command(&'a Cmd),
    Several(&'a Pipeline),
    Script(&'a ScriptInvocation<'a>),
    /// A script, and how many replicas have its write within the time allowed. The answer is both.
    Confirmed(&'a ScriptInvocation<'a>, Wait),
}

/// For how many replicas to wait, and how long in milliseconds.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Wait {
    pub(crate) replicas: usize,
    pub(crate) millis: u64,
}

impl Request<'_> {
    pub(crate) async fn send<T: FromRedisValue>(
        &self,
        connection: &mut MultiplexedConnection,
        asking: bool,
    ) -> RedisResult<T> {
        match self {
            Self::Command(command) if !asking => command.query_async(connection).await,
            Self::Several(pipeline) => pipeline.query_async(connection).await,
            Self::Command(command) => one(connection, &asking_first(command)).await,
            // A server that does not know the script any more gets it again.
            Self::Script(script) => match asking {
                false => script.invoke_async(connection).await,
                true => {
                    let mut pipeline = Pipeline::new();
                    pipeline.cmd("ASKING").ignore().invoke_script(script);
                    let answer = one(connection, &pipeline).await;
                    if !forgot(&answer) {
                        return answer;
                    }
                    script.load_async(connection).await?;
                    one(connection, &pipeline).await
                }
            },
            Self::Confirmed(script, wait) => {
                let answer = confirmed(connection, script, *wait, asking).await;
                if !forgot(&answer) {
                    return answer;
                }
                script.load_async(connection).await?;
                confirmed(connection, script, *wait, asking).await
            }
        }
    }
}

/// Returns whether the server does not know the script.
fn forgot<T>(answer: &RedisResult<T>) -> bool {
    let error = answer.as_ref().err().map(redis::RedisError::kind);
    error == Some(ErrorKind::Server(ServerErrorKind::NoScript))
}

fn asking_first(command: &Cmd) -> Pipeline {
    let mut pipeline = Pipeline::new();
    pipeline.cmd("ASKING").ignore().add_command(command.clone());
    pipeline
}

async fn one<T: FromRedisValue>(
    connection: &mut MultiplexedConnection,
    pipeline: &Pipeline,
) -> RedisResult<T> {
    let (answer,) = pipeline.query_async(connection).await?;
    Ok(answer)
}

async fn confirmed<T: FromRedisValue>(
    connection: &mut MultiplexedConnection,
    script: &ScriptInvocation<'_>,
    wait: Wait,
    asking: bool,
) -> RedisResult<T> {
    let mut pipeline = Pipeline::with_capacity(3);
    if asking {
        pipeline.cmd("ASKING");
    }
    pipeline
        .invoke_script(script)
        .add_command(cmd("WAIT").arg(wait.replicas).arg(wait.millis).to_owned());
    let mut answers = connection
        .req_packed_commands(&pipeline, 0, pipeline.len())
        .await?;
    let replicas = answers.pop().unwrap_or(Value::Nil);
    let outcome = answers.pop().unwrap_or(Value::Nil).extract_error()?;
    // A server that became a replica while it waited does not answer with a number.
    let replicas = match replicas {
        Value::Int(replicas) => replicas,
        _ => 0,
    };
    from_redis_value(Value::Array(vec![outcome, Value::Int(replicas)])).map_err(Into::into)
}
