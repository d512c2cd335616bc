//! One request from its arrival to its answer, faults included.

use bytes::Bytes;
use grantor_core::Clock;
use http::{Request, Response};

use super::{Endpoint, FakeServer, Fault, RecordedRequest, endpoints, fault_answer, oauth1};

/// The outcome of a request, before a transport or a socket carries it out.
pub(super) enum Outcome {
    /// The answer arrives.
    Answered(Response<Bytes>),
    /// Nothing was sent.
    Unsent,
    /// Something was sent, and no answer comes.
    Lost,
    /// The connection ends in the middle of this answer.
    Dropped(
        #[cfg_attr(
            not(feature = "listen"),
            expect(dead_code, reason = "only a socket sends half of it")
        )]
        Response<Bytes>,
    ),
    /// The transport panics.
    Panicked,
}

impl FakeServer {
    /// One request from its arrival to its answer.
    pub(super) async fn serve(&self, request: Request<Bytes>) -> Outcome {
        let endpoint = Endpoint::of(&self.issuer, request.uri());
        let fault = self.lock().faults.take(endpoint);
        match &fault {
            Some(Fault::Unsent) => return Outcome::Unsent,
            Some(Fault::RequestLost) => return Outcome::Lost,
            Some(Fault::Panic) => return Outcome::Panicked,
            _ => {}
        }
        let recorded = self.record(endpoint, request);
        let is_token_request = endpoint == Endpoint::Token;
        let _under_way = is_token_request.then(|| self.shared.at_once.begin());
        if is_token_request {
            self.wait_if_held().await;
        }
        self.wait_by_fault(fault.as_ref()).await;
        let by_fault = fault
            .as_ref()
            .and_then(|fault| fault_answer::of(fault, &recorded));
        let mut answer = by_fault.unwrap_or_else(|| endpoints::answer(self, &recorded));
        if let Some(fault) = &fault {
            answer = oauth1::changed_by(fault, answer);
        }
        recorded.answered(answer.status());
        if let (Some(Fault::Takes(duration)), Some(clock)) = (&fault, &self.lock().clock) {
            clock.advance(*duration);
        }
        match fault {
            Some(Fault::AnswerLost) => Outcome::Lost,
            Some(Fault::ConnectionDropped) => Outcome::Dropped(answer),
            _ => Outcome::Answered(answer),
        }
    }

    pub(super) fn record(&self, endpoint: Endpoint, request: Request<Bytes>) -> RecordedRequest {
        let mut state = self.lock();
        let now = state.clock.as_ref().map(Clock::now);
        let recorded = RecordedRequest::new(endpoint, request, now);
        state.history.push(recorded.clone());
        recorded
    }

    async fn wait_by_fault(&self, fault: Option<&Fault>) {
        match fault {
            Some(Fault::Never) => self.wait_for(std::future::pending()).await,
            Some(Fault::Delay(duration)) => {
                let clock = self.lock().clock.clone();
                match clock {
                    Some(clock) => self.wait_for(clock.sleep(*duration)).await,
                    None => self.wait_for(tokio::time::sleep(*duration)).await,
                }
            }
            _ => {}
        }
    }
}
