//! Problem documents (RFC 9457): the one form in which a request is refused.

use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::Serialize;
use sync_core::document::facts::Lang;

/// A refusal. `code` is stable and what programs compare; `title` and `detail` are for people.
#[derive(Clone, Debug)]
pub struct Problem {
    /// The HTTP status.
    pub status: StatusCode,
    /// The stable code.
    pub code: &'static str,
    /// What is wrong this time.
    pub detail: String,
    /// The fields that are wrong.
    pub errors: Vec<FieldProblem>,
    /// Seconds to wait before trying again.
    pub retry_after_s: Option<u64>,
}

/// What is wrong with one field.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, utoipa::ToSchema)]
pub struct FieldProblem {
    /// RFC 6901 pointer into the request's body, such as `/first_day`.
    pub pointer: String,
    /// Stable code.
    pub code: String,
    /// In words.
    pub detail: String,
}

/// The document as it is sent.
#[derive(Clone, Debug, Serialize, utoipa::ToSchema)]
#[schema(as = Problem)]
pub struct ProblemDocument {
    /// A URI that stands for the code.
    #[serde(rename = "type")]
    pub kind: String,
    /// What kind of problem, in the reader's language.
    pub title: String,
    /// The HTTP status.
    pub status: u16,
    /// The stable code.
    pub code: String,
    /// What is wrong this time.
    pub detail: String,
    /// The request's id, to be quoted when asking for help.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub instance: Option<String>,
    /// The fields that are wrong.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub errors: Vec<FieldProblem>,
}

impl Problem {
    /// A problem without fields.
    pub fn new(status: StatusCode, code: &'static str, detail: impl Into<String>) -> Self {
        Self { status, code, detail: detail.into(), errors: Vec::new(), retry_after_s: None }
    }

    /// Something that is our own fault. The cause goes to the log, not to the client.
    pub fn internal(cause: &dyn std::fmt::Display) -> Self {
        tracing::error!(%cause, "request failed");
        Self::new(StatusCode::INTERNAL_SERVER_ERROR, "internal", "the server failed; the request's id is in its log")
    }

    /// With the fields that are wrong.
    #[must_use]
    pub fn with_errors(mut self, errors: Vec<FieldProblem>) -> Self {
        self.errors = errors;
        self
    }

    /// With the seconds to wait.
    #[must_use]
    pub fn retry_after(mut self, seconds: u64) -> Self {
        self.retry_after_s = Some(seconds);
        self
    }

    /// The problem for a response that the framework made by status alone.
    pub fn of_status(status: StatusCode) -> Self {
        let (code, detail) = match status.as_u16() {
            400 => ("bad_request", "the request cannot be read"),
            401 => ("unauthenticated", "log in first"),
            403 => ("forbidden", "not allowed"),
            404 => ("not_found", "there is nothing at this address"),
            405 => ("method_not_allowed", "this address does not know this method"),
            408 => ("timeout", "the request took too long to arrive"),
            413 => ("too_large", "the body is larger than this address takes"),
            415 => ("unsupported_media_type", "this address does not take this content type"),
            422 => ("unprocessable", "the request has the wrong form"),
            503 => ("unavailable", "the server is too busy; try again"),
            500..=599 => ("internal", "the server failed; the request's id is in its log"),
            _ => ("refused", "the request was refused"),
        };
        Self::new(status, code, detail)
    }

    /// The document in `lang`.
    pub fn document(&self, lang: Lang, instance: Option<&str>) -> ProblemDocument {
        ProblemDocument {
            kind: format!("urn:countersign:problem:{}", self.code),
            title: title(self.code, lang)
                .map_or_else(|| self.status.canonical_reason().unwrap_or("Refused").to_owned(), str::to_owned),
            status: self.status.as_u16(),
            code: self.code.to_owned(),
            detail: self.detail.clone(),
            instance: instance.map(|id| format!("urn:countersign:request:{id}")),
            errors: self.errors.clone(),
        }
    }

    /// The response in `lang`.
    pub fn respond(self, lang: Lang, instance: Option<&str>) -> Response {
        let body = serde_json::to_vec(&self.document(lang, instance)).unwrap_or_default();
        let mut response = (self.status, [(header::CONTENT_TYPE, "application/problem+json")], body).into_response();
        let headers = response.headers_mut();
        if let Some(seconds) = self.retry_after_s {
            headers.insert(header::RETRY_AFTER, HeaderValue::from(seconds));
        }
        if self.status == StatusCode::UNAUTHORIZED {
            headers.insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
        }
        response.extensions_mut().insert(self);
        response
    }
}

impl IntoResponse for Problem {
    // In English and without the request's id: the envelope, which knows both, renders it again.
    fn into_response(self) -> Response {
        self.respond(Lang::En, None)
    }
}

/// What a caught panic answers. Its text may hold anything, so it goes nowhere but to the log.
pub fn from_panic(panic: Box<dyn std::any::Any + Send + 'static>) -> Response {
    let text = panic.downcast_ref::<String>().map(String::as_str).or_else(|| panic.downcast_ref::<&str>().copied());
    Problem::internal(&format_args!("panic: {}", text.unwrap_or("?"))).into_response()
}

