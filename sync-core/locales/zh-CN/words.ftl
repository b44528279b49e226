# 业务用语：每个枚举值一条，编号为 <枚举>-<值>。

mode-on_site = 现场
mode-remote = 远程

category-application_software = 应用软件
category-interface_development = 接口开发
category-customisation = 定制开发
category-database = 数据库
category-operating_system = 操作系统
category-server_hardware = 服务器硬件
category-storage = 存储
category-network = 网络
category-security = 安全
category-data_entry = 数据录入（院方自有工作）
category-training = 培训
category-consulting = 咨询
category-other = 其他

requester_role-customer = 院方
requester_role-sales = 销售
requester_role-service_manager = 服务经理
requester_role-account_manager = 客户经理
requester_role-leadership = 领导
requester_role-other = 其他

channel-phone = 电话
channel-wechat = 微信
channel-in_person = 当面
channel-email = 邮件
channel-ticket = 工单系统
channel-other = 其他

time_kind-labour = 工作
time_kind-travel = 路途
time_kind-waiting = 等待
time_kind-break = 休息

crew_action-join = 到场
crew_action-leave = 离场

expense_kind-taxi = 出租车
expense_kind-hotel = 住宿
expense_kind-meal = 餐饮
expense_kind-transport = 交通
expense_kind-part = 备件
expense_kind-other = 其他

objection_kind-against_advice = 未采纳工程师建议
objection_kind-relief_refused = 换班请求未获同意

outcome-accepted = 确认签收
outcome-accepted_with_reservations = 有保留签收
outcome-refused = 拒绝签收
outcome-nobody_present = 无人签收

lang-zh-CN = 中文
lang-en = 英文

tier-tertiary = 三级医院
tier-secondary = 二级医院
tier-community = 社区卫生机构
tier-county = 县级医院

contract_kind-software = 软件合同
contract_kind-hardware = 硬件合同
contract_kind-integration = 集成合同
contract_kind-service_maintenance = 维保合同

contract_status-draft = 草稿
contract_status-signed = 已签订
contract_status-terminated = 已终止

effect-grant = 包含
effect-exclude = 排除
effect-customers_own = 由医院自理
effect-limit = 限量
effect-price = 另行计价

quota_unit-visits = 次
quota_unit-minutes = 分钟

quota_period-contract = 合同期内
quota_period-contract_year = 每合同年
quota_period-calendar_year = 每年
quota_period-quarter = 每季度
quota_period-month = 每月

price_unit-hour = 每小时
price_unit-visit = 每次

support_tier-manufacturer = 原厂
support_tier-authorised = 授权服务商
support_tier-third_party = 第三方

work_order_status-open = 未完成
work_order_status-closed = 已完成

triage_outcome-on_site = 须上门
triage_outcome-remote = 可远程处理
triage_outcome-unclear = 不能确定

day_kind-workday = 工作日
day_kind-rest_day = 休息日
day_kind-holiday = 法定节假日

country-CN = 中国

role-engineer = 工程师
role-service_manager = 服务经理
role-account_manager = 客户经理
role-sales = 销售
role-leadership = 领导
role-admin = 管理员

record_kind-customer = 客户
record_kind-contact = 联系人
record_kind-package = 服务包
record_kind-contract = 合同
record_kind-asset = 设备
record_kind-work_order = 工单
record_kind-person = 人员
record_kind-calendar = 日历
record_kind-grade = 职级
record_kind-policy = 公司规则

coverage-covered = 合同内
coverage-not_covered = 合同外
coverage-needs_decision = 待判定

severity-info = 提示
severity-warning = 警告
severity-critical = 严重

cause-granted = 条款包含
cause-no_contract = 无有效合同
cause-out_of_scope = 超出合同范围
cause-outside_service_hours = 超出服务时段
cause-quota_exhausted = 额度已用完
cause-customers_own_work = 属医院自理工作
cause-priced = 按价另计
cause-undecided = 待判定

flag-name-no_contract = 无合同
flag-name-contract_lapsed = 合同已到期
flag-name-contract_not_started = 合同未生效
flag-name-out_of_scope = 超出合同范围
flag-name-quota_exhausted = 额度已用完
flag-name-outside_service_hours = 超出服务时段
flag-name-vendor_gap = 原厂支持断档
flag-name-customers_own_work = 医院自理工作
flag-name-no_work_order = 无工单
flag-name-repeat_problem = 同一问题反复出现
flag-name-remote_possible = 可远程处理
flag-name-after_sign_off = 签收后有改动
flag-name-sign_off_mismatch = 签名与内容不符
flag-name-refused = 拒绝签收
flag-name-unsigned = 未签收
flag-name-clock_drift = 时钟不一致
flag-name-overlapping_time = 工时重叠
flag-name-fatigue = 疲劳作业
flag-name-conflict = 设备记录不一致
flag-name-possible_duplicate = 疑似重复记录
flag-name-quarantined_changes = 有改动被隔离

receipt_languages-zh-CN = 中文
receipt_languages-en = 英文
receipt_languages-both = 中英对照
expense_terms-included = 已含
expense_terms-charged = 另计
