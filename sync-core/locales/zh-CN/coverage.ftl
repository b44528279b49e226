# 合同覆盖判定的全部说明。数字和名称均以文本传入。

list-and = { $first }；{ $next }
list-every_day = 每日
list-no_hours = 不提供服务

# 某段工作为何在合同内、合同外或待判定。
covered-clause = 合同 { $contract } 第 { $clause } 条包含此项服务。
covered-extra = 合同 { $contract } 专项 { $clause } 包含此项服务。
covered-several = 无论以哪个记录值为准，合同 { $contract }（{ $clause }）均包含此项服务。
not_covered-no_contract = 当日该客户没有生效的合同。
not_covered-out_of_scope = 有合同生效，但没有条款包含此项服务（{ $category }）。
not_covered-outside_hours = 合同 { $contract } 第 { $clause } 条包含此项服务（{ $category }），但不在其服务时段内。
not_covered-quota_exhausted = 合同 { $contract } 包含此项服务（{ $category }），但第 { $clause } 条在 { $from } 至 { $until } 的额度（{ $amount } { $unit }）已用完。
not_covered-priced = 此项服务（{ $category }）不含在年费内：合同 { $contract } 第 { $clause } 条另有约定价格。
not_covered-customers_own_clause = 按合同 { $contract } 第 { $clause } 条，此项工作（{ $category }）由医院自理。
not_covered-customers_own_work = 此项工作（{ $category }）属医院自理，没有合同条款将其纳入服务。
needs-no_customer = 本次服务尚未记录客户。
needs-several_customers = 各手机为本次服务记录的客户不同。
needs-unlisted_customer = “{ $name }”为手工录入，不在客户名单中。
needs-unknown_customer = 基础资料中没有该客户。
needs-unknown_zone = 无法识别客户所在时区“{ $zone }”，不能确定当地日期。
needs-too_many_parts = 记录中的时间段过多，超出自动判定的上限。
needs-no_date = 记录的时间超出日历范围。
needs-no_category = 此项工作尚未记录服务类别。
needs-conflicting_category = 各手机记录的服务类别不同（{ $categories }），且合同覆盖情况不一致。
needs-conflicting_mode = 各手机对现场或远程的记录不同，且结论因此而异。
needs-missing_package = 基础资料中没有合同 { $contract } 所用的服务包。
needs-unclear_limit = 合同 { $contract } 第 { $clause } 条限制此项服务（{ $category }），但未写明额度。
needs-unknown_day = 合同 { $contract } 第 { $clause } 条包含此项服务（{ $category }），其服务时段因日期类型而异，但没有日历说明 { $day } 是哪类日期。

# 查看过的每份合同，以及为何不适用。
looked-draft = { $contract }（{ $first } 至 { $last }）仍为草稿，尚未签订
looked-terminated = { $contract }（{ $first } 至 { $last }）已终止
looked-not_started = { $contract } 自 { $first } 起生效（还有 { $days } 天）
looked-lapsed = { $contract } 已于 { $last } 到期（已过 { $days } 天）
looked-in_force = { $contract }（{ $first } 至 { $last }）在有效期内
looked-out_of_scope = { $contract } 在有效期内，但没有{ $category }条款
looked-excluded = { $contract } 第 { $clause } 条排除{ $category }
looked-other_mode = { $contract } 第 { $clause } 条包含{ $category }，但仅限{ $mode }
looked-outside_hours = { $contract } 第 { $clause } 条包含{ $category }，但{ $kind }的服务时段为 { $hours }
looked-unknown_day = { $contract } 第 { $clause } 条包含{ $category }，但服务时段因日期类型而异，没有日历可查
looked-quota_exhausted = { $contract } 第 { $clause } 条包含{ $category }，但第 { $limit } 条在 { $from } 至 { $until } 的额度已用完
looked-priced = { $contract } 第 { $clause } 条对{ $category }另有约定价格
looked-customers_own = { $contract } 第 { $clause } 条约定{ $category }由医院自理
looked-unclear_limit = { $contract } 第 { $clause } 条限制{ $category }，但未写明额度
looked-missing_package = { $contract } 在有效期内，但基础资料中没有其服务包

