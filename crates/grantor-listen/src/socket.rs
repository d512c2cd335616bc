//! The socket of a connection.

use std::io::{self, IoSlice};
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;

use crate::memory::Share;
use crate::watch::{Phase, Watch};

/// A TCP stream that notes when requests begin and when answers have left, and reads no more of a
/// request than there is memory for.
pub(crate) struct Socket {
    stream: TcpStream,
    watch: Arc<Watch>,
    share: Share,
}

impl Socket {
    pub(crate) fn new(stream: TcpStream, watch: Arc<Watch>, share: Share) -> Self {
        Self {
            stream,
            watch,
            share,
        }
    }

    fn poll_room(&mut self, context: &mut Context<'_>) -> Poll<usize> {
        let room = self.share.poll_room(context);
        self.watch
            .set_memory(self.share.holds_steps(), room.is_pending());
        room
    }

    fn wrote(&self, result: Poll<io::Result<usize>>) -> Poll<io::Result<usize>> {
        if result.is_pending() {
            self.watch.stall();
        }
        result
    }
}

impl AsyncRead for Socket {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let idle = self.watch.moment().phase() == Phase::Idle;
        if idle && self.watch.draining() {
            // Nothing read is the end of the stream, on which hyper closes an idle connection.
            return Poll::Ready(Ok(()));
        }
        let room = ready!(self.poll_room(context));
        if room == 0 {
            self.watch.overrun();
            return Poll::Ready(Ok(()));
        }
        let most = room.min(LONGEST_READ).min(buffer.remaining());
        let mut part = ReadBuf::new(buffer.initialize_unfilled_to(most));
        let result = Pin::new(&mut self.stream).poll_read(context, &mut part);
        let read = part.filled().len();
        buffer.advance(read);
        self.share.has_read(read);
        if idle && read > 0 {
            self.watch.step(Phase::Idle, Phase::Head);
        }
        result
    }
}

impl AsyncWrite for Socket {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        let result = Pin::new(&mut self.stream).poll_write(context, bytes);
        self.wrote(result)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        slices: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let result = Pin::new(&mut self.stream).poll_write_vectored(context, slices);
        self.wrote(result)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        // hyper flushes only after it has written all it holds.
        let result = Pin::new(&mut self.stream).poll_flush(context);
        if matches!(result, Poll::Ready(Ok(()))) && self.watch.flushed() {
            self.share.begin_request();
        }
        result
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(context)
    }
}

/// Less than hyper asks for: it doubles its buffer when a read has filled it.
const LONGEST_READ: usize = 4 * 1024;
