# 医院查看页面上除回执本身之外的内容：异议、答复、评价、确认，以及相关邮件。

notice-dispute-subject = 客户提出异议：回执 { $number }，{ $customer }
notice-dispute-answer = 请在管理端答复，答复将显示在该回执的页面上。异议编号 { $id }。

app-not-built-title = 应用尚未构建
app-not-built = 本服务器未附带工程师应用。请运行“cargo xtask app”构建，或用 app_dir 指定应用所在目录。

page-name = 姓名
page-role = 职务
page-optional = （可不填）
page-reason = 何处不符，理由是什么
page-remark = 说明
page-comment = 意见
page-stars = 您对本次服务的评价
page-stars-of = { $n } 分（满分 5 分）
page-file = 文件（JSON 或 PDF）
page-anonymous = 未署名

page-do = 您可以在此办理
page-do-dispute = 对本回执提出异议
page-do-confirmation = 由第二人确认
page-do-rating = 评价本次服务
page-do-verify = 核验文件
page-explain-dispute = 服务经理将立即收到通知，并在本页答复。您的异议和答复会一直保留在此。
page-explain-confirmation = 未参与签收的人员可在此确认记录属实。这只是署名的说明，不是签名：持有此链接者均可填写。
page-explain-rating = 您的评价将送达公司，并保留在本页。
page-explain-verify = 想知道手中的回执是否由我方出具、是否被改动过？文件仅用于核验，不会保存。
page-send-dispute = 提交异议
page-send-confirmation = 确认
page-send-rating = 提交评价
page-send-verify = 核验文件
page-done-dispute = 异议已收到，并已通知服务经理，答复将显示在本页。
page-done-confirmation = 确认已收到。
page-done-rating = 谢谢，评价已收到。

page-said = 关于本次服务的异议、确认和评价
page-said-dispute = 异议
page-said-answer = 答复
page-said-rating = 评价
page-rated-sign_off = 签收时给出
page-rated-page = 在本页给出
page-said-confirmation = 确认
page-unanswered = 尚未答复。
page-resolution-corrected = 记录将予更正，更正后须重新签收。
page-resolution-explained = 记录维持不变，理由如下：
page-resolution-rejected = 公司不认同，理由如下：

page-requests = 本院未办结的事项
page-open-disputes = 尚未答复的异议
page-open-orders = 尚未完成的工单

page-needs-name = 请填写姓名。
page-needs-role = 请填写职务。
page-needs-reason = 请写明何处不符及理由。
page-needs-stars = 请选择一个分值。
page-too-long = 内容过长：姓名和职务不超过 100 字，其他内容不超过 2000 字。
page-full = 本页内容已满，无法再提交，请直接联系服务经理。
page-stranger = 该表单不是本页发出的，或已过期，请重新填写。
page-no-file = 没有收到文件，或文件超过 8 MB。

page-file-same = 该文件就是本回执：{ $number }，第 { $revision } 版，由我方出具，未被改动。
page-file-other = 该文件是我方出具的另一份回执：{ $number }，第 { $revision } 版，未被改动。
page-file-current = 它是该次服务的最新回执。
page-file-later = 该次服务有更新的回执：{ $number }。文件中的回执以其当时签收的内容为准。
page-file-broken = 该文件核验不通过：已被改动，或不是我方出具（{ $code }）。
page-file-nothing = 该文件不是可以读取的回执。

page-download-proof = 下载回执日志的收录证明（JSON）
page-download-head = 日志摘要（JSON）
page-log-holds = 刚刚核验：本回执是公开回执日志中的第 { $place } 份，该日志共 { $size } 份，其摘要按协调世界时 { $day } 签名。根值：{ $root }
page-log-later = 当日（协调世界时）结束后，本回执将收入公开的回执日志，此后任何人都无法悄悄替换或抽走它。
page-log-broken = 公开的回执日志不能证实本回执（{ $code }）。请保存本页，并向公司询问。
page-file-logged = 它已收入公开的回执日志，见协调世界时 { $day } 的摘要。

page-do-code = 用验证码确认
page-do-entered = 填写验证码
page-explain-code = 比在他人手机上手写签名更可靠的确认：六位验证码发送到公司名录中登记的地址，在此填写。确认即表示认可本页的回执。
page-explain-entered = 验证码已{ $how }，请在 { $until } 之前填写，最多可填五次。
page-send-code = 发送验证码
page-send-entered = 用此验证码确认
page-code = 验证码（六位数字）
page-code-to = 验证码发送到哪里？
page-done-code = 验证码正在发送，请在下方填写。
page-done-entered = 已用验证码确认本回执。
page-code-wrong = 验证码无效：填写有误、已过期、次数过多，或已另发新的验证码。
page-code-whom = 请选择验证码发送到哪里。
page-code-unsent = 短信未能发出，请稍后再试，或改用其他方式。
page-code-wait = 索取验证码过于频繁，请稍后再试。
page-coded-page = 已用验证码确认；验证码{ $how }，并在本页填写。
page-coded-company = 已用验证码确认；验证码{ $how }，并读给公司人员填写。
page-coded-from-sign_off = 该联系方式系签收时在工程师手机上填写，并由该手机的签名一并确认。
page-download-confirmation = 签名文件（JSON）
code-by-mail = 以邮件发送至 { $address }
code-by-sms = 以短信发送至 { $address }
code-from-sign_off = 签收时填写
code-message = 验证码 { $code }，用于确认服务回执 { $number }，10 分钟内有效。除在场工程师外，请勿告诉他人。
code-subject = 服务回执 { $number } 的验证码
code-mail = 有人要确认服务回执 { $number }，验证码如下：
code-mail-valid = 请在回执页面填写，或读给在场的工程师。凭此验证码即以您的名义确认该回执。10 分钟内有效。
code-mail-stranger = 如果您不知情，请勿理会，也不要把验证码告诉任何人。

page-until = 此链接在 { $until } 之前有效。持有此链接者均可查看回执。
page-gone-title = 无法查看
page-gone = 此链接无效或已过期。请联系公司的服务经理重新发送回执。
page-slow-title = 尝试次数过多
page-slow = 您所在的网络尝试了过多无效链接，请十五分钟后再试。
