//! Pages of the site's own.

use grantor_core::BoxFuture;

use crate::error::Error;
use crate::event::{Event, EventKind};
use crate::http::{Browser, Call, Reply};
use crate::site::{PageCall, Stage};
use crate::state::State;

pub(crate) fn run<'a>(state: &'a State, call: &'a Call<'a>) -> BoxFuture<'a, Result<Reply, Error>> {
    Box::pin(async move {
        if let Some(error) = &call.malformed {
            return Err(Error::invalid_request(error.to_string()));
        }
        let services = &state.services;
        let address = call.head.uri.path();
        let path = state.site_path(address);
        let path = path.ok_or_else(|| Error::Internal("no page lies there".to_owned()))?;
        let browser = Browser::of(&call.head.headers, services);
        // A browser sends no cookies with a form of another site, but it does after a redirect.
        if call.is_post() && browser.is_new {
            return Ok(Reply::redirect(address));
        }
        let forms = browser.forms_of_page(services, Stage::Page, path, address);
        let page_call = PageCall::new(path, call.head, &call.params, forms, call.now);
        let page = services.site.page(&page_call).await?;
        if page_call.ignored_form() {
            services.events.tell(&Event {
                endpoint: Some("site"),
                ..Event::new(EventKind::FormIgnored)
            });
            return Err(Error::invalid_request("no step takes this form"));
        }
        Ok(match page {
            Some(page) => browser.show(page, services)?,
            None => Reply::not_found(),
        })
    })
}
