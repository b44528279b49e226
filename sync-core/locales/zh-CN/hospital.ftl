# 医院查看页面上除回执本身之外的内容：异议、答复、评价、确认，以及相关邮件。

notice-dispute-subject = 客户提出异议：回执 { $number }，{ $customer }
notice-dispute-answer = 请在管理端答复，答复将显示在该回执的页面上。异议编号 { $id }。

page-name = 姓名
page-role = 职务