fn title(code: &str, lang: Lang) -> Option<&'static str> {
    let (_, zh, en) = TITLES.iter().find(|(known, ..)| *known == code)?;
    Some(match lang {
        Lang::ZhCn => zh,
        Lang::En => en,
    })
}

/// Every code with its title in both languages.
pub const TITLES: &[(&str, &str, &str)] = &[
    ("bad_request", "请求无法读取", "The request cannot be read"),
    ("bad_json", "JSON 无法读取", "The JSON cannot be read"),
    ("unauthenticated", "未登录", "Not logged in"),
    ("token_expired", "登录已过期", "The access token has expired"),
    ("invalid_credentials", "用户名或密码错误", "Wrong login or password"),
    ("invalid_refresh_token", "刷新令牌无效", "The refresh token is not valid"),
    (
        "refresh_token_reused",
        "刷新令牌被重复使用，登录已全部撤销",
        "The refresh token was used before; the log-in is revoked",
    ),
    ("password_change_required", "必须先修改密码", "The password must be changed first"),
    ("bad_password", "密码不符合要求", "This password may not be chosen"),
    ("forbidden", "无权操作", "Not allowed"),
    ("device_required", "需要已登记的设备", "An enrolled device is needed"),
    ("device_revoked", "设备已被吊销", "The device was revoked"),
    ("bad_device_key", "设备公钥无效", "The device's public key is not valid"),
    ("bad_device_proof", "设备签名与公钥不符", "The device's proof does not fit its key"),
    ("not_found", "未找到", "Not found"),
    ("method_not_allowed", "不支持该方法", "Method not allowed"),
    ("too_large", "内容过大", "Too large"),
    ("too_many_attempts", "尝试次数过多", "Too many attempts"),
    ("unsupported_media_type", "不支持的内容类型", "Unsupported content type"),
    ("unprocessable", "请求格式错误", "The request has the wrong form"),
    ("no_address", "没有可发送验证码的地址", "No address for a code"),
    ("sms_not_sent", "短信未能发出", "The text message was not sent"),
    ("code_wrong", "验证码无效", "The code is not valid"),
    ("one_time_code", "验证码邮件不能重发", "A one-time code is not sent again"),
    ("pdf_font_missing", "服务器缺少中文字体", "The server has no font with Chinese characters"),
    ("not_sealed", "尚未封存", "Not under a sealed head yet"),
    ("invalid_record", "数据不正确", "The record is not valid"),
    ("code_taken", "编码已被占用", "The code is taken"),
    ("login_taken", "登录名已被占用", "The login is taken"),
    ("idempotency_mismatch", "该编号已用于其他操作", "This id was used for something else"),
    ("version_conflict", "记录已更新，请重新查看", "It has changed meanwhile"),
    ("report_too_large", "报表过大，请缩小范围", "The report is too large"),
    ("already_closed", "已关闭，不能再修改", "It is closed already"),
    ("fix_needed", "请先填写整改措施", "The fix must be written first"),
    ("already_answered", "该异议已答复", "The dispute is answered already"),
    ("mail_busy", "邮件正在发送或已改发", "The mail is under way, or was sent elsewhere"),
    ("not_a_bounce", "不是退信通知", "This is no delivery status notification"),
    ("upload_offset", "上传位置不符", "The upload goes on elsewhere"),
    ("upload_too_long", "上传内容超出记录的大小", "More bytes than the record says"),
    ("photo_digest", "内容与记录的校验值不符", "Not the bytes that the record names"),
    ("photo_type", "文件类型与记录不符", "Not the kind of file that the record says"),
    ("upload_quota", "本设备上传量已达上限", "The device has sent too much"),
    ("import_failed", "导入失败，未写入任何数据", "Nothing was imported"),
    ("not_ready", "服务尚未就绪", "Not ready"),
    ("timeout", "超时", "Timeout"),
    ("unavailable", "服务繁忙", "Unavailable"),
    ("internal", "服务器内部错误", "Internal error"),
    ("refused", "请求被拒绝", "Refused"),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_panic_says_nothing_of_itself() {
        let response = from_panic(Box::new("the password is hunter2".to_owned()));
        let problem = response.extensions().get::<Problem>().unwrap();
        assert_eq!((problem.status.as_u16(), problem.code), (500, "internal"));
        assert!(!problem.detail.contains("hunter2"));
    }

    #[test]
    fn titles_are_in_the_readers_language() {
        let problem = Problem::new(StatusCode::NOT_FOUND, "not_found", "x");
        assert_eq!(problem.document(Lang::ZhCn, None).title, "未找到");
        assert_eq!(problem.document(Lang::En, None).title, "Not found");
        let mut codes: Vec<_> = TITLES.iter().map(|(code, ..)| code).collect();
        codes.sort();
        codes.dedup();
        assert_eq!(codes.len(), TITLES.len());
    }
}
