//! Quirks that rows have, by what they are about.

use grantor_core::{
    AnswerEncoding, MemberNames, Quirks, RequestEncoding, ScopeSeparator, TokenTypeMeaning,
};

pub(super) const ALWAYS_BEARER: Quirks = {
    let mut quirks = Quirks::NONE;
    quirks.token_type = TokenTypeMeaning::AlwaysBearer;
    quirks
};

pub(super) const COMMAS_IN_ANSWERS: Quirks = {
    let mut quirks = Quirks::NONE;
    quirks.answer_scope = ScopeSeparator::Comma;
    quirks
};

pub(super) const FORM_WITH_EXPIRES: Quirks = {
    let mut quirks = Quirks::NONE;
    quirks.answer = AnswerEncoding::JsonOrForm;
    quirks.lifetime_member = Some("expires");
    quirks
};

pub(super) const FORM_WITH_COMMAS: Quirks = {
    let mut quirks = COMMAS_IN_ANSWERS;
    quirks.answer = AnswerEncoding::JsonOrForm;
    quirks
};

pub(super) const ERRORS_IN_A_LIST: Quirks = {
    let mut quirks = Quirks::NONE;
    quirks.error_at = Some("/errors/0/errorType");
    quirks
};

pub(super) const JSON_REQUESTS: Quirks = {
    let mut quirks = Quirks::NONE;
    quirks.request = RequestEncoding::Json;
    quirks
};

pub(super) const COMMAS: Quirks = {
    let mut quirks = Quirks::NONE;
    quirks.request_scope = ScopeSeparator::Comma;
    quirks.answer_scope = ScopeSeparator::Comma;
    quirks
};

pub(super) const SLACK_BOT: Quirks = {
    let mut quirks = COMMAS;
    quirks.token_type = TokenTypeMeaning::AlwaysBearer;
    quirks
};

pub(super) const SLACK_AUTHED_USER: Quirks = {
    let mut quirks = SLACK_BOT;
    quirks.token_at = Some("/authed_user");
    quirks
};

pub(super) const CAMEL_CASE: Quirks = {
    let mut quirks = Quirks::NONE;
    quirks.member_names = MemberNames::CamelCase;
    quirks
};
