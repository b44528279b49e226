# 结论因何而来，改变了什么。

judged-merge = { $who }同步了记录，据此判定。
judged-visit = 另一次服务有变化（{ $who }同步了服务 { $visit } 的记录），因此重新判定。
judged-reference = { $who }录入或更正了基础数据（{ $kind } { $code }），因此重新判定。
judged-manual = { $who }要求重新判定：{ $reason }
judged-upgrade = 程序升级后判定规则有变，因此重新判定。
judged-nobody = 服务器管理人员

changed-coverage = 整次服务：{ $before } → { $after }。
changed-item = 服务内容 { $number }：{ $before } → { $after }。{ $reason }
changed-item-new = 新增服务内容 { $number }：{ $after }。{ $reason }
changed-item-gone = 一项服务内容不再计入，原结论为{ $before }。
changed-item-reason = 服务内容 { $number } 仍为{ $after }，但理由或时段有变。{ $reason }
changed-flag-raised = 新增标记：{ $flag }
changed-flag-gone = 标记消除：{ $flag }
