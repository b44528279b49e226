// Written by `cargo xtask codegen` from the facade (mobile-bindings/bindgen/src/web): change that instead.

//! Every method of the facade as wasm-bindgen exports it.

use super::{Reply, WebPhone, beside, given, json, plain, thrown};
use wasm_bindgen::prelude::*;

#[wasm_bindgen]
impl WebPhone {
    /// [`Phone::add_expense`](crate::facade::Phone::add_expense)
    pub fn add_expense(&self, visit: String, fields: &str) -> Result<String, JsValue> {
        json(self.phone().add_expense(visit, given("fields", fields)?))
    }
    /// [`Phone::add_item`](crate::facade::Phone::add_item)
    pub fn add_item(&self, visit: String, fields: &str) -> Result<String, JsValue> {
        json(self.phone().add_item(visit, given("fields", fields)?))
    }
    /// [`Phone::add_note`](crate::facade::Phone::add_note)
    pub fn add_note(&self, visit: String, text: String, corrects: &str) -> Result<String, JsValue> {
        json(self.phone().add_note(visit, text, given("corrects", corrects)?))
    }
    /// [`Phone::add_objection`](crate::facade::Phone::add_objection)
    pub fn add_objection(&self, visit: String, kind: &str, advice: String, insisted_by: String, words: String, corrects: &str) -> Result<String, JsValue> {
        json(self.phone().add_objection(visit, given("kind", kind)?, advice, insisted_by, words, given("corrects", corrects)?))
    }
    /// [`Phone::add_photo`](crate::facade::Phone::add_photo)
    pub fn add_photo(&self, visit: String, bytes: Vec<u8>, media_type: String, caption: String, corrects: &str) -> Result<String, JsValue> {
        json(self.phone().add_photo(visit, bytes, media_type, caption, given("corrects", corrects)?))
    }
    /// [`Phone::add_photo_about`](crate::facade::Phone::add_photo_about)
    pub fn add_photo_about(&self, visit: String, about: String, bytes: Vec<u8>, media_type: String, caption: String, corrects: &str) -> Result<String, JsValue> {
        json(self.phone().add_photo_about(visit, about, bytes, media_type, caption, given("corrects", corrects)?))
    }
    /// [`Phone::add_seal`](crate::facade::Phone::add_seal)
    pub fn add_seal(&self, visit: String, bytes: Vec<u8>, media_type: String, caption: String, corrects: &str) -> Result<String, JsValue> {
        json(self.phone().add_seal(visit, bytes, media_type, caption, given("corrects", corrects)?))
    }
    /// [`Phone::add_time`](crate::facade::Phone::add_time)
    pub fn add_time(&self, visit: String, kind: &str, from_ms: &str, until_ms: &str, user: Option<String>, item: Option<String>, corrects: &str) -> Result<String, JsValue> {
        json(self.phone().add_time(visit, given("kind", kind)?, given("from_ms", from_ms)?, given("until_ms", until_ms)?, user, item, given("corrects", corrects)?))
    }
    /// [`Phone::advice`](crate::facade::Phone::advice)
    pub fn advice(&self, question: &str) -> Result<String, JsValue> {
        json(self.phone().advice(given("question", question)?))
    }
    /// [`Phone::assess`](crate::facade::Phone::assess)
    pub fn assess(&self, visit: String) -> Result<String, JsValue> {
        json(self.phone().assess(visit))
    }
    /// [`Phone::assets`](crate::facade::Phone::assets)
    pub fn assets(&self, customer: String) -> Result<String, JsValue> {
        json(self.phone().assets(customer))
    }
    /// [`Phone::begin_enrolment`](crate::facade::Phone::begin_enrolment)
    pub fn begin_enrolment(&self, user: String, device_name: String) -> Result<String, JsValue> {
        json(self.phone().begin_enrolment(user, device_name))
    }
    /// [`Phone::begin_visit`](crate::facade::Phone::begin_visit)
    pub fn begin_visit(&self, begin: &str) -> Result<String, JsValue> {
        json(self.phone().begin_visit(given("begin", begin)?))
    }
    /// [`Phone::carried`](crate::facade::Phone::carried)
    pub fn carried(&self) -> Result<String, JsValue> {
        json(self.phone().carried())
    }
    /// [`Phone::carried_frame`](crate::facade::Phone::carried_frame)
    pub fn carried_frame(&self, id: String) -> Result<Option<Reply>, JsValue> {
        let Some(mut r) = self.phone().carried_frame(id).map_err(thrown)? else { return Ok(None) };
        let bytes = std::mem::take(&mut r.bytes);
        beside(&r, bytes).map(Some)
    }
    /// [`Phone::carried_upload`](crate::facade::Phone::carried_upload)
    pub fn carried_upload(&self, id: String) -> Result<Option<Reply>, JsValue> {
        let Some(mut r) = self.phone().carried_upload(id).map_err(thrown)? else { return Ok(None) };
        let bytes = std::mem::take(&mut r.bytes);
        beside(&r, bytes).map(Some)
    }
    /// [`Phone::contacts`](crate::facade::Phone::contacts)
    pub fn contacts(&self, customer: String) -> Result<String, JsValue> {
        json(self.phone().contacts(customer))
    }
    /// [`Phone::customers`](crate::facade::Phone::customers)
    pub fn customers(&self) -> Result<String, JsValue> {
        json(self.phone().customers())
    }
    /// [`Phone::edit_expense`](crate::facade::Phone::edit_expense)
    pub fn edit_expense(&self, visit: String, expense: String, fields: &str) -> Result<String, JsValue> {
        json(self.phone().edit_expense(visit, expense, given("fields", fields)?))
    }
    /// [`Phone::edit_item`](crate::facade::Phone::edit_item)
    pub fn edit_item(&self, visit: String, item: String, fields: &str) -> Result<String, JsValue> {
        json(self.phone().edit_item(visit, item, given("fields", fields)?))
    }
    /// [`Phone::export_unsynced`](crate::facade::Phone::export_unsynced)
    pub fn export_unsynced(&self, key: Vec<u8>) -> Result<Vec<u8>, JsValue> {
        plain(self.phone().export_unsynced(key))
    }
    /// [`Phone::finish_enrolment`](crate::facade::Phone::finish_enrolment)
    pub fn finish_enrolment(&self, user: String, engineer_name: String, device: String) -> Result<String, JsValue> {
        json(self.phone().finish_enrolment(user, engineer_name, device))
    }
    /// [`Phone::finish_export`](crate::facade::Phone::finish_export)
    pub fn finish_export(&self, ticket: u32, key: Vec<u8>) -> Result<Vec<u8>, JsValue> {
        plain(self.phone().finish_export(ticket, key))
    }
    /// [`Phone::finish_sign_off`](crate::facade::Phone::finish_sign_off)
    pub fn finish_sign_off(&self, ticket: u32, signature: Vec<u8>) -> Result<String, JsValue> {
        json(self.phone().finish_sign_off(ticket, signature))
    }
    /// [`Phone::identity`](crate::facade::Phone::identity)
    pub fn identity(&self) -> Result<String, JsValue> {
        json(self.phone().identity())
    }
    /// [`Phone::import_unsynced`](crate::facade::Phone::import_unsynced)
    pub fn import_unsynced(&self, file: Vec<u8>, key: Vec<u8>) -> Result<String, JsValue> {
        json(self.phone().import_unsynced(file, key))
    }
    /// [`Phone::join`](crate::facade::Phone::join)
    pub fn join(&self, visit: String) -> Result<String, JsValue> {
        json(self.phone().join(visit))
    }
    /// [`Phone::join_by_code`](crate::facade::Phone::join_by_code)
    pub fn join_by_code(&self, code: String) -> Result<String, JsValue> {
        json(self.phone().join_by_code(code))
    }
    /// [`Phone::join_code`](crate::facade::Phone::join_code)
    pub fn join_code(&self, visit: String) -> Result<String, JsValue> {
        plain(self.phone().join_code(visit))
    }
    /// [`Phone::leave`](crate::facade::Phone::leave)
    pub fn leave(&self, visit: String) -> Result<String, JsValue> {
        json(self.phone().leave(visit))
    }
    /// [`Phone::listed`](crate::facade::Phone::listed)
    pub fn listed(&self, visit: String) -> Result<String, JsValue> {
        json(self.phone().listed(visit))
    }
    /// [`Phone::next_frame`](crate::facade::Phone::next_frame)
    pub fn next_frame(&self) -> Result<Reply, JsValue> {
        let mut r = self.phone().next_frame().map_err(thrown)?;
        let bytes = std::mem::take(&mut r.bytes);
        beside(&r, bytes)
    }
    /// [`Phone::next_upload`](crate::facade::Phone::next_upload)
    pub fn next_upload(&self) -> Result<Option<Reply>, JsValue> {
        let Some(mut r) = self.phone().next_upload().map_err(thrown)? else { return Ok(None) };
        let bytes = std::mem::take(&mut r.bytes);
        beside(&r, bytes).map(Some)
    }
    /// [`Phone::photo_bytes`](crate::facade::Phone::photo_bytes)
    pub fn photo_bytes(&self, sha256: String) -> Result<Vec<u8>, JsValue> {
        plain(self.phone().photo_bytes(sha256))
    }
    /// [`Phone::photo_confirmed`](crate::facade::Phone::photo_confirmed)
    pub fn photo_confirmed(&self, sha256: String) -> Result<(), JsValue> {
        plain(self.phone().photo_confirmed(sha256))
    }
    /// [`Phone::prepare_enrolment`](crate::facade::Phone::prepare_enrolment)
    pub fn prepare_enrolment(&self, user: String) -> Result<Reply, JsValue> {
        let mut r = self.phone().prepare_enrolment(user).map_err(thrown)?;
        let bytes = std::mem::take(&mut r.message);
        beside(&r, bytes)
    }
    /// [`Phone::prepare_export`](crate::facade::Phone::prepare_export)
    pub fn prepare_export(&self) -> Result<Reply, JsValue> {
        let mut r = self.phone().prepare_export().map_err(thrown)?;
        let bytes = std::mem::take(&mut r.message);
        beside(&r, bytes)
    }
    /// [`Phone::prepare_frame`](crate::facade::Phone::prepare_frame)
    pub fn prepare_frame(&self) -> Result<Reply, JsValue> {
        let mut r = self.phone().prepare_frame().map_err(thrown)?;
        let bytes = std::mem::take(&mut r.message);
        beside(&r, bytes)
    }
    /// [`Phone::prepare_sign_off`](crate::facade::Phone::prepare_sign_off)
    pub fn prepare_sign_off(&self, shown: &str, answer: &str) -> Result<Reply, JsValue> {
        let mut r = self.phone().prepare_sign_off(given("shown", shown)?, given("answer", answer)?).map_err(thrown)?;
        let bytes = std::mem::take(&mut r.message);
        beside(&r, bytes)
    }
    /// [`Phone::receive`](crate::facade::Phone::receive)
    pub fn receive(&self, answer: Vec<u8>) -> Result<String, JsValue> {
        json(self.phone().receive(answer))
    }
    /// [`Phone::receive_carried`](crate::facade::Phone::receive_carried)
    pub fn receive_carried(&self, id: String, answer: Vec<u8>) -> Result<String, JsValue> {
        json(self.phone().receive_carried(id, answer))
    }
    /// [`Phone::running_timers`](crate::facade::Phone::running_timers)
    pub fn running_timers(&self) -> Result<String, JsValue> {
        json(self.phone().running_timers())
    }
    /// [`Phone::seal_enrolment`](crate::facade::Phone::seal_enrolment)
    pub fn seal_enrolment(&self, ticket: u32, signature: Vec<u8>, device_name: String) -> Result<String, JsValue> {
        json(self.phone().seal_enrolment(ticket, signature, device_name))
    }
    /// [`Phone::seal_frame`](crate::facade::Phone::seal_frame)
    pub fn seal_frame(&self, ticket: u32, signature: Vec<u8>) -> Result<Reply, JsValue> {
        let mut r = self.phone().seal_frame(ticket, signature).map_err(thrown)?;
        let bytes = std::mem::take(&mut r.bytes);
        beside(&r, bytes)
    }
    /// [`Phone::show`](crate::facade::Phone::show)
    pub fn show(&self, visit: String, lang: &str) -> Result<String, JsValue> {
        json(self.phone().show(visit, given("lang", lang)?))
    }
    /// [`Phone::sign_export`](crate::facade::Phone::sign_export)
    pub fn sign_export(&self, ticket: u32, signature: Vec<u8>) -> Result<Reply, JsValue> {
        let mut r = self.phone().sign_export(ticket, signature).map_err(thrown)?;
        let bytes = std::mem::take(&mut r.message);
        beside(&r, bytes)
    }
    /// [`Phone::sign_off`](crate::facade::Phone::sign_off)
    pub fn sign_off(&self, shown: &str, answer: &str) -> Result<String, JsValue> {
        json(self.phone().sign_off(given("shown", shown)?, given("answer", answer)?))
    }
    /// [`Phone::some_visits`](crate::facade::Phone::some_visits)
    pub fn some_visits(&self, skip: u32, count: u32) -> Result<String, JsValue> {
        json(self.phone().some_visits(skip, count))
    }
    /// [`Phone::start_timer`](crate::facade::Phone::start_timer)
    pub fn start_timer(&self, visit: String, kind: &str, item: Option<String>) -> Result<String, JsValue> {
        json(self.phone().start_timer(visit, given("kind", kind)?, item))
    }
    /// [`Phone::stop_timer`](crate::facade::Phone::stop_timer)
    pub fn stop_timer(&self, visit: String, entry: String) -> Result<String, JsValue> {
        json(self.phone().stop_timer(visit, entry))
    }
    /// [`Phone::unsynced`](crate::facade::Phone::unsynced)
    pub fn unsynced(&self) -> Result<String, JsValue> {
        json(self.phone().unsynced())
    }
    /// [`Phone::uploaded`](crate::facade::Phone::uploaded)
    pub fn uploaded(&self, sha256: String, status: &str, headers: &str) -> Result<String, JsValue> {
        json(self.phone().uploaded(sha256, given("status", status)?, given("headers", headers)?))
    }
    /// [`Phone::visit`](crate::facade::Phone::visit)
    pub fn visit(&self, visit: String) -> Result<String, JsValue> {
        json(self.phone().visit(visit))
    }
    /// [`Phone::visit_document`](crate::facade::Phone::visit_document)
    pub fn visit_document(&self, visit: String) -> Result<Vec<u8>, JsValue> {
        plain(self.phone().visit_document(visit))
    }
    /// [`Phone::visit_json`](crate::facade::Phone::visit_json)
    pub fn visit_json(&self, visit: String) -> Result<String, JsValue> {
        plain(self.phone().visit_json(visit))
    }
    /// [`Phone::visits`](crate::facade::Phone::visits)
    pub fn visits(&self) -> Result<String, JsValue> {
        json(self.phone().visits())
    }
    /// [`Phone::work_orders`](crate::facade::Phone::work_orders)
    pub fn work_orders(&self) -> Result<String, JsValue> {
        json(self.phone().work_orders())
    }
}