# 标记。
flag-no_contract = 服务当时，{ $customer }没有生效的合同。
flag-no_contract-draft = 服务当时，{ $customer }没有生效的合同；{ $draft } 仍为草稿。
flag-contract_lapsed = 合同 { $contract } 已于 { $last } 到期，服务时已过 { $days } 天。
flag-contract_lapsed-draft = 合同 { $contract } 已于 { $last } 到期，服务时已过 { $days } 天；续签合同 { $draft } 仍为草稿。
flag-contract_not_started = 合同 { $contract } 自 { $first } 起才生效，服务时还差 { $days } 天。
flag-out_of_scope = { $category }不在任何生效合同的范围内。已查看：{ $why }。
flag-outside_service_hours = { $category }有 { $time } 不在合同 { $contract } 第 { $clause } 条的服务时段内。
flag-outside_service_hours-moment = { $category }不在合同 { $contract } 第 { $clause } 条的服务时段内。
flag-outside_service_hours-ordinary = 无有效合同，且有 { $time } 的工作不在公司正常工作时段（工作日 { $window }）内。
flag-quota_exhausted = 合同 { $contract } 第 { $clause } 条对{ $category }在 { $from } 至 { $until } 的额度（{ $amount } { $unit }）已用完：{ $covered } 在合同内，{ $uncovered } 不在合同内。
flag-quota_exhausted-moment = 合同 { $contract } 第 { $clause } 条对{ $category }在 { $from } 至 { $until } 的额度（{ $amount } { $unit }）在工作开始前已用完。
flag-customers_own_work = 客户要求我方做医院自理的工作。{ $why }
flag-vendor_gap = { $asset }（{ $code }）承诺{ $promised }支持至 { $promised_until }，但 { $day } 没有已购支持。
flag-vendor_gap-ended = { $asset }（{ $code }）承诺{ $promised }支持至 { $promised_until }，但已购支持（{ $provider }，{ $bought }）于 { $until } 到期，{ $day } 没有支持。
flag-vendor_gap-lower = { $asset }（{ $code }）承诺{ $promised }支持至 { $promised_until }，但 { $day } 只有较低等级的已购支持（{ $provider }，{ $bought }），至 { $until }。
flag-repeat_problem = { $days } 天内第 { $times } 次出现同一问题。此前：{ $visits }。
flag-remote_possible = 分诊结论为可远程处理，但仍派人上门。
flag-remote_possible-skipped = 未经分诊即上门：没有询问是否可远程处理。
flag-fatigue = { $who }连续工作 { $time } 未休息。
flag-fatigue-refused = { $who }连续工作 { $time } 未休息；曾要求换人，被 { $by } 拒绝。
flag-no_work_order = { $why }要求人：{ $name }（{ $role }，{ $channel }）：“{ $words }”
flag-no_work_order-undemanded = { $why }也没有记录是谁要求上门。
dispatch-none = 未注明工单。
dispatch-unknown = 所注明的工单不在基础资料中。
dispatch-other_customer = 工单 { $order } 属于其他客户。
dispatch-not_entitled = 工单 { $order } 由无派工权限的 { $name } 签发。
flag-after_sign_off = 有 { $count } 处改动不在客户最近一次签收的内容之内。
flag-sign_off_mismatch = 签名与其所指内容不符：{ $why }
flag-refused = { $name } 拒绝签收：“{ $reason }”
flag-unsigned = 服务已结束，尚无人签收。
flag-unsigned-nobody_present = 服务已结束，现场无人签收。
flag-clock_drift-ahead = { $who }的手机时钟比服务器快 { $time }。
flag-clock_drift-behind = { $who }的手机时钟比服务器慢 { $time }。
flag-clock_drift-set = { $who }的手机时钟在运行期间被调整，共 { $time }。
flag-clock_drift-backwards = { $who }有一条计时的结束比开始早 { $time }，不计时长。
flag-clock_drift-reversed = { $who }有一条手工工时的结束比开始早 { $time }，不计时长。
flag-overlapping_time = { $who }在本次服务中有 { $time } 被重复记录。
flag-overlapping_time-elsewhere = { $who }有 { $time } 同时记录在服务 { $visit } 中。
flag-conflict = 各设备对{ $place }的记录不同：以“{ $first }”为准，另有“{ $others }”。
flag-conflict-end = 多台设备停止了同一计时：{ $ends }。以最早的结束时间为准。
list-field_of_item = 第 { $number } 项服务内容的{ $field }
flag-conflict-customers = 各手机记录的客户不同：{ $customers }。
flag-possible_duplicate-time = { $who }同一时间在同一客户记录了服务 { $visit }，可能是同一次服务被记录了两次。
flag-possible_duplicate-order = 服务 { $visit } 使用同一工单 { $order }，可能是同一次服务被记录了两次。
flag-quarantined_changes = 有 { $count } 处改动未被接收，已隔离保存。

# 签收为何核验不通过：由核验方给出，作为 flag-sign_off_mismatch 的参数。
mismatch-visit = 所指为另一次服务
mismatch-heads = 所指改动不在本记录中
mismatch-summary = 摘要与签收时不同
mismatch-text = 文本与签收时展示的不同
mismatch-strokes = 笔迹与签收时不同
mismatch-address = 签收人的联系方式与签收时不同
mismatch-device = 设备未知，或其密钥与登记的不同
mismatch-signature = 设备签名核验不通过
mismatch-unreadable = 签收记录无法读取
