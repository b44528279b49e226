# 签收时出示的文字。

record-minutes = { $minutes } 分钟
receipt-coverage-line = { $number }. { $category }：{ $coverage }。{ $reason }
